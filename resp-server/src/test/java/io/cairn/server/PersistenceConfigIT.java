package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.resp.RawClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CONFIG SET of what keeps a standalone node's data. */
class PersistenceConfigIT {
    @TempDir
    Path directory;

    @Test
    void aChangedFsyncPolicyTakesEffect() throws Exception {
        try (TestServer server = new TestServer(directory, "--appendonly", "yes", "--appendfsync", "no");
                RawClient client = server.client()) {
            assertThat(client.call("INFO", "persistence")).contains("aof_fsync_policy:no");
            assertThat(client.call("CONFIG", "SET", "appendfsync", "always")).isEqualTo("+OK\r\n");
            assertThat(client.call("INFO", "persistence")).contains("aof_fsync_policy:always");
            StandaloneBackend backend =
                    (StandaloneBackend) server.process().nodes().get(0).backend();
            long before = backend.logStats().syncs();
            client.call("SET", "a", "1");
            assertThat(backend.logStats().syncs()).isGreaterThan(before);
        }
    }

    @Test
    void fsyncsAreAHistogramAlsoOfALogThatBeganLater() throws Exception {
        int admin = TestServer.secondPort();
        try (TestServer server =
                        new TestServer(directory, "--appendfsync", "always", "--admin-port", Integer.toString(admin));
                RawClient client = server.client()) {
            assertThat(metrics(admin)).doesNotContain("cairn_log_fsync");
            client.call("CONFIG", "SET", "appendonly", "yes");
            client.call("SET", "a", "1");
            String labels = "\\{log=\"shard\",node=\"" + server.port() + "\",le=";
            assertThat(metrics(admin))
                    .containsPattern("cairn_log_fsync_seconds_bucket" + labels + "\"0\\.1\"} \\d+")
                    .containsPattern("cairn_log_fsync_seconds_bucket" + labels + "\"\\+Inf\"} [1-9]")
                    .contains("cairn_log_fsync_seconds_count{", "cairn_log_fsync_seconds_sum{");
        }
    }

    private static String metrics(int port) throws IOException {
        try (InputStream page =
                URI.create("http://127.0.0.1:" + port + "/metrics").toURL().openStream()) {
            return new String(page.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void appendonlyIsTurnedOnWithTheDataThereIsAndOffAgain() throws Exception {
        try (TestServer server = new TestServer(directory);
                RawClient client = server.client()) {
            client.call("SET", "before", "1");
            assertThat(client.call("CONFIG", "SET", "appendonly", "yes")).isEqualTo("+OK\r\n");
            assertThat(client.call("INFO", "persistence")).contains("aof_enabled:1");
            client.call("SET", "after", "2");
            assertThat(client.call("CONFIG", "SET", "appendonly", "yes")).isEqualTo("+OK\r\n");
            assertThat(client.call("BGREWRITEAOF")).startsWith("+Background");
        }
        try (TestServer server = new TestServer(directory, "--appendonly", "yes");
                RawClient client = server.client()) {
            assertThat(client.call("MGET", "before", "after")).isEqualTo("*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
            assertThat(client.call("CONFIG", "SET", "appendonly", "no")).isEqualTo("+OK\r\n");
            assertThat(client.call("CONFIG", "GET", "appendonly")).endsWith("$2\r\nno\r\n");
            assertThat(client.call("INFO", "persistence")).contains("aof_enabled:0");
            assertThat(client.call("SET", "unlogged", "3")).isEqualTo("+OK\r\n");
            assertThat(client.call("BGREWRITEAOF")).startsWith("-ERR appendonly is off");
            client.call("DEL", "after");
            assertThat(client.call("CONFIG", "SET", "appendonly", "yes")).isEqualTo("+OK\r\n");
            client.call("SET", "logged", "4");
        }
        try (TestServer server = new TestServer(directory, "--appendonly", "yes");
                RawClient client = server.client()) {
            assertThat(client.call("MGET", "before", "after", "unlogged", "logged"))
                    .isEqualTo("*4\r\n$1\r\n1\r\n$-1\r\n$1\r\n3\r\n$1\r\n4\r\n");
        }
    }

    @Test
    void clientsThatWriteWhileTheLogComesAndGoesAreAnswered() throws Exception {
        try (TestServer server = new TestServer(directory, "--appendfsync", "always");
                RawClient client = server.client();
                RawClient writer = server.client()) {
            AtomicBoolean stop = new AtomicBoolean();
            AtomicLong written = new AtomicLong();
            Thread thread = new Thread(() -> {
                try {
                    while (!stop.get()) {
                        assertThat(writer.call("SET", "count", Long.toString(written.get() + 1)))
                                .isEqualTo("+OK\r\n");
                        written.incrementAndGet();
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            thread.start();
            for (int i = 0; i < 20; i++) {
                long before = written.get();
                assertThat(client.call("CONFIG", "SET", "appendonly", i % 2 == 0 ? "yes" : "no"))
                        .isEqualTo("+OK\r\n");
                while (written.get() < before + 20 && thread.isAlive()) {
                    Thread.onSpinWait();
                }
                assertThat(thread.isAlive()).isTrue();
            }
            assertThat(client.call("CONFIG", "SET", "appendonly", "yes")).isEqualTo("+OK\r\n");
            stop.set(true);
            thread.join();
            client.call("SET", "last", Long.toString(written.get()));
        }
        try (TestServer server = new TestServer(directory, "--appendonly", "yes");
                RawClient client = server.client()) {
            assertThat(client.call("GET", "count")).isEqualTo(client.call("GET", "last"));
        }
    }

    @Test
    void aLogWhoseFirstSnapshotIsMissingStopsTheStart() throws Exception {
        try (TestServer server = new TestServer(directory);
                RawClient client = server.client()) {
            client.call("SET", "before", "1");
            assertThat(client.call("CONFIG", "SET", "appendonly", "yes")).isEqualTo("+OK\r\n");
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(f -> String.valueOf(f.getFileName()).startsWith("snapshot-"))
                    .toList()) {
                Files.delete(file);
            }
        }
        assertThatThrownBy(() -> new TestServer(directory, "--appendonly", "yes"))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("the log begins at entry 2");
    }
}
