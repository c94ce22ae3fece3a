package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CLUSTER MEET beyond what {@code redis-cli --cluster create} needs of it. */
final class ClusterMeetIT {
    private static final int P = 26_400;
    private static final int KEYS = 300;

    @TempDir
    Path directory;

    @Test
    void aSingleNodeComesWithItsSlotsAndData() throws Exception {
        Assumptions.assumeTrue(RedisProcess.available(), "redis-cli is not installed");
        try (CliNodes nodes = new CliNodes(directory)) {
            nodes.start(P, 3);
            meet(nodes, P + 1, P);
            int single = P + 2;
            assertThat(nodes.at(single, "cluster", "addslotsrange", "0", "16383"))
                    .isEqualTo("OK");
            RedisCliCreateIT.awaitOk(nodes, single);
            try (RespConnection to = new RespConnection(single)) {
                for (int i = 0; i < KEYS; i++) {
                    assertThat(to.line("set key" + i + " value" + i)).isEqualTo("+OK\r\n");
                }
            }
            assertThat(nodes.at(single, "cluster", "reset"))
                    .isEqualTo("ERR CLUSTER RESET can't be called with master nodes containing keys");
            // Its log has had this one under epochs that the other cluster has not reached.
            int slot = 16_383;
            for (String command : List.of("delslots", "addslots", "delslots")) {
                assertThat(nodes.at(single, "cluster", command, "" + slot)).isEqualTo("OK");
            }
            meet(nodes, single, P + 1);
            assertThat(nodes.at(single, "cluster", "addslots", "" + slot)).isEqualTo("OK");
            for (int port = P; port <= single; port++) {
                RedisCliFlowsIT.awaitInfo(nodes, port, "cluster_known_nodes:3");
                RedisCliCreateIT.awaitOk(nodes, port);
                assertThat(nodes.follow(port, "get", "key" + port % KEYS)).isEqualTo("value" + port % KEYS);
            }
            assertThat(nodes.at(P, "get", "key1")).startsWith("MOVED ").endsWith(":" + single);
            // It stays so over a restart of the node that came.
            nodes.stop(single);
            nodes.start(single);
            RedisCliCreateIT.awaitOk(nodes, single);
            // The others learn by themselves that it serves again.
            RedisCliCreateIT.awaitOk(nodes, P);
            assertThat(nodes.follow(P, "get", "key7")).isEqualTo("value7");
            assertThat(nodes.at(single, "dbsize")).isEqualTo(Integer.toString(KEYS));
            refusals(nodes);
        }
    }

    private static void meet(CliNodes nodes, int from, int to) throws Exception {
        assertThat(nodes.at(from, "cluster", "meet", "127.0.0.1", "" + to, "" + (to + CliNodes.PORT_STEP)))
                .isEqualTo("OK");
    }

    private static void refusals(CliNodes nodes) throws Exception {
        assertThat(nodes.at(P, "cluster", "meet", "127.0.0.1", "" + P, "" + (P + CliNodes.PORT_STEP)))
                .as("itself")
                .isEqualTo("OK");
        assertThat(nodes.at(P, "cluster", "meet", "127.0.0.1", "1", "2"))
                .isEqualTo("ERR no node answers at 127.0.0.1:1@2");
        // Another node with a slot that is taken.
        int other = P + 3;
        nodes.start(other);
        assertThat(nodes.at(other, "cluster", "addslots", "7")).isEqualTo("OK");
        assertThat(nodes.at(other, "cluster", "meet", "127.0.0.1", "" + P, "" + (P + CliNodes.PORT_STEP)))
                .isEqualTo("ERR both clusters have slot 7");
        assertThat(nodes.at(other, "cluster", "info")).contains("cluster_known_nodes:1");
        assertThat(nodes.at(other, "cluster", "delslots", "7"))
                .as("it goes on by itself")
                .isEqualTo("OK");
        // The last node waits until who was forgotten knows it.
        int forgotten = P + 4;
        nodes.start(forgotten);
        meet(nodes, forgotten, other);
        String id = nodes.at(forgotten, "cluster", "myid");
        assertThat(nodes.at(other, "cluster", "forget", id)).isEqualTo("OK");
        assertThat(nodes.at(other, "cluster", "reset")).isEqualTo("OK");
        assertThat(nodes.at(forgotten, "cluster", "reset")).isEqualTo("OK");
    }

    @Test
    void aNodeIsMetAtAnotherAddressThanItAnnounces() throws Exception {
        Assumptions.assumeTrue(RedisProcess.available(), "redis-cli is not installed");
        try (CliNodes nodes = new CliNodes(directory)) {
            for (int i = 0; i < 2; i++) {
                nodes.start(
                        P + i,
                        "--bind",
                        "0.0.0.0",
                        "--cluster-peer-secret",
                        "a secret of the peers",
                        "--cluster-announce-ip",
                        "127.0.0." + (3 + i),
                        "--cluster-announce-hostname",
                        "node-" + i + ".test");
            }
            meet(nodes, P + 1, P);
            RedisCliFlowsIT.awaitInfo(nodes, P, "cluster_known_nodes:2");
            assertThat(nodes.at(P, "cluster", "nodes"))
                    .contains("127.0.0.3:" + P + "@" + (P + CliNodes.PORT_STEP) + ",node-0.test")
                    .contains("127.0.0.4:" + (P + 1));
        }
    }
}
