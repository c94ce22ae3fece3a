package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** MONITOR of a standalone node. Redis: introspection.tcl. */
class MonitorIT {
    @TempDir
    private Path directory;

    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = new TestServer(directory, "--client-output-buffer-limit", "pubsub 1mb 0 0");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static RawClient watching(TestServer server) throws Exception {
        RawClient monitor = server.client();
        assertThat(monitor.call("MONITOR")).isEqualTo("+OK\r\n");
        return monitor;
    }

    /** The next line without time and address. */
    private static String next(RawClient monitor) throws Exception {
        return monitor.reply()
                .replaceFirst("^\\+\\d+\\.\\d{6} \\[(\\d+) (lua|127\\.0\\.0\\.1:\\d+)\\] ", "$1 ")
                .trim();
    }

    @Test
    void itShowsWhatRunsAndNotWhatIsRefusedOrTheAdministrators() throws Exception {
        try (RawClient monitor = watching(server);
                RawClient client = server.client()) {
            client.call("SET", "k", "v");
            client.call("config", "set", "requirepass", "");
            client.call("get");
            client.call("nosuch");
            client.call("select", "9");
            client.call("get", "k");
            client.call("auth", "me", "secret");
            assertThat(next(monitor)).isEqualTo("0 \"SET\" \"k\" \"v\"");
            assertThat(next(monitor)).isEqualTo("9 \"select\" \"9\"");
            assertThat(next(monitor)).isEqualTo("9 \"get\" \"k\"");
            assertThat(next(monitor)).isEqualTo("9 \"auth\" \"(redacted)\" \"(redacted)\"");
        }
    }

    @Test
    void itShowsATransactionAsItRuns() throws Exception {
        try (RawClient monitor = watching(server);
                RawClient client = server.client()) {
            client.call("multi");
            client.call("set", "k", "v");
            client.call("ping");
            client.call("exec");
            client.call("watch", "k");
            client.call("set", "k", "w");
            client.call("multi");
            client.call("get", "k");
            client.call("exec");
            for (String shown : new String[] {
                "\"multi\"",
                "\"set\" \"k\" \"v\"",
                "\"ping\"",
                "\"exec\"",
                "\"watch\" \"k\"",
                "\"set\" \"k\" \"w\"",
                "\"multi\"",
                "\"exec\""
            }) {
                assertThat(next(monitor)).isEqualTo("0 " + shown);
            }
        }
    }

    @Test
    void aScriptStandsBeforeWhatItCalls() throws Exception {
        try (RawClient monitor = watching(server);
                RawClient client = server.client()) {
            client.call("eval", "return redis.call('set', KEYS[1], 'v')", "1", "k");
            assertThat(next(monitor)).startsWith("0 \"eval\" ").endsWith("\"1\" \"k\"");
            assertThat(monitor.reply()).contains(" [0 lua] \"set\" \"k\" \"v\"\r\n");
        }
    }

    @Test
    void resetEndsItAndOnlyThat() throws Exception {
        try (RawClient monitor = watching(server);
                RawClient client = server.client()) {
            assertThat(monitor.call("GET", "k")).isEqualTo("-ERR Replica can't interact with the keyspace\r\n");
            assertThat(client.call("client", "list")).contains(" flags=O ");
            assertThat(monitor.call("RESET")).isEqualTo("+RESET\r\n");
            assertThat(monitor.call("GET", "k")).isEqualTo("$-1\r\n");
            assertThat(client.call("client", "list")).doesNotContain(" flags=O ");
            assertThat(client.call("multi")).isEqualTo("+OK\r\n");
            client.call("monitor");
            assertThat(client.call("exec")).isEqualTo("*1\r\n-ERR MONITOR isn't allowed for DENY BLOCKING client\r\n");
        }
    }

    @Test
    void whoDoesNotReadIsClosed() throws Exception {
        try (RawClient monitor = server.client();
                RawClient client = server.client()) {
            assertThat(monitor.call("monitor")).isEqualTo("+OK\r\n");
            String value = "x".repeat(256 * 1024);
            for (int i = 0; i < 400 && client.call("client", "list").contains(" flags=O "); i++) {
                client.call("set", "k", value);
            }
            assertThat(client.call("client", "list")).doesNotContain(" flags=O ");
            assertThat(client.call("info", "stats")).contains("client_output_buffer_limit_disconnections:1\r\n");
        }
    }
}
