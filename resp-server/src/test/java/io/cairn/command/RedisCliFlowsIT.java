package io.cairn.command;

import static io.cairn.command.CliNodes.address;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Slots;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The flows of the real {@code redis-cli --cluster} against eight empty nodes in raft mode, one after the other, with traffic
 * through a stock cluster client: no wrong reply, no error but for an uncovered slot. {@code make redis-cli-flows} moves 1,000
 * slots and more.
 */
final class RedisCliFlowsIT {
    private static final int P = 26_000;
    private static final boolean LONG = Boolean.getBoolean("cairn.cli.long");
    private static final int SLOTS = LONG ? 1_000 : 8;
    private static final int IMPORTED = LONG ? 5_000 : 60;

    @TempDir
    Path directory;

    private long begun;

    @Test
    void everyFlowUnderTraffic() throws Exception {
        Assumptions.assumeTrue(RedisProcess.available(), "redis-cli is not installed");
        try (CliNodes nodes = new CliNodes(directory)) {
            start(nodes, 8);
            begun = System.nanoTime();
            creates(nodes, 6, 1);
            awaitInfo(nodes, P, "cluster_shards_with_two_voters:3");
            try (ClusterTraffic traffic = new ClusterTraffic(Set.of(P, P + 1, P + 2), 3, LONG ? 1 : 2)) {
                flow(nodes, traffic, "looks", RedisCliFlowsIT::looks);
                flow(nodes, traffic, "reshard", RedisCliFlowsIT::reshards);
                flow(nodes, traffic, "rebalance", RedisCliFlowsIT::rebalances);
                flow(nodes, traffic, "add a primary", RedisCliFlowsIT::addsAPrimary);
                flow(nodes, traffic, "fill and drain it", RedisCliFlowsIT::fillsAndDrains);
                flow(nodes, traffic, "add a replica", RedisCliFlowsIT::addsAReplica);
                flow(nodes, traffic, "delete both", RedisCliFlowsIT::deletesBoth);
                flow(nodes, traffic, "fix an open slot", RedisCliFlowsIT::fixesAnOpenSlot);
                flow(nodes, traffic, "import", cli -> imports(cli, directory));
                flow(nodes, traffic, "backup", cli -> backsUp(cli, directory));
                fixesAnUncoveredSlot(nodes, traffic);
                assertThat(traffic.wrongReplies()).isEmpty();
            }
            withPasswords(nodes, directory);
        }
    }

    @Test
    void threePrimariesWithTwoReplicasEach() throws Exception {
        Assumptions.assumeTrue(LONG, "in the long form only: make redis-cli-flows");
        Assumptions.assumeTrue(RedisProcess.available(), "redis-cli is not installed");
        try (CliNodes nodes = new CliNodes(directory)) {
            start(nodes, 9);
            creates(nodes, 9, 2);
            awaitInfo(nodes, P, "cluster_shards_with_two_voters:0");
            for (int port = P; port < P + 9; port++) {
                awaitInfo(nodes, port, "cluster_shard_tolerates_failures:1");
            }
            try (ClusterTraffic traffic = new ClusterTraffic(Set.of(P), 2, 1)) {
                begun = System.nanoTime();
                flow(nodes, traffic, "reshard of 3+6", RedisCliFlowsIT::reshards);
            }
        }
    }

    /** No flow here is about failover: a machine that is busy with other builds is not to begin one. */
    private static void start(CliNodes nodes, int count) throws Exception {
        for (int port = P; port < P + count; port++) {
            nodes.start(port, "--cluster-election-timeout", "2500");
        }
    }

    /** One of redis-cli's flows. */
    private interface Flow {
        void run(CliNodes nodes) throws Exception;
    }

    private void flow(CliNodes nodes, ClusterTraffic traffic, String name, Flow flow) throws Exception {
        flow.run(nodes);
        Map<String, Long> errors = traffic.takeErrors();
        tell(name, traffic, errors);
        assertThat(traffic.wrongReplies()).as(name).isEmpty();
        assertThat(errors).as(name).isEmpty();
    }

    private void tell(String name, ClusterTraffic traffic, Map<String, Long> errors) {
        long now = System.nanoTime();
        System.out.printf(
                "redis-cli flow %-24s %6.1f s, %6d calls, slowest %5d ms, errors %s%n",
                name, (now - begun) / 1e9, traffic.takeCalls(), traffic.takeSlowestMillis(), errors);
        begun = now;
    }

    private static void creates(CliNodes nodes, int count, int replicas) throws Exception {
        List<String> words = new ArrayList<>(List.of("create"));
        for (int i = 0; i < count; i++) {
            words.add(address(P + i));
        }
        words.addAll(List.of("--cluster-replicas", Integer.toString(replicas)));
        CliNodes.Said created = nodes.cluster(words.toArray(String[]::new));
        assertThat(created.text()).contains("[OK] All 16384 slots covered.");
        assertThat(created.exit()).isZero();
        for (int port = P; port < P + count; port++) {
            RedisCliCreateIT.awaitOk(nodes, port);
        }
    }

    static void awaitInfo(CliNodes nodes, int port, String line) throws Exception {
        long deadline = System.nanoTime() + 30_000_000_000L;
        String info = "";
        while (!info.contains(line)) {
            assertThat(System.nanoTime()).as(info).isLessThan(deadline);
            Thread.sleep(50);
            info = nodes.at(port, "cluster", "info");
        }
    }

    private static void looks(CliNodes nodes) throws Exception {
        check(nodes, P + 4);
        assertThat(nodes.cluster("info", address(P + 5)).text()).contains("in 3 masters.");
        assertThat(nodes.cluster("call", address(P + 1), "ping").text().split("PONG"))
                .hasSize(7);
        assertThat(nodes.cluster("set-timeout", address(P), "14000").text()).contains("6 OK, 0 ERR");
    }

    /** Who leads is not in the map: after a change of leaders nodes may name different ones for a moment. */
    private static void check(CliNodes nodes, int port) throws Exception {
        long deadline = System.nanoTime() + 20_000_000_000L;
        CliNodes.Said said = nodes.cluster("check", address(port));
        while (!said.text().contains("All nodes agree") && System.nanoTime() < deadline) {
            Thread.sleep(500);
            said = nodes.cluster("check", address(port));
        }
        assertThat(said.text()).contains("All nodes agree", "[OK] All 16384 slots covered.");
        assertThat(said.exit()).as(said.text()).isZero();
    }

    private static void succeeds(CliNodes.Said said) {
        assertThat(said.text()).doesNotContain("ERR", "failed");
        assertThat(said.exit()).as(said.text()).isZero();
    }

    private static String id(CliNodes nodes, int port) throws Exception {
        return nodes.at(port, "cluster", "myid");
    }

    private static void reshards(CliNodes nodes) throws Exception {
        succeeds(nodes.cluster(
                "reshard",
                address(P + 1),
                "--cluster-from",
                "all",
                "--cluster-to",
                primaryOf(nodes, 0),
                "--cluster-slots",
                Integer.toString(SLOTS)));
        check(nodes, P + 2);
    }

    /** The id of the primary of the slot. */
    private static String primaryOf(CliNodes nodes, int slot) throws Exception {
        for (String line : nodes.at(P, "cluster", "nodes").lines().toList()) {
            String[] words = line.split(" ");
            for (int i = 8; i < words.length; i++) {
                String[] ends = words[i].split("-");
                if (words[i].charAt(0) != '['
                        && Integer.parseInt(ends[0]) <= slot
                        && slot <= Integer.parseInt(ends[ends.length - 1])) {
                    return words[0];
                }
            }
        }
        throw new AssertionError("nobody has slot " + slot);
    }

    private static int portOf(CliNodes nodes, String id) throws Exception {
        for (String line : nodes.at(P, "cluster", "nodes").lines().toList()) {
            if (line.startsWith(id)) {
                return Integer.parseInt(line.substring(line.indexOf(':') + 1, line.indexOf('@')));
            }
        }
        throw new AssertionError("no node " + id);
    }

    private static void rebalances(CliNodes nodes) throws Exception {
        CliNodes.Said simulated =
                nodes.cluster("rebalance", address(P), "--cluster-threshold", "0.1", "--cluster-simulate");
        succeeds(simulated);
        assertThat(simulated.text()).contains("Moving").contains("###");
        CliNodes.Said done = nodes.cluster("rebalance", address(P), "--cluster-threshold", "0.1");
        succeeds(done);
        assertThat(done.text()).contains("Moving");
        assertThat(nodes.cluster("rebalance", address(P), "--cluster-threshold", "1")
                        .text())
                .contains("No rebalancing needed");
        check(nodes, P + 1);
    }

    private static void addsAPrimary(CliNodes nodes) throws Exception {
        CliNodes.Said added = nodes.cluster("add-node", address(P + 6), address(P));
        assertThat(added.text()).contains("[OK] New node added correctly.");
        RedisCliNodesIT.awaitLine(nodes, P, id(nodes, P + 6) + ".* master .*");
        check(nodes, P + 6);
    }

    private static void fillsAndDrains(CliNodes nodes) throws Exception {
        String fresh = id(nodes, P + 6);
        String weight = fresh + "=" + 3.0 * SLOTS / 16_384;
        CliNodes.Said filled =
                nodes.cluster("rebalance", address(P), "--cluster-weight", weight, "--cluster-use-empty-masters");
        succeeds(filled);
        assertThat(nodes.at(P, "cluster", "nodes")).containsPattern(fresh + ".* connected [0-9]");
        check(nodes, P + 6);
        succeeds(nodes.cluster("rebalance", address(P), "--cluster-weight", fresh + "=0"));
        assertThat(nodes.at(P, "cluster", "nodes")).containsPattern("(?m)" + fresh + ".* connected$");
        check(nodes, P + 6);
    }

    private static void addsAReplica(CliNodes nodes) throws Exception {
        String primary = primaryOf(nodes, 0);
        CliNodes.Said added = nodes.cluster(
                "add-node", address(P + 7), address(P), "--cluster-slave", "--cluster-master-id", primary);
        assertThat(added.text()).contains("[OK] New node added correctly.");
        RedisCliNodesIT.awaitLine(nodes, P, id(nodes, P + 7) + ".* slave " + primary + ".*");
        // Three voters: the shard bears a failure.
        awaitInfo(nodes, P, "cluster_shards_with_two_voters:2");
        check(nodes, P + 7);
    }

    private static void deletesBoth(CliNodes nodes) throws Exception {
        for (int port = P + 6; port <= P + 7; port++) {
            String gone = id(nodes, port);
            succeeds(nodes.cluster("del-node", address(P), gone));
            for (int other = P; other < P + 6; other++) {
                assertThat(nodes.at(other, "cluster", "nodes")).doesNotContain(gone);
            }
        }
        check(nodes, P + 3);
    }

    /** Half of a move: one key has gone, the other is here, and redis-cli died. */
    private static void fixesAnOpenSlot(CliNodes nodes) throws Exception {
        String from = primaryOf(nodes, 3000);
        String to = primaryOf(nodes, 16_000);
        int source = portOf(nodes, from);
        int target = portOf(nodes, to);
        String key = keyOf(3000);
        assertThat(nodes.at(source, "mset", "{" + key + "}1", "one", "{" + key + "}2", "two"))
                .isEqualTo("OK");
        assertThat(nodes.at(target, "cluster", "setslot", "3000", "importing", from))
                .isEqualTo("OK");
        assertThat(nodes.at(source, "cluster", "setslot", "3000", "migrating", to))
                .isEqualTo("OK");
        assertThat(nodes.at(source, "migrate", "127.0.0.1", "" + target, "{" + key + "}1", "0", "5000"))
                .isEqualTo("OK");
        assertThat(nodes.cluster("check", address(P)).text()).contains("3000").contains("open");
        CliNodes.Said fixed = nodes.cluster("fix", address(P));
        assertThat(fixed.text()).contains("Fixing open slot 3000", "[OK] All 16384 slots covered.");
        check(nodes, P);
        assertThat(nodes.follow(P, "get", "{" + key + "}1")).isEqualTo("one");
        assertThat(nodes.follow(P, "get", "{" + key + "}2")).isEqualTo("two");
        // An importer that nobody sends to, with a key of its own: it is given back.
        String second = "{" + keyOf(3001) + "}x";
        assertThat(nodes.at(target, "cluster", "setslot", "3001", "importing", from))
                .isEqualTo("OK");
        try (RespConnection asking = new RespConnection(target)) {
            assertThat(asking.line("asking")).isEqualTo("+OK\r\n");
            assertThat(asking.line("set " + second + " mine")).isEqualTo("+OK\r\n");
        }
        assertThat(nodes.cluster("fix", address(P + 1)).text()).contains("Fixing open slot 3001");
        check(nodes, P);
        assertThat(nodes.follow(P, "get", second)).isEqualTo("mine");
    }

    private static String keyOf(int slot) {
        for (int i = 0; ; i++) {
            String key = "k" + i;
            if (Slots.of(key.getBytes(StandardCharsets.US_ASCII)) == slot) {
                return key;
            }
        }
    }

    private static void imports(CliNodes nodes, Path directory) throws Exception {
        try (RedisProcess redis = RedisProcess.start(directory)) {
            for (int i = 0; i < IMPORTED; i++) {
                redis.run("set", "imported:" + i, "value-" + i);
            }
            redis.run("rpush", "imported:list", "a", "b", "c");
            redis.run("zadd", "imported:zset", "1", "a", "2", "b");
            String from = "127.0.0.1:" + redis.port;
            CliNodes.Said copied = nodes.cluster("import", address(P), "--cluster-from", from, "--cluster-copy");
            succeeds(copied);
            assertThat(redis.run("dbsize")).isEqualTo(":" + (IMPORTED + 2) + "\r\n");
            assertThat(nodes.follow(P, "get", "imported:7")).isEqualTo("value-7");
            assertThat(nodes.cluster("import", address(P), "--cluster-from", from)
                            .text())
                    .contains("BUSYKEY");
            redis.run("set", "imported:7", "newer");
            succeeds(nodes.cluster("import", address(P + 1), "--cluster-from", from, "--cluster-replace"));
            assertThat(redis.run("dbsize")).isEqualTo(":0\r\n");
        }
        assertThat(nodes.follow(P, "get", "imported:7")).isEqualTo("newer");
        assertThat(nodes.follow(P, "lrange", "imported:list", "0", "-1")).isEqualTo("a\nb\nc");
        assertThat(nodes.follow(P, "zrange", "imported:zset", "0", "-1")).isEqualTo("a\nb");
        check(nodes, P);
    }

    /** Redis-cli logs in everywhere, and has MIGRATE log in at its targets. */
    private static void withPasswords(CliNodes nodes, Path directory) throws Exception {
        for (int port = P; port < P + 6; port++) {
            assertThat(nodes.at(port, "config", "set", "requirepass", "here")).isEqualTo("OK");
        }
        assertThat(nodes.at(P, "get", "imported:7")).startsWith("NOAUTH");
        try (RedisProcess redis = RedisProcess.start(directory)) {
            redis.run("set", "secret", "value");
            redis.run("config", "set", "requirepass", "there");
            CliNodes.Said imported = nodes.run(List.of(
                    "redis-cli",
                    "-a",
                    "here",
                    "--cluster",
                    "import",
                    address(P),
                    "--cluster-from",
                    "127.0.0.1:" + redis.port,
                    "--cluster-from-pass",
                    "there",
                    "--cluster-yes"));
            succeeds(imported);
            assertThat(redis.run("dbsize")).isEqualTo(":0\r\n");
        }
        List<String> get = List.of("redis-cli", "-c", "-p", "" + P, "-a", "here", "--no-auth-warning", "get");
        assertThat(nodes.run(with(get, "secret")).text().strip()).isEqualTo("value");
        String primary = nodes.run(
                        List.of("redis-cli", "-p", "" + P, "-a", "here", "--no-auth-warning", "cluster", "nodes"))
                .text()
                .lines()
                .filter(line -> line.contains("master"))
                .findFirst()
                .orElseThrow()
                .split(" ")[0];
        succeeds(nodes.run(List.of(
                "redis-cli",
                "-a",
                "here",
                "--cluster",
                "reshard",
                address(P),
                "--cluster-from",
                "all",
                "--cluster-to",
                primary,
                "--cluster-slots",
                "20",
                "--cluster-yes")));
        assertThat(nodes.run(with(get, "imported:7")).text().strip()).isEqualTo("newer");
    }

    private static List<String> with(List<String> words, String last) {
        List<String> all = new ArrayList<>(words);
        all.add(last);
        return all;
    }

    private static void backsUp(CliNodes nodes, Path directory) throws Exception {
        Path backup = Files.createDirectory(directory.resolve("backup"));
        CliNodes.Said said = nodes.cluster("backup", address(P), backup.toString());
        succeeds(said);
        assertThat(said.text()).contains("[OK] Backup created into");
        assertThat(backup.resolve("nodes.json")).content().contains("\"slots_count\"");
        try (var files = Files.list(backup)) {
            assertThat(files.filter(file -> file.toString().endsWith(".rdb"))).hasSize(3);
        }
    }

    /** The only flow in which clients see errors: Redis's own, for as long as the slot has no owner. */
    private void fixesAnUncoveredSlot(CliNodes nodes, ClusterTraffic traffic) throws Exception {
        int port = portOf(nodes, primaryOf(nodes, 5000));
        assertThat(nodes.at(port, "cluster", "delslots", "5000")).isEqualTo("OK");
        CliNodes.Said fixed = nodes.cluster("fix", address(P + 2));
        assertThat(fixed.text()).contains("Covering slot 5000");
        check(nodes, P + 2);
        for (int each = P; each < P + 6; each++) {
            RedisCliCreateIT.awaitOk(nodes, each);
        }
        Thread.sleep(200); // The nodes look ten times a second whether they are down.
        Map<String, Long> errors = traffic.takeErrors();
        tell("fix an uncovered slot", traffic, errors);
        assertThat(errors.keySet()).allMatch(text -> text.startsWith("CLUSTERDOWN"));
        Thread.sleep(500);
        assertThat(traffic.takeErrors()).isEmpty();
    }
}
