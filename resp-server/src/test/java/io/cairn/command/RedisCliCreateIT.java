package io.cairn.command;

import static io.cairn.command.CliNodes.address;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real {@code redis-cli --cluster create}, its refusals and what looks at a cluster, against nodes in raft mode. */
@Tag("long")
final class RedisCliCreateIT {
    private static final int FIRST_PORT = 26_900;

    @TempDir
    Path directory;

    @Test
    void createsAClusterWithReplicas() throws Exception {
        Assumptions.assumeTrue(RedisProcess.available(), "redis-cli is not installed");
        try (CliNodes nodes = new CliNodes(directory)) {
            nodes.start(FIRST_PORT, 6);
            refusals(nodes);
            CliNodes.Said created = nodes.cluster(create(6, "1"));
            assertThat(created.text()).contains("[OK] All 16384 slots covered.", "1 additional replica(s)");
            assertThat(created.exit()).isZero();
            looks(nodes);
            keepsItsWritesOverARestart(nodes);
        }
    }

    private static void refusals(CliNodes nodes) throws Exception {
        assertThat(nodes.cluster("create", address(FIRST_PORT), address(FIRST_PORT + 1))
                        .text())
                .contains("at least 3 master nodes");
        assertThat(nodes.cluster(create(5, "1")).text()).contains("At least 6 nodes are required");
        int full = FIRST_PORT + 5;
        assertThat(nodes.at(full, "cluster", "addslotsrange", "0", "16383")).isEqualTo("OK");
        awaitOk(nodes, full);
        assertThat(nodes.at(full, "set", "key", "value")).isEqualTo("OK");
        assertThat(nodes.cluster(create(6, "1")).text()).contains("is not empty");
        assertThat(nodes.at(full, "cluster", "flushslots"))
                .isEqualTo("ERR DB must be empty to perform CLUSTER FLUSHSLOTS.");
        assertThat(nodes.at(full, "del", "key")).isEqualTo("1");
        assertThat(nodes.at(full, "cluster", "addslots", "0")).isEqualTo("ERR Slot 0 is already busy");
        assertThat(nodes.at(full, "cluster", "flushslots")).isEqualTo("OK");
        assertThat(nodes.at(full, "cluster", "delslots", "0")).isEqualTo("ERR Slot 0 is already unassigned");
        assertThat(nodes.at(full, "cluster", "addslotsrange", "5", "4"))
                .isEqualTo("ERR start slot number 5 is greater than end slot number 4");
        assertThat(nodes.at(full, "cluster", "meet", "nowhere", "1"))
                .isEqualTo("ERR Invalid node address specified: nowhere:1");
    }

    private static void looks(CliNodes nodes) throws Exception {
        for (int port = FIRST_PORT; port < FIRST_PORT + 6; port++) {
            awaitOk(nodes, port);
        }
        CliNodes.Said check = nodes.cluster("check", address(FIRST_PORT + 4), "--cluster-search-multiple-owners");
        assertThat(check.text()).contains("All nodes agree", "[OK] All 16384 slots covered.", "No multiple owners");
        assertThat(nodes.follow(FIRST_PORT, "set", "a", "b")).isEqualTo("OK");
        assertThat(nodes.cluster("info", address(FIRST_PORT + 5)).text()).contains("[OK] 1 keys in 3 masters.");
        assertThat(nodes.cluster("call", address(FIRST_PORT + 1), "ping").text().split("PONG"))
                .hasSize(7);
        assertThat(nodes.cluster("call", "--cluster-only-masters", address(FIRST_PORT + 1), "ping")
                        .text()
                        .split("PONG"))
                .hasSize(4);
        assertThat(nodes.cluster("set-timeout", address(FIRST_PORT), "7000").text())
                .contains("6 OK, 0 ERR");
        assertThat(nodes.cluster(create(6, "1")).text()).contains("is not empty");
        assertThat(nodes.at(FIRST_PORT, "cluster", "info")).contains("cluster_shard_tolerates_failures:0");
        String unknown = "0123456789012345678901234567890123456789";
        assertThat(nodes.at(FIRST_PORT, "cluster", "replicate", unknown)).isEqualTo("ERR Unknown node " + unknown);
        assertThat(nodes.at(FIRST_PORT, "cluster", "count-failure-reports", unknown))
                .isEqualTo("ERR Unknown node " + unknown);
        assertThat(nodes.at(FIRST_PORT, "cluster", "set-config-epoch", "9"))
                .startsWith("ERR The user can assign a config epoch only when");
        assertThat(nodes.at(FIRST_PORT, "cluster", "saveconfig")).isEqualTo("OK");
        assertThat(nodes.at(FIRST_PORT, "cluster", "bumpepoch")).matches("(BUMPED|STILL) [0-9]+");
    }

    /** Nodes that met find each other again without seeds. */
    private static void keepsItsWritesOverARestart(CliNodes nodes) throws Exception {
        for (int port = FIRST_PORT; port < FIRST_PORT + 6; port++) {
            nodes.stop(port);
        }
        nodes.start(FIRST_PORT, 6);
        for (int port = FIRST_PORT; port < FIRST_PORT + 6; port++) {
            awaitOk(nodes, port);
        }
        assertThat(nodes.follow(FIRST_PORT + 3, "get", "a")).isEqualTo("b");
        assertThat(nodes.cluster("check", address(FIRST_PORT + 3)).text()).contains("[OK] All 16384 slots covered.");
    }

    static void awaitOk(CliNodes nodes, int port) throws Exception {
        long deadline = System.nanoTime() + 60_000_000_000L;
        String info = "";
        while (!info.contains("cluster_state:ok")) {
            assertThat(System.nanoTime()).as(info).isLessThan(deadline);
            Thread.sleep(50);
            info = nodes.at(port, "cluster", "info");
        }
    }

    static String[] create(int nodes, String replicas) {
        List<String> words = new ArrayList<>(List.of("create"));
        for (int i = 0; i < nodes; i++) {
            words.add(address(FIRST_PORT + i));
        }
        words.add("--cluster-replicas");
        words.add(replicas);
        return words.toArray(String[]::new);
    }
}
