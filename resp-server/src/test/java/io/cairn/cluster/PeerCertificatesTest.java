package io.cairn.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PeerCertificatesTest {
    private static final FileTime LATER = FileTime.fromMillis(2_000_000_000_000L);

    @TempDir
    Path dir;

    /** A certificate, its own issuer, and its key in {@code name.crt} and {@code name.key}. */
    private boolean make(String name) throws IOException, InterruptedException {
        List<String> command = List.of(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=" + name,
                "-keyout",
                dir.resolve(name + ".key").toString(),
                "-out",
                dir.resolve(name + ".crt").toString());
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(dir.resolve("openssl.log").toFile())
                    .start();
            return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private void put(String name, String kind) throws IOException {
        Path used = dir.resolve("used." + kind);
        Files.copy(dir.resolve(name + "." + kind), used, StandardCopyOption.REPLACE_EXISTING);
    }

    private void stamp() throws IOException {
        for (String kind : List.of("crt", "key")) {
            Files.setLastModifiedTime(dir.resolve("used." + kind), LATER);
        }
    }

    @Test
    void filesThatCouldNotBeReadAreReadAgainThoughTheirTimesStayTheSame() throws Exception {
        assumeTrue(make("one") && make("two"), "openssl is not installed (Debian: openssl)");
        put("one", "crt");
        put("one", "key");
        String certificate = dir.resolve("used.crt").toString();
        PeerCertificates used = Objects.requireNonNull(
                PeerCertificates.of(certificate, dir.resolve("used.key").toString(), certificate));
        assertThat(used.look()).isFalse();
        Files.writeString(dir.resolve("used.key"), "half of a k");
        put("two", "crt");
        stamp();
        assertThat(used.look()).isFalse();
        assertThat(used.look()).isFalse();
        put("two", "key");
        stamp();
        assertThat(used.look()).as("written within one tick of the clock").isTrue();
        assertThat(used.look()).isFalse();
    }
}
