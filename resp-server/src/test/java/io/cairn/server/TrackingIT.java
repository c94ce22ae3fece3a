package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CLIENT TRACKING of a standalone node: what is told, to whom, and where it stands among replies. Redis: tracking.tcl. */
class TrackingIT {
    @TempDir
    private Path directory;

    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = new TestServer(directory, "--appendonly", "yes");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static String told(String... keys) {
        StringBuilder text = new StringBuilder(">2\r\n$10\r\ninvalidate\r\n*" + keys.length + "\r\n");
        for (String key : keys) {
            text.append('$').append(key.length()).append("\r\n").append(key).append("\r\n");
        }
        return text.toString();
    }

    private RawClient tracking(String... options) throws Exception {
        RawClient client = server.client();
        client.call("HELLO", "3");
        String[] words = new String[options.length + 3];
        words[0] = "CLIENT";
        words[1] = "TRACKING";
        words[2] = "ON";
        System.arraycopy(options, 0, words, 3, options.length);
        assertThat(client.call(words)).isEqualTo("+OK\r\n");
        return client;
    }

    /** Writes, scripts, transactions, expiry, eviction of the table, flushes. */
    @Test
    void everyChangeOfAKeyThatWasReadIsToldOnce() throws Exception {
        try (RawClient reader = tracking();
                RawClient writer = server.client()) {
            writer.call("mset", "a", "1", "b", "1", "c", "1");
            reader.call("mget", "a", "b", "c", "d");
            writer.call("set", "a", "2");
            writer.call("set", "a", "3");
            assertThat(reader.reply()).isEqualTo(told("a"));
            writer.call("multi");
            writer.call("del", "b");
            writer.call("exec");
            assertThat(reader.reply()).isEqualTo(told("b"));
            writer.call("eval", "return redis.call('set', KEYS[1], '2')", "1", "c");
            assertThat(reader.reply()).isEqualTo(told("c"));
            writer.call("copy", "a", "d");
            assertThat(reader.reply()).isEqualTo(told("d"));
            reader.call("get", "a");
            writer.call("pexpire", "a", "1");
            assertThat(reader.reply()).isEqualTo(told("a"));
            writer.call("set", "a", "4", "px", "50");
            reader.call("get", "a");
            assertThat(reader.reply()).isEqualTo(told("a"));
            reader.call("get", "a");
            writer.call("flushall");
            assertThat(reader.reply()).isEqualTo(">2\r\n$10\r\ninvalidate\r\n_\r\n");
            reader.call("mget", "a", "b");
            writer.call("config", "set", "tracking-table-max-keys", "1");
            assertThat(reader.reply()).isIn(told("a"), told("b"));
            assertThat(writer.call("info", "stats")).contains("tracking_total_keys:1\r\n");
            assertThat(reader.call("ping")).isEqualTo("+PONG\r\n");
        }
    }

    /** Its own change is told behind the reply; a pipeline's replies stay in order around it. */
    @Test
    void whatAClientChangesItselfIsToldBehindTheReply() throws Exception {
        try (RawClient client = tracking()) {
            client.call("set", "k", "1");
            client.call("get", "k");
            assertThat(client.call("incr", "k")).isEqualTo(":2\r\n");
            assertThat(client.reply()).isEqualTo(told("k"));
            client.call("get", "k");
            client.call("multi");
            client.call("incr", "k");
            client.call("ping");
            assertThat(client.call("exec")).isEqualTo("*2\r\n:3\r\n+PONG\r\n");
            assertThat(client.reply()).isEqualTo(told("k"));
            client.call("eval", "return redis.call('get', KEYS[1])", "1", "k");
            assertThat(client.call("eval", "return redis.call('incr', KEYS[1])", "1", "k"))
                    .isEqualTo(":4\r\n");
            assertThat(client.reply()).isEqualTo(told("k"));
            assertThat(client.call("client", "tracking", "on", "noloop")).isEqualTo("+OK\r\n");
            client.call("get", "k");
            client.call("incr", "k");
            assertThat(client.call("ping")).isEqualTo("+PONG\r\n");
        }
    }

    @Test
    void prefixesOptInAndRedirection() throws Exception {
        try (RawClient listener = server.client();
                RawClient prefix = tracking("bcast", "prefix", "a:", "prefix", "b:");
                RawClient reader = server.client();
                RawClient writer = server.client()) {
            String id = listener.call("client", "id").substring(1).trim();
            listener.call("subscribe", "__redis__:invalidate");
            assertThat(reader.call("client", "tracking", "on", "redirect", id, "optin"))
                    .isEqualTo("+OK\r\n");
            writer.call("mset", "a:1", "1", "a:2", "1", "c:1", "1");
            assertThat(prefix.reply()).isEqualTo(told("a:1", "a:2"));
            reader.call("get", "a:1");
            reader.call("client", "caching", "yes");
            reader.call("get", "c:1");
            writer.call("set", "a:1", "2");
            writer.call("set", "c:1", "2");
            assertThat(listener.reply())
                    .isEqualTo("*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$3\r\nc:1\r\n");
            String list = writer.call("client", "list");
            assertThat(list).contains(" flags=tB ").contains(" flags=t ").contains(" redir=" + id + " ");
            assertThat(reader.call("client", "getredir")).isEqualTo(":" + id + "\r\n");
            reader.call("client", "caching", "yes");
            reader.call("get", "c:1");
            assertThat(listener.call("quit")).isEqualTo("+OK\r\n");
            while (writer.call("client", "list", "id", id).contains("id=")) {
                Thread.onSpinWait();
            }
            writer.call("set", "c:1", "3");
            assertThat(reader.call("client", "trackinginfo")).contains("broken_redirect");
            assertThat(reader.call("reset")).isEqualTo("+RESET\r\n");
            assertThat(reader.call("client", "getredir")).isEqualTo(":-1\r\n");
        }
    }

    /** Who does not read is not closed and holds nothing up: it is told at last that all keys changed. */
    @Test
    void aClientThatDoesNotReadIsToldToDropAll() throws Exception {
        try (RawClient slow = tracking("bcast");
                RawClient writer = server.client()) {
            String name = "x".repeat(60_000);
            for (int i = 0; i < 400; i++) {
                writer.call("set", name + i, "v");
            }
            writer.call("del", "nothing");
            String last = "";
            for (int i = 0; i < 400 && !last.endsWith("_\r\n"); i++) {
                last = slow.reply();
            }
            assertThat(last).isEqualTo(">2\r\n$10\r\ninvalidate\r\n_\r\n");
            while (slow.call("ping").startsWith(">")) {
                assertThat(last).isNotEmpty();
            }
        }
    }
}
