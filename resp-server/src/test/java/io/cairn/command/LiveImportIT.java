package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.cli.Main;
import io.cairn.keyspace.Slots;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code cairn import --live} from real Redis that is written to, through broken links: each command arrives once. */
class LiveImportIT {
    private static final long WAIT_NANOS = 60_000_000_000L;
    private static final int CUTS = 4;
    private static final int COUNTERS = 12;

    @TempDir
    private Path directory;

    @BeforeEach
    void needsRedis() {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine");
    }

    private static void eventually(String what, Callable<Boolean> holds) throws Exception {
        long end = System.nanoTime() + WAIT_NANOS;
        while (!holds.call()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(5_000_000);
        }
    }

    private static CompletableFuture<Integer> importing(String... words) {
        List<String> all = new ArrayList<>(List.of("import", "-q", "--until-caught-up"));
        all.addAll(List.of(words));
        return CompletableFuture.supplyAsync(() -> Main.run(all.toArray(new String[0])));
    }

    /** Commands that do not do the same when they are run twice, or in another order. */
    private static void write(RespConnection source, int i) throws IOException {
        source.run("incr", "{a}n" + i % COUNTERS);
        source.run("rpush", "{a}list", "v" + i);
        source.run("append", "{a}text", "" + i % 10);
        source.run("xadd", "{a}stream", "maxlen", "~", "20", "limit", "100", "*", "limit", "" + i);
        if (i % 3 == 0) {
            source.run("lpop", "{a}list");
            source.run("multi");
            source.run("incrby", "{a}x", "2");
            source.run("decr", "{a}y");
            source.run("exec");
        }
        if (i % 7 == 0) {
            source.run("set", "{a}gone" + i, "v", "px", "20");
            source.run("zincrby", "{a}z", "1.5", "m" + i % 5);
            source.run("eval", "return redis.call('hincrby', KEYS[1], 'f', 1)", "1", "{a}hash");
        }
    }

    @Test
    void aServerIsTakenOverWithAllItsDatabasesThroughCutsOnBothSides() throws Exception {
        try (RedisProcess redis = RedisProcess.start(directory);
                RespConnection source = new RespConnection(redis.port);
                CutLink from = new CutLink(redis.port);
                CairnServer cairn = CairnServer.start(directory.resolve("cairn"));
                RespConnection target = cairn.connect();
                CutLink to = new CutLink(cairn.port)) {
            redis.run("config", "set", "repl-diskless-sync-delay", "0");
            redis.run("function", "load", "#!lua name=lib\nredis.register_function('f', function() return 1 end)");
            write(source, 0);
            CompletableFuture<Integer> import1 = importing("--live", "127.0.0.1:" + from.port(), "-p", "" + to.port());
            int i = 1;
            while (!target.run("exists", "{a}list").equals(":1\r\n")) {
                write(source, i++);
            }
            for (int cut = 0; cut < CUTS; cut++) {
                for (int end = i + 150; i < end; i++) {
                    source.run("select", i % 50 < 10 ? "3" : "0");
                    write(source, i);
                }
                (cut % 2 == 0 ? to : from).cut();
            }
            source.run("select", "5");
            source.run("set", "gone", "v");
            source.run("flushdb");
            source.run("function", "load", "#!lua name=more\nredis.register_function('g', function() return 2 end)");
            assertThat(import1.get(60, TimeUnit.SECONDS)).isZero();
            source.run("debug", "set-active-expire", "0");
            eventually("what expires is gone", () -> {
                for (String database : List.of("0", "3")) {
                    source.run("select", database);
                    target.run("select", database);
                    source.run("keys", "*"); // Redis deletes what a command meets.
                    source.run("eval", "for _,k in ipairs(redis.call('keys','*')) do redis.call('exists',k) end", "0");
                }
                return redis.run("debug", "digest").equals(target.run("debug", "digest"));
            });
            assertThat(target.run("function", "list")).contains("more").contains("lib");
        }
    }

    /** Three primaries of Redis Cluster, each with a third of the slots. */
    private static final class RedisCluster implements AutoCloseable {
        private final List<Process> processes = new ArrayList<>();
        final List<Integer> ports = new ArrayList<>();

        RedisCluster(Path directory) throws Exception {
            for (int i = 0; i < 3; i++) {
                Path own = Files.createDirectories(directory.resolve("redis" + i));
                int port = RedisProcess.freePort();
                ports.add(port);
                processes.add(new ProcessBuilder(
                                "redis-server",
                                "--port",
                                "" + port,
                                "--bind",
                                "127.0.0.1",
                                "--save",
                                "",
                                "--cluster-enabled",
                                "yes",
                                "--cluster-port",
                                "" + (port + 40 + i),
                                "--repl-diskless-sync-delay",
                                "0",
                                "--dir",
                                own.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(own.resolve("log").toFile())
                        .start());
                eventually("it listens", () -> {
                    try (RespConnection node = new RespConnection(port)) {
                        return node.run("ping").equals("+PONG\r\n");
                    } catch (IOException e) {
                        return false;
                    }
                });
                try (RespConnection node = new RespConnection(port)) {
                    int first = Slots.COUNT * i / 3;
                    int last = Slots.COUNT * (i + 1) / 3 - 1;
                    assertThat(node.run("cluster", "addslotsrange", "" + first, "" + last))
                            .isEqualTo("+OK\r\n");
                    node.run("cluster", "set-config-epoch", "" + (i + 1));
                    if (i > 0) {
                        node.run("cluster", "meet", "127.0.0.1", "" + ports.get(0), "" + (ports.get(0) + 40));
                    }
                }
            }
            for (int port : ports) {
                try (RespConnection node = new RespConnection(port)) {
                    eventually(
                            "one cluster",
                            () -> node.run("cluster", "info").contains("cluster_state:ok")
                                    && node.run("cluster", "info").contains("cluster_known_nodes:3"));
                }
            }
        }

        @Override
        public void close() {
            for (Process process : processes) {
                process.destroyForcibly().onExit().join();
            }
        }
    }

    @Test
    void theCountersOfARedisClusterAreThoseOfARaftClusterInTheEnd() throws Exception {
        try (RedisCluster redis = new RedisCluster(directory);
                RaftCluster raft = RaftCluster.form(directory.resolve("raft"), RedisProcess.freePort() + 60, 0)) {
            AtomicBoolean stop = new AtomicBoolean();
            List<CompletableFuture<long[]>> load = new ArrayList<>();
            for (int node = 0; node < 3; node++) {
                int third = node;
                load.add(CompletableFuture.supplyAsync(() -> count(redis.ports.get(third), third, stop)));
            }
            CompletableFuture<Integer> import1 =
                    importing("--live", "127.0.0.1:" + redis.ports.get(1), "-p", "" + raft.firstPort);
            LockSupport.parkNanos(3_000_000_000L); // Of load; how much comes of it is not asked.
            stop.set(true);
            for (CompletableFuture<long[]> each : load) {
                each.get(30, TimeUnit.SECONDS);
            }
            assertThat(import1.get(60, TimeUnit.SECONDS)).isZero();
            long there = 0;
            try (RaftCluster.Client client = raft.client()) {
                for (int node = 0; node < 3; node++) {
                    long[] counted = load.get(node).get();
                    for (int i = 0; i < COUNTERS; i++) {
                        String key = key(node, i);
                        assertThat(client.run("get", key)).as(key).endsWith("\r\n" + counted[i] + "\r\n");
                    }
                    String size = client.at(raft.firstPort + node).run("dbsize");
                    there += Long.parseLong(size.substring(1).strip());
                }
            }
            assertThat(there).as("and nothing of the import's own").isEqualTo(3L * COUNTERS);
        }
    }

    /** A key of one of the nodes. */
    private static String key(int node, int number) {
        for (int i = 0; ; i++) {
            String key = "count:" + number + ":" + i;
            int slot = Slots.of(key.getBytes(StandardCharsets.US_ASCII));
            if (slot >= Slots.COUNT * node / 3 && slot < Slots.COUNT * (node + 1) / 3) {
                return key;
            }
        }
    }

    private static long[] count(int port, int node, AtomicBoolean stop) {
        long[] counted = new long[COUNTERS];
        try (RespConnection client = new RespConnection(port)) {
            String[] keys = new String[COUNTERS];
            for (int i = 0; i < COUNTERS; i++) {
                keys[i] = key(node, i);
            }
            for (int i = 0; !stop.get() || i < COUNTERS; i++) {
                assertThat(client.run("incr", keys[i % COUNTERS])).startsWith(":");
                counted[i % COUNTERS]++;
                LockSupport.parkNanos(1_000_000); // As many as a slow disk takes in time, too.
            }
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return counted;
    }
}
