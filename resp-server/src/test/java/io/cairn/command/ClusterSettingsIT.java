package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CONFIG SET of keys on which the cluster agrees: on every node, for later ones too, all or none. */
final class ClusterSettingsIT {
    private static final int FIRST = 26_650;

    @TempDir
    Path directory;

    private static void has(SeededNodes nodes, int port, String key, String value) throws Exception {
        nodes.await(".* " + value, port, "config get " + key);
    }

    @Test
    void theNodesOfAClusterAgree() throws Exception {
        try (SeededNodes nodes = SeededNodes.form(directory, FIRST, 3, 2)) {
            nodes.await(".*cluster_active_version:2 .*", FIRST, "cluster info");
            assertThat(nodes.at(FIRST + 1, "config set cluster-node-timeout 7000 timeout 77 zset-max-ziplist-value 99"))
                    .isEqualTo("+OK\r\n");
            // On the node that answered at once, on the others soon.
            assertThat(nodes.at(FIRST + 1, "config get cluster-node-timeout")).contains("7000");
            for (int port : nodes.running()) {
                has(nodes, port, "cluster-node-timeout", "7000");
                has(nodes, port, "zset-max-listpack-value", "99");
                has(nodes, port, "timeout", port == FIRST + 1 ? "77" : "0");
            }

            assertThat(nodes.at(FIRST, "config set timeout 5 cluster-node-timeout 0"))
                    .startsWith("-ERR CONFIG SET failed (possibly related to argument 'cluster-node-timeout')");
            assertThat(nodes.at(FIRST, "config get timeout")).contains("$1\r\n0");

            // Its own start values count for less.
            nodes.stop(FIRST + 2);
            nodes.start(FIRST + 2, "--cluster-node-timeout", "3000", "--timeout", "9");
            has(nodes, FIRST + 2, "cluster-node-timeout", "7000");
            has(nodes, FIRST + 2, "timeout", "9");

            // A node that comes new.
            nodes.destroy(FIRST + 2);
            nodes.start(FIRST + 2);
            has(nodes, FIRST + 2, "cluster-node-timeout", "7000");
            has(nodes, FIRST + 2, "zset-max-listpack-value", "99");

            // Without a majority nothing is set anywhere, not even the node's own part of the command.
            nodes.awaitOk();
            nodes.await(".*cluster_shard_tolerates_failures:1.*", FIRST, "cluster info");
            nodes.await(".*cluster_meta_voters:3.*", FIRST, "cluster info");
            nodes.stop(FIRST + 1);
            nodes.stop(FIRST + 2);
            assertThat(nodes.at(FIRST, "config set timeout 5 cluster-node-timeout 8000"))
                    .startsWith("-ERR CONFIG SET failed");
            assertThat(nodes.at(FIRST, "config get timeout")).contains("$1\r\n0");
            assertThat(nodes.at(FIRST, "config get cluster-node-timeout")).contains("7000");

            // Nor by a node that has just started, whose map is empty until another tells it what is committed.
            nodes.stop(FIRST);
            nodes.start(FIRST);
            nodes.await("\\+PONG", FIRST, "ping");
            assertThat(nodes.at(FIRST, "config set timeout 5 min-replicas-to-write 1"))
                    .startsWith("-ERR CONFIG SET failed");
            assertThat(nodes.at(FIRST, "config get timeout")).contains("$1\r\n0");
            assertThat(nodes.at(FIRST, "config get min-replicas-to-write")).contains("$1\r\n0");
        }
    }
}
