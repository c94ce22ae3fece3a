package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** maxmemory in raft mode, on a cluster of one shard. */
class RaftEvictionIT {
    private static final int PORT = 26_250;
    private static final int KEYS = 3000;
    private static final String VALUE = "v".repeat(300);

    @TempDir
    private Path directory;

    private static byte[] word(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static long used(RespConnection on) throws Exception {
        String text = on.run("info", "memory");
        int at = text.indexOf("\nused_memory:") + "\nused_memory:".length();
        return Long.parseLong(text.substring(at, text.indexOf('\r', at)));
    }

    /** The keys of one write have one version: each is a victim of its own all the same. */
    @Test
    void keysOfOneWriteAreEvictedTogether() throws Exception {
        try (RaftCluster cluster = RaftCluster.form(directory, PORT, 2);
                RaftCluster.Client client = cluster.client()) {
            List<byte[]> all = new ArrayList<>(List.of(word("mset")));
            for (int i = 0; i < KEYS; i++) {
                all.add(word("{t}" + i));
                all.add(word(VALUE));
            }
            assertThat(client.run(all)).isEqualTo("+OK\r\n");
            RespConnection primary = client.at(client.port());
            long limit = used(primary) - KEYS / 2L * VALUE.length();
            assertThat(primary.run("config", "set", "maxmemory-policy", "allkeys-random"))
                    .isEqualTo("+OK\r\n");
            assertThat(primary.run("config", "set", "maxmemory", Long.toString(limit)))
                    .isEqualTo("+OK\r\n");
            for (int i = 0; i < 300; i++) {
                assertThat(client.run("set", "n" + i, "v")).doesNotStartWith("-OOM");
            }
        }
    }
}
