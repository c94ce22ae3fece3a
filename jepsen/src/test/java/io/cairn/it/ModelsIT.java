package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.jepsen.process.Distribution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The smallest model of a protocol passes, and one of its broken variants fails; {@code make models} runs them all. */
class ModelsIT {
    /** Six seconds of one processor, nearly all of it to compile; ten times as long on a busy machine. */
    private static final int SECONDS = 300;

    @Test
    void spinSeesThatTheProtocolHoldsAndThatABrokenOneDoesNot(@TempDir Path work)
            throws IOException, InterruptedException {
        assumeTrue(Tools.onPath("spin") && Tools.onPath("gcc"), "spin or gcc is not installed (Debian: spin gcc)");
        Path script = Distribution.find().root().resolve("jepsen/models/check.sh");
        Path out = work.resolve("out");
        ProcessBuilder check = new ProcessBuilder(script.toString(), "smoke")
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        check.environment().put("MODELS_DIR", work.resolve("models").toString());
        Process process = check.start();
        try {
            assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS))
                    .as("it ends within " + SECONDS + " s")
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        String table = Files.readString(out);
        assertThat(process.exitValue()).as(table).isZero();
        assertThat(table.lines().filter(line -> line.endsWith(" ok"))).as(table).hasSize(2);
        assertThat(table).containsPattern("meet +meet +exact +passes");
        assertThat(table).containsPattern("SAFETY18_SEALED_ADMITS +meet +fails +fails");
    }
}
