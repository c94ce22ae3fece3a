package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits that are seen in the data, changed while a node runs: its log gives the same data again, whatever the settings are then. */
class DataLimitsIT {
    private static final String[] LOG = {"--appendonly", "yes", "--enable-debug-command", "yes"};

    @TempDir
    Path directory;

    /** Integers, some of which are popped by their place; a stream, whose first nodes are dropped. */
    private static void write(RawClient client) throws Exception {
        for (int i = 0; i < 40; i++) {
            client.call("SADD", "set", Integer.toString(7919 * (i + 1) % 1000));
            client.call("XADD", "stream", "MAXLEN", "~", "10", "*", "field", "value");
            client.call("PFADD", "sketch", "element" + i);
        }
        client.call("SPOP", "set", "7");
    }

    private static void limit(RawClient client, int set, int entries, int bytes) throws Exception {
        assertThat(client.call("CONFIG", "SET", "set-max-intset-entries", Integer.toString(set)))
                .isEqualTo("+OK\r\n");
        client.call("CONFIG", "SET", "stream-node-max-entries", Integer.toString(entries));
        client.call("CONFIG", "SET", "hll-sparse-max-bytes", Integer.toString(bytes));
    }

    @Test
    void aReplaySeesWhatWasThen() throws Exception {
        String digest;
        int port;
        try (TestServer server = new TestServer(directory, LOG);
                RawClient client = server.client()) {
            port = server.port();
            limit(client, 20, 3, 40);
            write(client);
            assertThat(client.call("XLEN", "stream")).isIn(":10\r\n", ":11\r\n", ":12\r\n");
            assertThat(client.call("OBJECT", "ENCODING", "set")).isEqualTo("$9\r\nhashtable\r\n");
            assertThat(client.call("PFDEBUG", "ENCODING", "sketch")).isEqualTo("+dense\r\n");
            limit(client, 512, 100, 3000);
            client.call("DEL", "set");
            write(client);
            digest = client.call("DEBUG", "DIGEST");
        }
        // A snapshot, and a log after it.
        try (TestServer server = new TestServer(directory, LOG);
                RawClient client = server.client()) {
            assertThat(server.port()).isEqualTo(port);
            assertThat(client.call("DEBUG", "DIGEST")).isEqualTo(digest);
            limit(client, 10, 2, 30);
            client.call("BGREWRITEAOF");
            while (client.call("INFO", "persistence").contains("aof_rewrite_in_progress:1")) {
                Thread.onSpinWait();
            }
            client.call("DEL", "sketch");
            write(client);
            digest = client.call("DEBUG", "DIGEST");
        }
        try (TestServer server = new TestServer(directory, LOG);
                RawClient client = server.client()) {
            assertThat(client.call("DEBUG", "DIGEST")).isEqualTo(digest);
            write(client);
            assertThat(client.call("OBJECT", "ENCODING", "set"))
                    .as("the settings count again")
                    .isEqualTo("$9\r\nhashtable\r\n");
        }
    }
}
