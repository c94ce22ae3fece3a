package io.cairn.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.RedisCluster;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Timeouts;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisCluster;

/** Clients as people install them, against a raft cluster; {@code -Dcairn.target=redis} tries the test itself on Redis. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StockClientsIT {
    private static final int PORT = 21200;
    /** 10,000 in the long run: -Dcairn.keys=10000. */
    private static final int KEYS = Integer.getInteger("cairn.keys", 1_000);

    private static final int LETTUCE_BATCH = 500;
    private static final int TOOL_SECONDS = 120;
    private static final int PIPELINED_READS = 1_000;
    private static final int ORDERED_KEYS = 50;
    /** What an election does to clients is FaultsIT's subject; here none should come because the machine is busy. */
    private static final String CALM_MILLIS = "5000";

    private static final int ORDERED_CLIENTS = 4;
    private static final int ORDERED_READS = 5_000;

    private Path directory;
    private TestCluster cluster;

    @BeforeAll
    void startCluster(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path temporary) {
        directory = temporary;
        cluster = Target.isRedis()
                ? new RedisCluster(directory, PORT)
                : new CairnCluster(Distribution.find(), directory, PORT, "--cluster-election-timeout", CALM_MILLIS);
        ClusterState.awaitHealthy(cluster.nodes(), 60);
    }

    @AfterAll
    void stopCluster() {
        cluster.close();
    }

    @Test
    void jedisWritesAndReads() {
        Set<HostAndPort> nodes = cluster.nodes().stream()
                .map(node -> new HostAndPort(node.host(), node.port()))
                .collect(Collectors.toSet());
        try (JedisCluster jedis = new JedisCluster(nodes)) {
            for (int i = 0; i < KEYS; i++) {
                assertThat(jedis.set("jedis:" + i, "value-" + i)).isEqualTo("OK");
            }
            for (int i = 0; i < KEYS; i++) {
                assertThat(jedis.get("jedis:" + i)).isEqualTo("value-" + i);
            }
            assertThat(jedis.incrBy("jedis:counter", 5)).isEqualTo(5);
            jedis.mset("{jedis}a", "1", "{jedis}b", "2");
            assertThat(jedis.mget("{jedis}a", "{jedis}b")).containsExactly("1", "2");
            assertThat(jedis.del("jedis:0")).isEqualTo(1);
            assertThat(jedis.get("jedis:0")).isNull();
        }
    }

    @Test
    void lettuceWritesAndReads() throws Exception {
        List<RedisURI> seeds = cluster.nodes().stream()
                .map(node -> RedisURI.create(node.host(), node.port()))
                .toList();
        RedisClusterClient client = RedisClusterClient.create(seeds);
        try (StatefulRedisClusterConnection<String, String> connection = client.connect()) {
            var async = connection.async();
            for (int first = 0; first < KEYS; first += LETTUCE_BATCH) {
                List<RedisFuture<String>> batch = new ArrayList<>();
                for (int i = first; i < first + LETTUCE_BATCH; i++) {
                    batch.add(async.set("lettuce:" + i, "value-" + i));
                }
                await(batch);
                for (RedisFuture<String> reply : batch) {
                    assertThat(reply.get()).isEqualTo("OK");
                }
            }
            for (int first = 0; first < KEYS; first += LETTUCE_BATCH) {
                List<RedisFuture<String>> batch = new ArrayList<>();
                for (int i = first; i < first + LETTUCE_BATCH; i++) {
                    batch.add(async.get("lettuce:" + i));
                }
                await(batch);
                for (int i = 0; i < LETTUCE_BATCH; i++) {
                    assertThat(batch.get(i).get()).isEqualTo("value-" + (first + i));
                }
            }
            var sync = connection.sync();
            assertThat(sync.incr("lettuce:counter")).isEqualTo(1);
            assertThat(sync.dbsize()).isGreaterThanOrEqualTo(KEYS);
            assertThat(connection.getPartitions()).hasSize(cluster.nodes().size());
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
        }
    }

    @Test
    void redisPyWritesAndReads() throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/python3")), "no /usr/bin/python3");
        ServerProcess probe = tool("import", "/usr/bin/python3", "-c", "import redis.cluster");
        assumeTrue(probe.exitCode() == 0, "redis-py is not installed (Debian: python3-redis)");
        Path script = Path.of(Objects.requireNonNull(StockClientsIT.class.getResource("/redis_py_cluster.py"))
                .toURI());
        ServerProcess run = tool(
                "redis-py",
                "/usr/bin/python3",
                script.toString(),
                Integer.toString(cluster.nodes().get(0).port()),
                Integer.toString(KEYS));
        assertThat(run.exitCode()).as(run.output()).isZero();
    }

    @Test
    void redisCliFollowsRedirects() {
        assumeRedisCli();
        for (Address node : cluster.nodes()) {
            String key = "cli:" + node.port();
            assertThat(cli(node, "set", key, "v")).isEqualTo("OK");
            assertThat(cli(node, "get", key)).isEqualTo("v");
            assertThat(cli(node, "incr", key + ":n")).isEqualTo("1");
            assertThat(cli(node, "mset", "{t}a", "1", "{t}b", "2")).isEqualTo("OK");
            assertThat(cli(node, "mget", "{t}a", "{t}b")).isEqualTo("1\n2");
            assertThat(cli(node, "mset", "a", "1", "b", "2")).startsWith("CROSSSLOT ");
        }
    }

    @Test
    void redisCliSeesAWholeCluster() {
        assumeRedisCli();
        Address node = cluster.nodes().get(0);
        ServerProcess check = tool("check", "redis-cli", "--cluster", "check", node.toString());
        assertThat(check.output()).contains("[OK] All nodes agree about slots configuration.");
        assertThat(check.output()).contains("[OK] All 16384 slots covered.");
        assertThat(check.exitCode()).isZero();
    }

    @Test
    void watchedTransactionRunsOnlyWhenNothingChanged() throws Exception {
        String key = "tx:{w}";
        Address primary = Objects.requireNonNull(ClusterState.primaryOf(HashSlot.of(key), cluster.nodes()));
        try (RawClient one = RawClient.connect(primary, Timeouts.PATIENT);
                RawClient two = RawClient.connect(primary, Timeouts.PATIENT)) {
            one.call("SET", key, "1");
            one.call("WATCH", key);
            one.call("MULTI");
            assertThat(one.call("INCR", key).text()).isEqualTo("QUEUED");
            assertThat(one.call("SET", "{w}other", "x").text()).isEqualTo("QUEUED");
            assertThat(one.call("EXEC").items()).hasSize(2);
            one.call("WATCH", key);
            assertThat(two.call("SET", key, "changed").text()).isEqualTo("OK");
            one.call("MULTI");
            one.call("SET", key, "lost");
            assertThat(one.call("EXEC").text()).isEqualTo("(nil)");
            assertThat(two.call("GET", key).text()).isEqualTo("changed");
            one.call("MULTI");
            assertThat(one.call("NOSUCH").text()).startsWith("ERR unknown command");
            assertThat(one.call("EXEC").text()).startsWith("EXECABORT");
        }
    }

    /** Every request goes out in a packet of its own: rounds of reads overlap, and some log an expiry that they saw. */
    @Test
    void pipelinedReadsAreAnsweredInOrder() throws Exception {
        Address primary = Objects.requireNonNull(ClusterState.primaryOf(HashSlot.of("{order}"), cluster.nodes()));
        try (RawClient client = RawClient.connect(primary, Timeouts.PATIENT)) {
            for (int i = 0; i < ORDERED_KEYS; i++) {
                assertThat(client.call("SET", "{order}" + i, Integer.toString(i))
                                .text())
                        .isEqualTo("OK");
            }
        }
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (int c = 0; c < ORDERED_CLIENTS; c++) {
            String volatileKey = "{order}volatile" + c;
            clients.add(onThreadOfItsOwn(() -> readInOrder(primary, volatileKey)));
        }
        for (CompletableFuture<Void> each : clients) {
            each.get(TOOL_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** The common pool has one thread on two cores, and these tasks wait for each other. */
    private static CompletableFuture<Void> onThreadOfItsOwn(Runnable task) {
        return CompletableFuture.runAsync(task, command -> new Thread(command, "stock-client").start());
    }

    private static void readInOrder(Address primary, String volatileKey) {
        try (RawClient client = RawClient.connect(primary, Timeouts.PATIENT)) {
            CompletableFuture<Void> sender = onThreadOfItsOwn(() -> sendReads(client, volatileKey));
            for (int i = 0; i < ORDERED_READS; i++) {
                String reply = client.receive().text();
                if (i % ORDERED_KEYS == 0) {
                    assertThat(reply).as("SET number %d", i).isEqualTo("OK");
                } else if (i % ORDERED_KEYS % 5 == 0) {
                    assertThat(reply).as("GET number %d of a volatile key", i).isIn("(nil)", "volatile");
                } else {
                    assertThat(reply).as("GET number %d", i).isEqualTo(Integer.toString(i % ORDERED_KEYS));
                }
            }
            sender.join();
        } catch (NotSentException | OutcomeUnknownException e) {
            throw new CompletionException(e);
        }
    }

    private static void sendReads(RawClient client, String volatileKey) {
        try {
            for (int i = 0; i < ORDERED_READS; i++) {
                if (i % ORDERED_KEYS == 0) {
                    client.send(RawClient.words("SET", volatileKey, "volatile", "PX", "1"));
                } else if (i % ORDERED_KEYS % 5 == 0) {
                    client.send(RawClient.words("GET", volatileKey));
                } else {
                    client.send(RawClient.words("GET", "{order}" + i % ORDERED_KEYS));
                }
                client.flush();
                LockSupport.parkNanos(50_000);
            }
        } catch (OutcomeUnknownException e) {
            throw new CompletionException(e);
        }
    }

    /** More small arguments than fit into one entry of the log, then more replies than fit into memory at once. */
    @Test
    void aWriteOfManyArgumentsAndItsReadsPassThrough() throws Exception {
        byte[] value = new byte[250_000];
        Arrays.fill(value, (byte) 'x');
        byte[][] mset = new byte[1 + 2 * 140][];
        byte[][] mget = new byte[1 + 4][];
        mset[0] = "MSET".getBytes(UTF_8);
        mget[0] = "MGET".getBytes(UTF_8);
        for (int i = 0; i < 140; i++) {
            byte[] key = ("{many}" + i).getBytes(UTF_8);
            mset[1 + 2 * i] = key;
            mset[2 + 2 * i] = value;
            if (i < 4) {
                mget[1 + i] = key;
            }
        }
        Address primary = Objects.requireNonNull(ClusterState.primaryOf(HashSlot.of("{many}"), cluster.nodes()));
        try (RawClient client = RawClient.connect(primary, Timeouts.PATIENT);
                RawClient other = RawClient.connect(primary, Timeouts.PATIENT)) {
            for (int round = 0; round < 2; round++) {
                assertThat(client.call(mset).text()).isEqualTo("OK");
                assertThat(other.call("SET", "{many}other", "v").text()).isEqualTo("OK");
            }
            assertThat(client.call("STRLEN", "{many}139").number()).isEqualTo(value.length);
            CompletableFuture<Void> sender = onThreadOfItsOwn(() -> sendMany(client, mget));
            for (int i = 0; i < PIPELINED_READS; i++) {
                assertThat(client.receive().items()).as("reply %d", i).hasSize(4);
            }
            sender.join();
            assertThat(client.call("DEL", "{many}0").number()).isEqualTo(1);
            byte[][] tiny = new byte[1 + 2 * 500_000][];
            Arrays.fill(tiny, "{many}of-sixty-four-bytes-that-do-not-go-ahead-of-their-command-..".getBytes(UTF_8));
            tiny[0] = mset[0];
            String refusal = client.call(tiny).text();
            assertThat(refusal).startsWith(Target.isRedis() ? "OK" : "ERR the small arguments of one write exceed");
            assertThat(other.call("SET", "{many}other", "w").text()).isEqualTo("OK");
        }
    }

    private static void sendMany(RawClient client, byte[][] command) {
        try {
            for (int i = 0; i < PIPELINED_READS; i++) {
                client.send(command);
            }
            client.flush();
        } catch (OutcomeUnknownException e) {
            throw new CompletionException(e);
        }
    }

    @Test
    void aReplicaRunsBlocksThatOnlyRead() throws Exception {
        String key = "{block}";
        Address primary = Objects.requireNonNull(ClusterState.primaryOf(HashSlot.of(key), cluster.nodes()));
        try (RawClient client = RawClient.connect(primary, Timeouts.PATIENT)) {
            assertThat(client.call("SET", key, "v").text()).isEqualTo("OK");
        }
        ClusterState.awaitCaughtUp(cluster.nodes(), 60);
        int replicas = 0;
        for (Address node : cluster.nodes()) {
            try (RawClient client = RawClient.connect(node, Timeouts.PATIENT)) {
                client.call("MULTI");
                assertThat(client.call("PING").text()).isEqualTo("QUEUED");
                assertThat(client.call("EXEC").items()).as("%s", node).hasSize(1);
                client.call("READONLY");
                if (node.equals(primary) || client.call("GET", key).failed()) {
                    continue;
                }
                replicas++;
                client.call("MULTI");
                assertThat(client.call("GET", key).text()).isEqualTo("QUEUED");
                assertThat(client.call("EXEC").items().get(0).text()).isEqualTo("v");
                client.call("MULTI");
                assertThat(client.call("SET", key, "w").text()).startsWith("MOVED ");
                assertThat(client.call("EXEC").text()).startsWith("EXECABORT ");
            }
        }
        assertThat(replicas).isEqualTo(2);
    }

    /**
     * SAFETY 4: no later leader may see the key again, so the first read that finds it expired logs the time it saw,
     * and the key's removal.
     */
    @Test
    void aReadThatSeesAnExpiryLogsIt() throws Exception {
        assumeTrue(!Target.isRedis(), "Redis logs no reads");
        String key = "{tick}";
        Address primary = Objects.requireNonNull(ClusterState.primaryOf(HashSlot.of(key), cluster.nodes()));
        try (RawClient client = RawClient.connect(primary, Timeouts.PATIENT)) {
            client.call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
            long keys = client.call("DBSIZE").number();
            client.call("SET", key, "v", "PX", "20");
            Thread.sleep(50);
            long before = appliedIndex(client);
            assertThat(client.call("GET", key).text()).isEqualTo("(nil)");
            assertThat(appliedIndex(client)).isEqualTo(before + 1);
            assertThat(client.call("GET", key).text()).isEqualTo("(nil)");
            assertThat(appliedIndex(client)).isEqualTo(before + 1);
            assertThat(client.call("DBSIZE").number()).isEqualTo(keys);
            assertThat(client.call("DEBUG", "SET-ACTIVE-EXPIRE", "1").text()).isEqualTo("OK");
        }
    }

    private static long appliedIndex(RawClient client) throws OutcomeUnknownException {
        Matcher matcher = Pattern.compile("cluster_shard_applied_index:(\\d+)")
                .matcher(client.call("CLUSTER", "INFO").text());
        assertThat(matcher.find()).isTrue();
        return Long.parseLong(matcher.group(1));
    }

    @Test
    void redisCliRunsATransaction() throws Exception {
        assumeRedisCli();
        String key = "cli:{m}";
        Address primary = Objects.requireNonNull(ClusterState.primaryOf(HashSlot.of(key), cluster.nodes()));
        Path input = Files.writeString(
                directory.resolve("transaction.txt"),
                "watch %1$s\nmulti\nset %1$s 7\nincr %1$s\nget %1$s\nexec\n".formatted(key));
        ServerProcess run = tool("transaction", "sh", "-c", "redis-cli -c -p %d < %s".formatted(primary.port(), input));
        assertThat(run.output().strip().split("\n")).endsWith("OK", "8", "8");
    }

    @Tag("long")
    @Test
    void valueOf100MegabytesGoesThroughRaft() throws Exception {
        String key = "value-of-100-megabytes";
        Address primary = Objects.requireNonNull(ClusterState.primaryOf(HashSlot.of(key), cluster.nodes()));
        try (RawClient client = RawClient.connect(primary, new Timeouts(2_000, 60_000))) {
            BigValue.setAndCheck(client, key, BigValue.make(100 << 20));
            assertThat(client.call("DEL", key).number()).isEqualTo(1);
        }
        ClusterState.awaitHealthy(cluster.nodes(), 60);
    }

    /** docs/metrics.md names every series that a cluster exports, and no other. */
    @Test
    void theMetricsPageNamesWhatIsExported() throws Exception {
        assumeTrue(cluster instanceof CairnCluster, "real Redis exports no metrics");
        CairnCluster cairn = (CairnCluster) cluster;
        try (RawClient client = RawClient.connect(cluster.nodes().get(0), Timeouts.PATIENT)) {
            assertThat(client.call("GET").text()).startsWith("ERR wrong number of arguments");
        }
        Set<String> exported = new TreeSet<>();
        for (int process = 0; process < cairn.processes(); process++) {
            try (InputStream page = URI.create("http://" + cairn.admin(process) + "/metrics")
                    .toURL()
                    .openStream()) {
                names("(?m)^# TYPE (cairn_\\w+) ", new String(page.readAllBytes(), UTF_8), exported);
            }
        }
        // Micrometer adds the largest of late to every timer.
        exported.removeIf(name -> name.endsWith("_max"));
        Set<String> documented = new TreeSet<>();
        names("`(cairn_\\w+)`", Files.readString(Path.of("..", "docs", "metrics.md")), documented);
        assertThat(exported).containsExactlyInAnyOrderElementsOf(documented);
    }

    private static void names(String pattern, String text, Set<String> to) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        while (matcher.find()) {
            to.add(Objects.requireNonNull(matcher.group(1)));
        }
    }

    private String cli(Address node, String... words) {
        List<String> command = new ArrayList<>(List.of("redis-cli", "-c", "-p", Integer.toString(node.port())));
        command.addAll(Arrays.asList(words));
        ServerProcess run = tool("cli-" + System.nanoTime(), command.toArray(String[]::new));
        return run.output().strip();
    }

    private ServerProcess tool(String name, String... command) {
        ServerProcess run = ServerProcess.start(List.of(command), directory, directory.resolve(name + ".log"));
        assertThat(run.awaitExit(TOOL_SECONDS)).as(name + " ends").isTrue();
        run.close();
        return run;
    }

    private static void await(List<RedisFuture<String>> batch) {
        assertThat(LettuceFutures.awaitAll(Duration.ofSeconds(30), batch.toArray(RedisFuture[]::new)))
                .isTrue();
    }

    private static void assumeRedisCli() {
        assumeTrue(Tools.onPath("redis-cli"), "redis-cli is not installed (Debian: redis-tools)");
    }
}
