package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LargeValuesIT {
    private static final int CLIENTS = 4;
    private static final int BYTES = 1_500_000;

    @TempDir
    Path directory;

    /** Their chunks lie between each other in the log. */
    @Test
    void largeValuesOfSeveralConnectionsComeBackFromTheLog() throws Exception {
        try (TestServer server = new TestServer(directory, "--appendonly", "yes")) {
            List<Thread> threads = new ArrayList<>();
            for (int c = 0; c < CLIENTS; c++) {
                String key = "key" + c;
                int port = server.port();
                Thread thread = new Thread(() -> write(port, key));
                thread.start();
                threads.add(thread);
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        try (TestServer server = new TestServer(directory, "--appendonly", "yes");
                RawClient client = server.client()) {
            for (int c = 0; c < CLIENTS; c++) {
                assertThat(client.call("STRLEN", "key" + c)).isEqualTo(":" + (BYTES + 5) + "\r\n");
                assertThat(client.call("GETRANGE", "key" + c, "0", "0")).isEqualTo("$1\r\n3\r\n");
            }
            assertThat(client.call("GET", "block")).startsWith("$" + BYTES + "\r\n");
        }
    }

    private static void write(int port, String key) {
        try (RawClient client = new RawClient(port)) {
            for (int i = 0; i < 4; i++) {
                assertThat(client.call("SET", key, String.valueOf(i).repeat(BYTES)))
                        .isEqualTo("+OK\r\n");
            }
            assertThat(client.call("APPEND", key, "-tail")).isEqualTo(":" + (BYTES + 5) + "\r\n");
            client.call("MULTI");
            client.call("SET", "block", "b".repeat(BYTES));
            client.call("SET", "small", "s");
            assertThat(client.call("EXEC")).isEqualTo("*2\r\n+OK\r\n+OK\r\n");
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
