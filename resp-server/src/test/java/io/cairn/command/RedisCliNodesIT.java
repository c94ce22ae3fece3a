package io.cairn.command;

import static io.cairn.command.CliNodes.address;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** redis-cli's add-node and del-node, of primaries and replicas, against nodes in raft mode. */
final class RedisCliNodesIT {
    private static final int FIRST_PORT = 26_100;

    @TempDir
    Path directory;

    @Test
    void addsAndDeletesNodes() throws Exception {
        Assumptions.assumeTrue(RedisProcess.available(), "redis-cli is not installed");
        try (CliNodes nodes = new CliNodes(directory)) {
            nodes.start(FIRST_PORT, 5);
            CliNodes.Said created =
                    nodes.cluster("create", address(FIRST_PORT), address(FIRST_PORT + 1), address(FIRST_PORT + 2));
            assertThat(created.text()).contains("[OK] All 16384 slots covered.");
            RedisCliCreateIT.awaitOk(nodes, FIRST_PORT);
            String first = nodes.at(FIRST_PORT, "cluster", "myid");
            int replica = FIRST_PORT + 3;
            assertThat(nodes.follow(FIRST_PORT, "set", "a", "b")).isEqualTo("OK");
            CliNodes.Said added = nodes.cluster(
                    "add-node", address(replica), address(FIRST_PORT), "--cluster-slave", "--cluster-master-id", first);
            assertThat(added.text()).contains("[OK] New node added correctly.");
            awaitLine(nodes, FIRST_PORT, nodes.at(replica, "cluster", "myid") + ".* slave " + first + ".*");
            int primary = FIRST_PORT + 4;
            assertThat(nodes.cluster("add-node", address(primary), address(FIRST_PORT))
                            .text())
                    .contains("[OK] New node added correctly.");
            String id = nodes.at(primary, "cluster", "myid");
            awaitLine(nodes, FIRST_PORT, id + ".* master .*");
            assertThat(nodes.cluster("check", address(FIRST_PORT)).text()).contains("[OK] All 16384 slots covered.");
            deletes(nodes, primary);
            deletes(nodes, replica);
            assertThat(nodes.cluster("del-node", address(FIRST_PORT), first).text())
                    .contains("is not empty!");
            assertThat(nodes.follow(FIRST_PORT + 1, "get", "a")).isEqualTo("b");
            // It comes back under another id, as a replica with all data.
            CliNodes.Said again = nodes.cluster("add-node", address(replica), address(FIRST_PORT), "--cluster-slave");
            assertThat(again.text()).contains("[OK] New node added correctly.");
            awaitLine(nodes, FIRST_PORT, nodes.at(replica, "cluster", "myid") + ".* slave .*");
        }
    }

    private static void deletes(CliNodes nodes, int port) throws Exception {
        String id = nodes.at(port, "cluster", "myid");
        CliNodes.Said deleted = nodes.cluster("del-node", address(FIRST_PORT), id);
        assertThat(deleted.text()).contains("CLUSTER RESET SOFT").doesNotContain("ERR");
        assertThat(deleted.exit()).isZero();
        assertThat(nodes.at(FIRST_PORT, "cluster", "nodes")).doesNotContain(id);
        assertThat(nodes.at(FIRST_PORT + 1, "cluster", "forget", id)).isEqualTo("OK");
        long deadline = System.nanoTime() + 60_000_000_000L;
        String info = "";
        while (!info.contains("cluster_known_nodes:1")) {
            assertThat(System.nanoTime()).as(info).isLessThan(deadline);
            Thread.sleep(100);
            info = nodes.at(port, "cluster", "info");
        }
        assertThat(nodes.at(port, "cluster", "myid")).isNotEqualTo(id);
        RedisCliCreateIT.awaitOk(nodes, FIRST_PORT);
    }

    static void awaitLine(CliNodes nodes, int port, String pattern) throws Exception {
        long deadline = System.nanoTime() + 30_000_000_000L;
        String text = "";
        while (text.lines().noneMatch(line -> line.matches(pattern))) {
            assertThat(System.nanoTime()).as(text).isLessThan(deadline);
            Thread.sleep(50);
            text = nodes.at(port, "cluster", "nodes");
        }
    }
}
