package io.cairn.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.cli.Main;
import io.cairn.cluster.rollout.DataSwitch;
import io.cairn.config.Config;
import io.cairn.raft.group.GroupBase;
import io.cairn.resp.RawClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A shard's three nodes, in this JVM, whose data path goes from gossip mode to raft mode; the test is the driver. */
class ShardSwitchIT {
    private static final int NODES = 3;
    private static final long WAIT_SECONDS = 30;

    /** What a formed gossip cluster with data has left on the disk; each test goes on from there. */
    @TempDir
    private static Path formed;

    private static List<Integer> ports = List.of();

    private Path root = formed;
    private final List<CairnProcess> processes = new ArrayList<>(Collections.nCopies(NODES, null));

    @BeforeAll
    static void gossipCluster() throws Exception {
        int port = TestServer.freePort();
        ports = List.of(port, port + 1, port + 2);
        ShardSwitchIT cluster = new ShardSwitchIT();
        try {
            cluster.form();
        } finally {
            cluster.stop();
        }
    }

    private void form() throws Exception {
        for (int i = 0; i < NODES; i++) {
            start(i, false);
        }
        assertThat(call(0, "cluster", "addslotsrange", "0", "16383")).isEqualTo("+OK");
        for (int i = 1; i < NODES; i++) {
            assertThat(call(i, "cluster", "meet", "127.0.0.1", "" + ports.get(0), "" + (ports.get(0) + 3_000)))
                    .isEqualTo("+OK");
        }
        for (int i = 0; i < NODES; i++) {
            int node = i;
            eventually("all know all", () -> call(node, "cluster", "info").contains("cluster_known_nodes:3"));
        }
        for (int i = 1; i < NODES; i++) {
            int node = i;
            eventually(
                    "it follows",
                    () -> call(node, "cluster", "replicate", nodeId(0)).equals("+OK"));
        }
        awaitReplicas();
        fill();
        awaitReplicas();
    }

    /** All nodes start with the other setting, over what they had. */
    @BeforeEach
    void takeOver(@TempDir Path directory) throws Exception {
        root = directory;
        try (Stream<Path> all = Files.walk(formed)) {
            for (Path each : (Iterable<Path>) all::iterator) {
                Path copy = directory.resolve(formed.relativize(each).toString());
                if (!Files.exists(copy)) {
                    Files.copy(each, copy);
                }
            }
        }
        for (int i = 0; i < NODES; i++) {
            start(i, true);
        }
        awaitReplicas();
        for (int i = 0; i < NODES; i++) {
            int node = i;
            eventually("up", () -> call(node, "cluster", "info").contains("cluster_state:ok"));
        }
    }

    @AfterEach
    void stop() {
        for (int i = 0; i < NODES; i++) {
            close(i);
        }
    }

    private String wholeCopies() throws Exception {
        return call(0, "info", "stats").replaceAll("(?s).*(sync_full:\\d+).*", "$1");
    }

    @Test
    void theShardGoesOnOverTheSameDataWhileClientsWrite() throws Exception {
        AtomicBoolean ends = new AtomicBoolean();
        CompletableFuture<Long> load = CompletableFuture.supplyAsync(() -> count(ends));
        try (RawClient kept = new RawClient(ports.get(0))) {
            assertThat(say(kept, "set", "kept", "1")).isEqualTo("+OK");
            assertThat(say(kept, "watch", "kept")).isEqualTo("+OK");
            to("raft");
            assertThat(say(kept, "multi")).isEqualTo("+OK");
            assertThat(say(kept, "set", "kept", "2")).isEqualTo("+QUEUED");
            assertThat(say(kept, "exec")).isEqualTo("*-1");
            eventually("it is written", () -> say(kept, "set", "kept", "3").equals("+OK"));
            assertThat(say(kept, "get", "kept")).isEqualTo("3");
        }
        ends.set(true);
        long acknowledged = load.get(WAIT_SECONDS, TimeUnit.SECONDS);
        assertThat(acknowledged).isPositive();
        assertThat(call(0, "get", "counter")).isEqualTo(Long.toString(acknowledged));
        assertThat(data(0).pauseMillis()).isNotNegative();
        sameEverywhere("counter", Long.toString(acknowledged));
        eventually("the base is replaced", () -> !GroupBase.isNewest(shard(0)) && !GroupBase.isNewest(shard(1)));
        eventually("the old log goes", () -> segments(0) == 0 && segments(1) == 0);
    }

    @Test
    void theShardGoesBackOverTheSameDataWhileClientsWrite() throws Exception {
        to("raft");
        // Copies of the time when the nodes started count too.
        String copies = wholeCopies();
        AtomicBoolean ends = new AtomicBoolean();
        CompletableFuture<Long> load = CompletableFuture.supplyAsync(() -> count(ends));
        try (RawClient kept = new RawClient(ports.get(0))) {
            eventually("it is written", () -> say(kept, "set", "kept", "1").equals("+OK"));
            to("gossip");
            eventually("it is written", () -> say(kept, "set", "kept", "2").equals("+OK"));
        }
        awaitReplicas();
        ends.set(true);
        long acknowledged = load.get(WAIT_SECONDS, TimeUnit.SECONDS);
        assertThat(call(0, "get", "counter")).isEqualTo(Long.toString(acknowledged));
        sameEverywhere("counter", Long.toString(acknowledged));
        assertThat(wholeCopies()).isEqualTo(copies);
        close(0);
        start(0, true);
        eventually("the data is there", () -> call(0, "get", "counter").equals(Long.toString(acknowledged)));
    }

    @Test
    void whatAnOldMapSaysTakesNoDataAway() throws Exception {
        to("raft");
        String shard = Objects.requireNonNull(
                        backend(1).raft().node().runtime().member().shard())
                .shardId();
        assertThatThrownBy(() -> get(data(1).toGossip(end("f".repeat(40)), true)))
                .hasMessageContaining("the node's replica is of shard " + shard);
        assertThatThrownBy(() -> get(data(1).toGossip(end(shard), true))).hasMessageContaining("gone on meanwhile");
        assertThat(data(1).isRaft()).isTrue();
        sameEverywhere("key:77", "value 77");
        to("gossip");
        DataSwitch.RaftStart old =
                new DataSwitch.RaftStart(shard, 5, 100, List.of(), new DataSwitch.Position("h", 1), nodeId(0));
        assertThatThrownBy(() -> get(data(1).toRaft(old))).hasMessageContaining("has left shard " + shard);
        sameEverywhere("key:77", "value 77");
    }

    private DataSwitch.GossipStart end(String shard) throws Exception {
        return new DataSwitch.GossipStart(shard, nodeId(0), 1, new DataSwitch.GossipEnd(1, "e".repeat(40), 1));
    }

    @Test
    void aNodeThatCannotFinishTheWayBackEndsAndDoesItWhenItStartsAgain() throws Exception {
        to("raft");
        eventually("it is written", () -> anyPrimary("set", "after", "1").equals("+OK"));
        // As a full disk: the word that the replica is void cannot be written.
        Path blocked = Files.createDirectory(shard(1).resolve("raft.left"));
        eventually(
                "it begins", () -> anyPrimary("cluster", "consensus", "gossip").equals("+OK"));
        eventually("node 1 ends", () -> processes.get(1).exitCode() != 0);
        close(1);
        Files.delete(blocked);
        start(1, true);
        eventually("node 1 is gossip", () -> !data(1).isRaft());
        sameEverywhere("after", "1");
    }

    @Test
    void allRestartFromTheBase() throws Exception {
        to("raft");
        eventually("it is written", () -> call(0, "set", "after", "1").equals("+OK"));
        // A whole copy of a shard that came from gossip mode.
        assertThat(Main.run("backup", "create", "127.0.0.1:" + ports.get(0), root + "/backup"))
                .isZero();
        for (int i = 0; i < NODES; i++) {
            close(i);
        }
        for (int i = 0; i < NODES; i++) {
            start(i, true);
        }
        eventually("the data is there", () -> anyPrimary("get", "after").equals("1"));
        sameEverywhere("after", "1");
        sameEverywhere("key:77", "value 77");
    }

    @Test
    void aSealHoldsOverARestartAndEndsWithTheAbort() throws Exception {
        DataSwitch.Position at = get(data(0).seal(7, 500));
        assertThat(get(data(1).reach(7, at))).isPositive();
        assertThat(call(0, "get", "key:77")).startsWith("-TRYAGAIN");
        close(0);
        start(0, true);
        assertThat(data(0).sealed()).isEqualTo(7);
        assertThat(call(0, "set", "key:77", "x")).startsWith("-");
        get(data(0).unseal(7));
        get(data(1).unseal(7));
        eventually("it goes on", () -> call(0, "set", "key:77", "x").equals("+OK"));
        awaitReplicas();
        DataSwitch.Position next = get(data(0).seal(8, 500));
        assertThat(get(data(1).reach(8, next))).isPositive();
        get(data(0).unseal(8));
    }

    private void to(String consensus) throws Exception {
        eventually(
                "it begins", () -> anyPrimary("cluster", "consensus", consensus).equals("+OK"));
        for (int i = 0; i < NODES; i++) {
            int node = i;
            boolean raft = consensus.equals("raft");
            eventually("node " + i + " is " + consensus, () -> data(node).isRaft() == raft);
        }
    }

    // ---- nodes

    private void start(int i, boolean capable) throws Exception {
        Path dir = root.resolve("n" + i);
        Files.createDirectories(dir);
        List<String> words = new ArrayList<>(List.of(
                "--port",
                ports.get(i).toString(),
                "--dir",
                dir.toString(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                "" + (ports.get(i) + 3_000),
                "--cluster-raft-port",
                "" + (ports.get(i) + 6_000),
                "--cluster-node-timeout",
                "2000",
                // A busy machine is no reason for an election between the test's calls.
                "--cluster-election-timeout",
                "2000",
                "--appendonly",
                "yes"));
        if (capable) {
            words.addAll(List.of("--cluster-consensus", "raft"));
        }
        Config config = Config.of(words.toArray(new String[0]));
        CairnProcess process = new CairnProcess(config, NodeKinds.of(config));
        processes.set(i, process);
        process.start();
    }

    private void close(int i) {
        CairnProcess process = processes.get(i);
        if (process != null) {
            process.close();
        }
        processes.set(i, null);
    }

    private RolloutBackend backend(int i) {
        return (RolloutBackend) processes.get(i).nodes().get(0).backend();
    }

    private DataSwitch data(int i) {
        return backend(i).data();
    }

    private Path shard(int i) {
        return root.resolve("n" + i).resolve(ports.get(i).toString()).resolve("shard");
    }

    private long segments(int i) throws IOException {
        try (var files = Files.list(shard(i))) {
            return files.filter(file ->
                            file.toString().endsWith(".seg") || file.toString().endsWith(".rdb"))
                    .count();
        }
    }

    // ---- clients

    private void fill() throws Exception {
        try (RawClient client = new RawClient(ports.get(0))) {
            for (int i = 0; i < 200; i++) {
                assertThat(say(client, "set", "key:" + i, "value " + i)).isEqualTo("+OK");
                say(client, "sadd", "set:" + i % 7, "m" + i, "" + i);
                say(client, "hset", "hash:" + i % 5, "f" + i, "v" + i);
                say(client, "zadd", "zset:" + i % 3, "" + i, "z" + i);
                say(client, "rpush", "list", "e" + i);
                say(client, "xadd", "stream", "*", "n", "" + i);
                say(client, "spop", "set:" + i % 7);
            }
            assertThat(say(client, "set", "soon", "gone", "px", "100000")).isEqualTo("+OK");
        }
    }

    /** Counts one up after the other until told to end; the number of acknowledged ones. An error that is surely no is no. */
    private long count(AtomicBoolean ends) {
        long acknowledged = 0;
        try (RawClient client = new RawClient(ports.get(0))) {
            while (!ends.get()) {
                String reply = say(client, "incr", "counter");
                if (reply.startsWith(":")) {
                    acknowledged++;
                } else if (reply.startsWith("-UNKNOWN")) {
                    throw new IllegalStateException(reply);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return acknowledged;
    }

    private void awaitReplicas() throws Exception {
        eventually("replicas are up", () -> {
            String info = call(0, "info", "replication");
            return info.contains("connected_slaves:2") && info.split("state=online", -1).length == 3;
        });
    }

    private String anyPrimary(String... words) throws Exception {
        for (int i = 0; i < NODES; i++) {
            String reply = call(i, words);
            if (!reply.startsWith("-")) {
                return reply;
            }
        }
        return "";
    }

    private void sameEverywhere(String key, String value) throws Exception {
        for (int i = 0; i < NODES; i++) {
            int node = i;
            eventually("node " + i + " has " + key, () -> {
                try (RawClient client = new RawClient(ports.get(node))) {
                    say(client, "readonly");
                    return say(client, "get", key).equals(value);
                }
            });
        }
    }

    private String nodeId(int i) throws Exception {
        return call(i, "cluster", "myid");
    }

    private String call(int i, String... words) throws Exception {
        try (RawClient client = new RawClient(ports.get(i))) {
            return say(client, words);
        }
    }

    /** A reply without its frame. */
    private static String say(RawClient client, String... words) throws IOException {
        String reply = client.call(words);
        if (reply.startsWith("$") && !reply.startsWith("$-1")) {
            return reply.substring(reply.indexOf('\n') + 1, reply.length() - 2);
        }
        return reply.strip();
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(WAIT_SECONDS, TimeUnit.SECONDS);
    }

    private static void eventually(String what, Callable<Boolean> is) throws Exception {
        long from = System.nanoTime();
        Function<Long, Boolean> late = since -> System.nanoTime() - since > TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!is.call()) {
            assertThat(late.apply(from)).as("too late: " + what).isFalse();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }
}
