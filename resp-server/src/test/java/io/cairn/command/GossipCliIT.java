package io.cairn.command;

import static io.cairn.command.CliNodes.address;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.resp.RawClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The flows of the real {@code redis-cli --cluster} against nodes in gossip mode; their raft forms are in the classes beside this. */
final class GossipCliIT {
    private static final int P = 27_700;
    private static final int SLOT = 3_000;

    @TempDir
    Path directory;

    @Test
    void everyFlow() throws Exception {
        Assumptions.assumeTrue(RedisProcess.available(), "redis-cli is not installed");
        try (CliNodes nodes = new CliNodes(directory, "gossip")) {
            for (int port = P; port < P + 7; port++) {
                nodes.start(port, "--cluster-node-timeout", "5000", "--save", "");
            }
            creates(nodes);
            failsOver(nodes);
            reshards(nodes);
            addsAndDeletes(nodes);
            fixes(nodes);
            publishes();
            restarts(nodes);
        }
    }

    private static void creates(CliNodes nodes) throws Exception {
        List<String> words = new ArrayList<>(List.of("create"));
        for (int i = 0; i < 6; i++) {
            words.add(address(P + i));
        }
        words.addAll(List.of("--cluster-replicas", "1"));
        CliNodes.Said created = nodes.cluster(words.toArray(String[]::new));
        assertThat(created.text()).contains("[OK] All 16384 slots covered.", "1 additional replica(s)");
        assertThat(created.exit()).isZero();
        for (int port = P; port < P + 6; port++) {
            RedisCliCreateIT.awaitOk(nodes, port);
        }
        assertThat(nodes.at(P, "cluster", "info")).contains("cluster_consensus:gossip", "cluster_size:3");
        for (int i = 0; i < 20; i++) {
            assertThat(nodes.follow(P, "set", "{a}" + i, "v" + i)).isEqualTo("OK");
        }
        // A replica answers reads when it is told that stale ones will do, and sends everybody else to its primary.
        assertThat(nodes.at(P + 1, "get", "{a}1")).startsWith("MOVED 15495 127.0.0.1:");
        assertThat(nodes.at(P, "mget", "a", "b")).startsWith("CROSSSLOT");
        assertThat(nodes.cluster("info", address(P + 5)).text()).contains("[OK] 20 keys in 3 masters.");
        assertThat(nodes.at(P, "cluster", "set-config-epoch", "9"))
                .startsWith("ERR The user can assign a config epoch only when");
        assertThat(nodes.at(P, "cluster", "meet", "nowhere", "1"))
                .isEqualTo("ERR Invalid node address specified: nowhere:1");
    }

    /** The replica that redis-cli gave to the last primary takes its place, and gives it back. */
    private static void failsOver(CliNodes nodes) throws Exception {
        int owner = primaryOf(nodes, 15_495);
        int replica = replicaOf(nodes, owner);
        awaitKeys(nodes, replica, "20");
        assertThat(nodes.at(replica, "cluster", "failover")).isEqualTo("OK");
        awaitPrimary(nodes, 15_495, replica);
        assertThat(nodes.follow(P, "get", "{a}7")).isEqualTo("v7");
        assertThat(nodes.follow(P, "set", "{a}7", "v7")).isEqualTo("OK");
        assertThat(nodes.at(replica, "cluster", "failover"))
                .startsWith("ERR You should send CLUSTER FAILOVER to a replica");
        awaitKeys(nodes, owner, "20");
        assertThat(nodes.at(owner, "cluster", "failover", "force")).isEqualTo("OK");
        awaitPrimary(nodes, 15_495, owner);
    }

    private static void reshards(CliNodes nodes) throws Exception {
        int from = primaryOf(nodes, 15_495);
        int to = primaryOf(nodes, 0);
        CliNodes.Said said = nodes.cluster(
                "reshard",
                address(P),
                "--cluster-from",
                id(nodes, from),
                "--cluster-to",
                id(nodes, to),
                "--cluster-slots",
                "3");
        assertThat(said.exit()).as(said.text()).isZero();
        check(nodes, P + 4);
        // By hand, with keys.
        String source = id(nodes, from);
        String target = id(nodes, to);
        assertThat(nodes.at(to, "cluster", "setslot", "15495", "importing", source))
                .isEqualTo("OK");
        assertThat(nodes.at(from, "cluster", "setslot", "15495", "migrating", target))
                .isEqualTo("OK");
        assertThat(nodes.at(from, "get", "{a}none")).startsWith("ASK 15495");
        assertThat(nodes.at(to, "cluster", "setslot", "15495", "node", target)).contains("still holds keys");
        for (String key :
                nodes.at(from, "cluster", "getkeysinslot", "15495", "100").split("\\s+")) {
            assertThat(nodes.at(from, "migrate", "127.0.0.1", "" + to, key, "0", "5000"))
                    .isEqualTo("OK");
        }
        assertThat(nodes.at(to, "cluster", "setslot", "15495", "node", target)).isEqualTo("OK");
        assertThat(nodes.at(from, "cluster", "setslot", "15495", "node", target))
                .isEqualTo("OK");
        awaitPrimary(nodes, 15_495, to);
        assertThat(nodes.follow(P + 4, "get", "{a}19")).isEqualTo("v19");
    }

    private static void addsAndDeletes(CliNodes nodes) throws Exception {
        int added = P + 6;
        int first = primaryOf(nodes, 0);
        CliNodes.Said said = nodes.cluster(
                "add-node", address(added), address(P), "--cluster-slave", "--cluster-master-id", id(nodes, first));
        assertThat(said.text()).contains("[OK] New node added correctly.");
        String id = id(nodes, added);
        RedisCliNodesIT.awaitLine(nodes, P + 1, id + ".* slave " + id(nodes, first) + ".*");
        said = nodes.cluster("del-node", address(P), id);
        assertThat(said.text()).contains("CLUSTER RESET SOFT").doesNotContain("ERR");
        for (int port = P; port < P + 6; port++) {
            assertThat(nodes.at(port, "cluster", "nodes")).doesNotContain(id);
        }
        assertThat(nodes.at(P + 1, "cluster", "forget", id)).isEqualTo("OK");
    }

    private static void fixes(CliNodes nodes) throws Exception {
        int from = primaryOf(nodes, SLOT);
        int to = primaryOf(nodes, 16_000);
        assertThat(nodes.at(to, "cluster", "setslot", "" + SLOT, "importing", id(nodes, from)))
                .isEqualTo("OK");
        assertThat(nodes.cluster("check", address(P)).text()).contains("open");
        CliNodes.Said fixed = nodes.cluster("fix", address(P));
        assertThat(fixed.text()).contains("Fixing open slot " + SLOT, "[OK] All 16384 slots covered.");
        assertThat(nodes.at(primaryOf(nodes, 5_000), "cluster", "delslots", "5000"))
                .isEqualTo("OK");
        fixed = nodes.cluster("fix", address(P + 2));
        assertThat(fixed.text()).contains("Covering slot 5000");
        for (int port = P; port < P + 6; port++) {
            RedisCliCreateIT.awaitOk(nodes, port);
        }
        check(nodes, P + 3);
    }

    private static void publishes() throws Exception {
        try (RawClient listener = new RawClient(P);
                RawClient publisher = new RawClient(P + 4)) {
            listener.call("SUBSCRIBE", "news");
            publisher.call("PUBLISH", "news", "from afar");
            assertThat(listener.reply()).contains("message", "news", "from afar");
        }
    }

    /** Whoever comes back finds the others without seeds, and is what it was. */
    private static void restarts(CliNodes nodes) throws Exception {
        String before = nodes.at(P + 3, "cluster", "myid");
        nodes.stop(P + 3);
        nodes.start(P + 3, "--cluster-node-timeout", "5000", "--save", "");
        RedisCliCreateIT.awaitOk(nodes, P + 3);
        assertThat(nodes.at(P + 3, "cluster", "myid")).isEqualTo(before);
        check(nodes, P + 3);
    }

    private static void check(CliNodes nodes, int port) throws Exception {
        long deadline = System.nanoTime() + 20_000_000_000L;
        String text = "";
        while (!text.contains("All nodes agree") || !text.contains("[OK] All 16384 slots covered.")) {
            assertThat(System.nanoTime()).as(text).isLessThan(deadline);
            text = nodes.cluster("check", address(port)).text();
        }
    }

    private static String id(CliNodes nodes, int port) throws Exception {
        return nodes.at(port, "cluster", "myid");
    }

    private static int primaryOf(CliNodes nodes, int slot) throws Exception {
        for (String line : nodes.at(P, "cluster", "nodes").lines().toList()) {
            String[] fields = line.split(" ");
            for (int i = 8; i < fields.length; i++) {
                String[] run = fields[i].split("-");
                boolean open = fields[i].startsWith("[");
                if (!open && Integer.parseInt(run[0]) <= slot && slot <= Integer.parseInt(run[run.length - 1])) {
                    return port(fields);
                }
            }
        }
        throw new AssertionError("nobody owns slot " + slot);
    }

    private static int port(String[] fields) {
        return Integer.parseInt(fields[1].substring(fields[1].indexOf(':') + 1, fields[1].indexOf('@')));
    }

    private static int replicaOf(CliNodes nodes, int primary) throws Exception {
        String id = id(nodes, primary);
        for (String line : nodes.at(P, "cluster", "nodes").lines().toList()) {
            String[] fields = line.split(" ");
            if (fields[3].equals(id)) {
                return port(fields);
            }
        }
        throw new AssertionError("no replica of " + primary);
    }

    private static void awaitPrimary(CliNodes nodes, int slot, int port) throws Exception {
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (primaryOf(nodes, slot) != port) {
            assertThat(System.nanoTime()).as("slot %s at %s", slot, port).isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    private static void awaitKeys(CliNodes nodes, int port, String keys) throws Exception {
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (!nodes.at(port, "dbsize").equals(keys)) {
            assertThat(System.nanoTime()).as("keys of %s", port).isLessThan(deadline);
            Thread.sleep(50);
        }
    }
}
