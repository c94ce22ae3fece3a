package io.cairn.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.cli.Main;
import io.cairn.rdb.FieldExpiryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** MIGRATE and import in raft mode: a shard of three replicas, three shards in another cluster, redis-server and a standalone node. */
class RaftRoundTripIT {
    private static final int ONE_SHARD = 20_801;
    private static final int THREE_SHARDS = 20_811;
    private static final int MOVES = 60;
    private static final String FAR = "4000000000000";

    @TempDir
    private static Path directory;

    private static RaftCluster replicated;
    private static RaftCluster sharded;

    @BeforeAll
    static void form() throws Exception {
        replicated = RaftCluster.form(directory.resolve("replicated"), ONE_SHARD, 2);
        sharded = RaftCluster.form(directory.resolve("sharded"), THREE_SHARDS, 0);
    }

    @AfterAll
    static void stop() {
        if (replicated != null) {
            replicated.close();
        }
        if (sharded != null) {
            sharded.close();
        }
    }

    /** Runs a command somewhere. */
    @FunctionalInterface
    private interface Server {
        String run(String... words) throws IOException;
    }

    private static String migrate(Server from, int port, String key) throws IOException {
        return from.run("migrate", "127.0.0.1", Integer.toString(port), key, "0", "10000");
    }

    private static String text(String reply) {
        return reply.split("\r\n", -1)[1];
    }

    /** Each acknowledged increment is in one of the values that were moved, or still here. */
    @Test
    void noIncrementIsLostBetweenTwoClusters() throws Exception {
        try (RaftCluster.Client target = sharded.client()) {
            increments(target::run, target.owner("counter"));
        }
    }

    @Test
    void noIncrementIsLostOnTheWayToRedis() throws Exception {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to go to");
        try (RedisProcess redis = RedisProcess.start(directory)) {
            increments(redis::run, redis.port);
        }
    }

    /** What a write came to; on a busy machine another node may lead at any time. */
    private enum Fate {
        DONE,
        NOT_DONE,
        UNKNOWN;

        static Fate of(String reply, String good) {
            if (reply.startsWith(good)) {
                return DONE;
            }
            if (reply.startsWith("-UNKNOWNOUTCOME")) {
                return UNKNOWN;
            }
            assertThat(reply).containsPattern("^-(CLUSTERDOWN|MOVED|TRYAGAIN|EXECABORT|READONLY|UNBLOCKED)");
            return NOT_DONE;
        }
    }

    /** How often somebody wrote, surely and perhaps. */
    private record Written(long surely, long perhaps) {}

    /**
     * Moves a key, as a client has to: what the target has of a move that failed is not the key's value.
     *
     * @return DONE also when there was nothing to move
     */
    private static Fate move(Server from, Server target, int targetPort, String key) throws IOException {
        String reply = migrate(from, targetPort, key);
        Fate fate = Fate.of(reply, "+");
        if (fate == Fate.NOT_DONE) {
            target.run("del", key);
        }
        return fate;
    }

    private static void increments(Server target, int targetPort) throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService writers = Executors.newFixedThreadPool(4);
        List<Future<Written>> counts = new ArrayList<>();
        try (RaftCluster.Client client = replicated.client()) {
            client.line("del counter");
            for (int i = 0; i < 4; i++) {
                int kind = i;
                counts.add(writers.submit(() -> increment(stop, kind)));
            }
            long sum = 0;
            long perhaps = 0;
            int moves = 0;
            int failures = 0;
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (moves < MOVES && System.nanoTime() < deadline) {
                Fate fate = move(client::run, target, targetPort, "counter");
                String value = target.run("getdel", "counter");
                long moved = value.startsWith("$-1") ? 0 : Long.parseLong(text(value));
                if (fate == Fate.DONE) {
                    sum += moved;
                } else {
                    perhaps += moved;
                    failures++;
                }
                moves += fate == Fate.DONE && moved > 0 ? 1 : 0;
            }
            stop.set(true);
            long written = 0;
            long writtenPerhaps = 0;
            for (Future<Written> count : counts) {
                written += count.get(60, TimeUnit.SECONDS).surely();
                writtenPerhaps += count.get().perhaps();
            }
            String rest = client.line("getdel counter");
            sum += rest.startsWith("$-1") ? 0 : Long.parseLong(text(rest));
            assertThat(moves).isGreaterThan(5);
            assertThat(failures).as("moves that failed").isLessThan(moves);
            assertThat(sum).isBetween(written - perhaps, written + writtenPerhaps);
        } finally {
            stop.set(true);
            writers.shutdown();
        }
    }

    private static Written increment(AtomicBoolean stop, int kind) throws Exception {
        long done = 0;
        long perhaps = 0;
        try (RaftCluster.Client client = replicated.client()) {
            while (!stop.get()) {
                Fate fate;
                switch (kind) {
                    case 0 -> {
                        RespConnection one = client.at(client.port());
                        one.line("multi");
                        one.line("incr counter");
                        fate = Fate.of(one.line("exec"), "*1");
                        if (fate != Fate.DONE) {
                            client.line("exists counter"); // Finds who leads.
                        }
                    }
                    case 1 ->
                        fate = Fate.of(client.run("eval", "return redis.call('incr', KEYS[1])", "1", "counter"), ":");
                    default -> fate = Fate.of(client.line("incr counter"), ":");
                }
                done += fate == Fate.DONE ? 1 : 0;
                perhaps += fate == Fate.UNKNOWN ? 1 : 0;
            }
        }
        return new Written(done, perhaps);
    }

    /** Clients that wait for a list which is moved away: each element is taken once, moved once, or still here. */
    @Test
    void elementsAreTakenOrMovedButNotBoth() throws Exception {
        try (RaftCluster.Client source = replicated.client();
                RaftCluster.Client target = sharded.client()) {
            source.line("del queue");
            elements(source::run, () -> replicatedClient()::run, target::run, target.owner("queue"));
        }
    }

    @Test
    void elementsOfAStandaloneNodeAreTakenOrMovedButNotBoth() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory.resolve("standalone"));
                RespConnection source = cairn.connect();
                RaftCluster.Client target = sharded.client()) {
            elements(source::run, () -> cairn.connect()::run, target::run, target.owner("queue"));
        }
    }

    private static RaftCluster.Client replicatedClient() {
        return replicated.client();
    }

    private static void elements(Server source, Callable<Server> connect, Server target, int targetPort)
            throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        Queue<String> taken = new ConcurrentLinkedQueue<>();
        Queue<String> pushed = new ConcurrentLinkedQueue<>();
        Queue<String> perhapsPushed = new ConcurrentLinkedQueue<>();
        AtomicInteger perhapsTaken = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            String name = "p" + i + "-";
            all.add(threads.submit(() -> {
                Server client = connect.call();
                for (int n = 0; !stop.get(); n++) {
                    switch (Fate.of(client.run("rpush", "queue", name + n, name + n + "b"), ":")) {
                        case DONE -> pushed.addAll(List.of(name + n, name + n + "b"));
                        case UNKNOWN -> perhapsPushed.addAll(List.of(name + n, name + n + "b"));
                        case NOT_DONE -> {}
                    }
                }
                return null;
            }));
            all.add(threads.submit(() -> {
                while (!stop.get()) {
                    try {
                        take(connect.call(), stop, taken, perhapsTaken);
                    } catch (IOException e) {
                        perhapsTaken.incrementAndGet();
                    }
                }
                return null;
            }));
        }
        List<String> found = new ArrayList<>();
        int perhapsMoved = 0;
        try {
            int moves = 0;
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (moves < MOVES && System.nanoTime() < deadline) {
                Fate fate = move(source, target, targetPort, "queue");
                int before = found.size();
                drain(target, found);
                if (fate == Fate.UNKNOWN) {
                    perhapsMoved += found.size() - before;
                    found.subList(before, found.size()).clear();
                }
                moves += found.size() > before ? 1 : 0;
            }
            assertThat(moves).isGreaterThan(5);
        } finally {
            stop.set(true);
            threads.shutdown();
        }
        for (Future<?> future : all) {
            future.get(60, TimeUnit.SECONDS);
        }
        drain(source, found);
        found.addAll(taken);
        Set<String> once = new HashSet<>(found);
        assertThat(once).as("no element twice").hasSameSizeAs(found);
        Set<String> lost = new HashSet<>(pushed);
        lost.removeAll(once);
        assertThat(lost).hasSizeLessThanOrEqualTo(perhapsTaken.get() + perhapsMoved);
        once.removeAll(new HashSet<>(pushed));
        assertThat(new HashSet<>(perhapsPushed)).containsAll(once);
    }

    /** Takes elements until the node leads no more. */
    private static void take(Server client, AtomicBoolean stop, Queue<String> taken, AtomicInteger perhaps)
            throws IOException {
        while (!stop.get()) {
            String reply = client.run("blpop", "queue", "0.1");
            if (reply.startsWith("*-1")) {
                continue;
            }
            Fate fate = Fate.of(reply, "*2");
            if (fate == Fate.DONE) {
                taken.add(String.valueOf(((List<?>) Objects.requireNonNull(RespConnection.parse(reply))).get(1)));
            } else {
                perhaps.addAndGet(fate == Fate.UNKNOWN ? 1 : 0);
                return;
            }
        }
    }

    private static void drain(Server from, List<String> to) throws IOException {
        String reply = from.run("lrange", "queue", "0", "-1");
        for (int i = 0; i < 500 && reply.startsWith("-"); i++) {
            reply = from.run("lrange", "queue", "0", "-1");
        }
        ((List<?>) Objects.requireNonNull(RespConnection.parse(reply)))
                .forEach(element -> to.add(String.valueOf(element)));
        from.run("del", "queue");
    }

    @Test
    void importToThreeShards() throws Exception {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to come from");
        Path from = Files.createDirectory(directory.resolve("redis"));
        try (RedisProcess redis = RedisProcess.start(from);
                RaftCluster.Client client = sharded.client()) {
            RandomData.Data data = RandomData.of(600);
            for (List<byte[]> command : data.commands()) {
                assertThat(redis.run(command)).doesNotStartWith("-");
            }
            redis.run(
                    "function",
                    "load",
                    "#!lua name=mylib\nredis.register_function('seven', function() return 7 end)\n");
            redis.run("save");
            String file = from.resolve("dump.rdb").toString();
            String port = Integer.toString(sharded.firstPort);
            assertThat(Main.run("import", file, "-p", port, "-q", "--piece-size", "1"))
                    .isEqualTo(0);
            Set<Integer> owners = new HashSet<>();
            for (String key : data.keys()) {
                assertThat(digest(client, key)).as(key).isEqualTo(redis.run("debug", "digest-value", key));
                assertThat(client.run("pexpiretime", key)).as(key).isEqualTo(redis.run("pexpiretime", key));
                owners.add(client.port());
            }
            assertThat(owners).hasSize(RaftCluster.NODES);
            for (int owner : owners) {
                assertThat(client.at(owner).line("fcall seven 0")).isEqualTo(":7\r\n");
            }
            assertThat(Main.run("import", file, "-p", port, "-q")).isEqualTo(1);
            assertThat(Main.run("import", file, "-p", port, "-q", "--replace")).isEqualTo(0);
            for (String key : data.keys()) {
                assertThat(digest(client, key)).as(key).isEqualTo(redis.run("debug", "digest-value", key));
            }
        }
    }

    private static String digest(RaftCluster.Client client, String key) throws IOException {
        return client.at(client.owner(key))
                .run(List.of(
                        "debug".getBytes(ISO_8859_1), "digest-value".getBytes(ISO_8859_1), key.getBytes(ISO_8859_1)));
    }

    /** What a refused MIGRATE noted down for itself gives it no right to the target's keys. */
    @Test
    void aKeyOfTheTargetIsNeitherReplacedNorDeletedUnasked() throws Exception {
        try (CairnServer target = CairnServer.start(directory.resolve("busy"), "--save", "");
                RespConnection theirs = target.connect();
                RaftCluster.Client client = sharded.client()) {
            theirs.line("set busy theirs");
            client.line("set busy ours");
            Server owner = client.at(client.owner("busy"))::run;
            for (int i = 0; i < 2; i++) {
                assertThat(migrate(owner, target.port, "busy"))
                        .startsWith("-ERR Target instance replied with error: BUSYKEY");
            }
            assertThat(client.line("del busy")).isEqualTo(":1\r\n");
            assertThat(migrate(owner, target.port, "busy")).isEqualTo("+NOKEY\r\n");
            assertThat(theirs.line("get busy")).isEqualTo("$6\r\ntheirs\r\n");
        }
    }

    /** Hashes with fields that expire go by file and import; DUMP and MIGRATE, whose form cannot hold them, say so. */
    @Test
    void fieldsThatExpire() throws Exception {
        String refusal = "-ERR " + FieldExpiryException.TEXT;
        Path home = directory.resolve("fields");
        try (CairnServer cairn = CairnServer.start(home, "--appendonly", "yes");
                RespConnection ours = cairn.connect();
                RaftCluster.Client client = sharded.client()) {
            ours.line("hset hash a 1 b 2 c 3");
            ours.line("hpexpireat hash " + FAR + " fields 2 a c");
            ours.line("hset gone a 1");
            ours.line("hset plain a 1");
            int port = client.owner("plain");
            assertThat(migrate(ours::run, port, "hash")).startsWith(refusal);
            assertThat(ours.run(
                            "migrate", "127.0.0.1", Integer.toString(port), "", "0", "5000", "keys", "hash", "plain"))
                    .startsWith(refusal);
            assertThat(ours.line("exists hash")).isEqualTo(":1\r\n");
            assertThat(ours.line("exists plain")).as("the other went").isEqualTo(":0\r\n");
            assertThat(client.line("hget plain a")).isEqualTo("$1\r\n1\r\n");
            assertThat(ours.line("debug reload")).startsWith(refusal);
            assertThat(ours.line("debug loadaof")).isEqualTo("+OK\r\n");
            ours.line("config set rdb-form 7.4");
            assertThat(ours.line("debug reload")).isEqualTo("+OK\r\n");
            assertThat(ours.line("hpexpiretime hash fields 3 a b c"))
                    .isEqualTo("*3\r\n:" + FAR + "\r\n:-1\r\n:" + FAR + "\r\n");
            // All fields of one are expired when it is imported.
            ours.line("debug set-active-expire 0");
            ours.line("hpexpire gone 100 fields 1 a");
            ours.line("save");
            Thread.sleep(150); // The field expires by the clock.
            String file = home.resolve(Integer.toString(cairn.port))
                    .resolve("dump.rdb")
                    .toString();
            assertThat(Main.run("import", file, "-p", Integer.toString(sharded.firstPort), "-q"))
                    .isEqualTo(0);
            assertThat(client.line("hmget hash a b c")).isEqualTo(ours.line("hmget hash a b c"));
            assertThat(client.line("hpexpiretime hash fields 3 a b c"))
                    .isEqualTo("*3\r\n:" + FAR + "\r\n:-1\r\n:" + FAR + "\r\n");
            assertThat(client.line("exists gone")).isEqualTo(":0\r\n");
            assertThat(client.at(client.owner("hash")).line("debug reload")).isEqualTo("+OK\r\n");
            assertThat(client.line("hpexpiretime hash fields 3 a b c"))
                    .isEqualTo("*3\r\n:" + FAR + "\r\n:-1\r\n:" + FAR + "\r\n");
            assertThat(migrate(client::run, cairn.port, "hash")).startsWith(refusal);
        }
    }
}
