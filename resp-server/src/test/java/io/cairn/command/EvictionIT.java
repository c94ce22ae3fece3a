package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.config.Config;
import io.cairn.server.CairnProcess;
import io.cairn.server.NodeKinds;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** maxmemory on a whole server. */
class EvictionIT {
    private static final int KEYS = 2000;
    private static final String VALUE = "v".repeat(500);
    /** A table of the index that grows takes so much at once. */
    private static final long SLACK = 64 * 1024;

    @TempDir
    private Path directory;

    private static long info(RespConnection on, String field) throws Exception {
        String text = on.run("info", "everything");
        int at = text.indexOf("\n" + field + ":") + field.length() + 2;
        return Long.parseLong(text.substring(at, text.indexOf('\r', at)));
    }

    private static void fill(RespConnection on, String prefix, int keys) throws Exception {
        for (int first = 0; first < keys; first += 50) {
            int last = Math.min(keys, first + 50);
            for (int i = first; i < last; i++) {
                on.send(words("set", prefix + i, VALUE, "ex", Integer.toString(1000 + i)));
            }
            for (int i = first; i < last; i++) {
                assertThat(on.receive()).isEqualTo("+OK\r\n");
            }
        }
    }

    private static List<byte[]> words(String... words) {
        List<byte[]> bytes = new ArrayList<>();
        for (String word : words) {
            bytes.add(word.getBytes(StandardCharsets.ISO_8859_1));
        }
        return bytes;
    }

    /** Runs a command for each key from one to another, all sent at once. */
    private static List<String> each(RespConnection on, String command, String prefix, int from, int to)
            throws Exception {
        for (int i = from; i < to; i++) {
            on.send(words(command, prefix + i));
        }
        List<String> answers = new ArrayList<>();
        for (int i = from; i < to; i++) {
            answers.add(on.receive());
        }
        return answers;
    }

    private static void limit(RespConnection on, String policy, long bytes) throws Exception {
        assertThat(on.run(
                        "config",
                        "set",
                        "maxmemory",
                        Long.toString(bytes),
                        "maxmemory-policy",
                        policy,
                        "maxmemory-samples",
                        "10"))
                .isEqualTo("+OK\r\n");
    }

    private static int there(RespConnection on, String prefix, int from, int to) throws Exception {
        return Collections.frequency(each(on, "exists", prefix, from, to), ":1\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "allkeys-lru",
                "allkeys-lfu",
                "allkeys-random",
                "volatile-lru",
                "volatile-lfu",
                "volatile-random",
                "volatile-ttl"
            })
    void memoryStaysAtItsBoundAndEveryKeyThatGoesIsTold(String policy) throws Exception {
        AtomicInteger evicted = new AtomicInteger();
        AtomicInteger deleted = new AtomicInteger();
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            cairn.listener((database, type, name, key, length) -> {
                evicted.addAndGet(name.equals("evicted") && type == 'e' ? 1 : 0);
                deleted.addAndGet(name.equals("del") ? 1 : 0);
            });
            fill(ours, "k", KEYS);
            long limit = info(ours, "used_memory") / 2;
            ours.run("flushall");
            limit(ours, policy, limit);
            for (int part = 0; part < KEYS; part += 100) {
                fill(ours, "k" + part + ":", 100);
                assertThat(info(ours, "used_memory")).isLessThan(limit + SLACK);
            }
            ours.run("config", "set", "maxmemory", "0");
            long gone = info(ours, "evicted_keys");
            assertThat(gone).isBetween((long) KEYS / 4, (long) KEYS);
            assertThat(ours.run("dbsize")).isEqualTo(":" + (KEYS - gone) + "\r\n");
            assertThat(evicted.get()).isEqualTo((int) gone);
            assertThat(deleted.get()).isZero();
            // Less memory, and no command that asks for it: the background keeps it.
            ours.run("config", "set", "maxmemory", Long.toString(limit / 2));
            long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (info(ours, "used_memory") > limit / 2 + SLACK && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
            assertThat(info(ours, "used_memory")).isLessThan(limit / 2 + SLACK);
        }
    }

    @Test
    void whatWasUsedStays() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            limit(ours, "allkeys-lfu", 0);
            fill(ours, "k", 1000);
            for (int round = 0; round < 5; round++) {
                each(ours, "get", "k", 0, 500);
            }
            limit(ours, "allkeys-lfu", info(ours, "used_memory"));
            fill(ours, "new", 200);
            assertThat(there(ours, "k", 0, 500)).isGreaterThan(480);
            assertThat(there(ours, "k", 500, 1000)).isLessThan(420);

            ours.run("flushall");
            limit(ours, "allkeys-lru", 0);
            fill(ours, "k", 1000);
            TimeUnit.MILLISECONDS.sleep(2100);
            each(ours, "get", "k", 0, 500);
            limit(ours, "allkeys-lru", info(ours, "used_memory"));
            fill(ours, "new", 200);
            assertThat(there(ours, "k", 0, 500)).isGreaterThan(480);
            assertThat(there(ours, "k", 500, 1000)).isLessThan(420);

            ours.run("flushall");
            limit(ours, "volatile-ttl", 0);
            fill(ours, "k", 1000);
            limit(ours, "volatile-ttl", info(ours, "used_memory"));
            for (int i = 0; i < 200; i++) {
                ours.send(words("set", "late" + i, VALUE, "ex", "100000"));
                ours.receive();
            }
            assertThat(there(ours, "late", 0, 200)).isEqualTo(200);
            assertThat(there(ours, "k", 0, 300)).isLessThan(160);
            assertThat(there(ours, "k", 500, 1000)).isGreaterThan(490);
        }
    }

    @Test
    void keysWithoutAnExpiryAreNotVolatile() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            for (int i = 0; i < 500; i++) {
                ours.run("set", "kept" + i, VALUE);
            }
            limit(ours, "volatile-lru", info(ours, "used_memory") + 100_000);
            fill(ours, "k", 500);
            assertThat(there(ours, "kept", 0, 500)).isEqualTo(500);
            assertThat(info(ours, "evicted_keys")).isBetween(200L, 500L);
            ours.run("eval", "for i=0,499 do redis.call('del','k'..i) end", "0");
            String refused = "";
            for (int i = 0; i < 500 && refused.isEmpty(); i++) {
                String answer = ours.run("set", "more" + i, VALUE);
                refused = answer.startsWith("-") ? answer : "";
            }
            assertThat(refused).isEqualTo("-OOM command not allowed when used memory > 'maxmemory'.\r\n");
            assertThat(ours.run("get", "kept1")).startsWith("$500");
        }
    }

    /** Whoever is refused, and how, is as in Redis. */
    @Test
    void refusalsAreThoseOfRedis() throws Exception {
        assumeTrue(RedisProcess.available(), "no redis-server");
        Path theirs = Files.createDirectory(directory.resolve("redis"));
        try (CairnServer cairn = CairnServer.start(directory.resolve("cairn"));
                RespConnection ours = cairn.connect();
                RedisProcess redis = RedisProcess.start(theirs);
                RespConnection other = new RespConnection(redis.port)) {
            for (RespConnection one : List.of(ours, other)) {
                one.run("set", "k", "v");
                one.run("rpush", "l", "1", "2");
            }
            String over = "config set maxmemory 1";
            String free = "config set maxmemory 0";
            for (String line : List.of(
                    "config set maxmemory-policy volatile-lru",
                    over,
                    "set a b",
                    "get k",
                    "del nokey",
                    "incr n",
                    "lpop l",
                    "append k x",
                    "expire nokey 1000000",
                    "config set maxmemory-policy noeviction",
                    "multi",
                    "get k",
                    "exec",
                    "multi",
                    "ping",
                    "discard",
                    "multi",
                    "set a b",
                    "exec",
                    free,
                    "multi",
                    "set a b",
                    over,
                    "exec",
                    free,
                    "multi",
                    "get k",
                    "del a",
                    "exec",
                    "object freq k",
                    "object freq nokey",
                    "object idletime nokey",
                    "config set maxmemory-policy allkeys-lfu",
                    "object idletime k",
                    "object idletime nokey",
                    "object freq nokey",
                    "config set maxmemory-policy foo",
                    "config set maxmemory-clients 101%",
                    "config set maxmemory-clients x",
                    "config set maxmemory-clients 7%",
                    "config get maxmemory-clients",
                    "config set maxmemory-clients 1mb",
                    "config get maxmemory-clients",
                    "config set maxmemory-clients 0",
                    "config set maxmemory-samples 0",
                    "config set lfu-log-factor -1",
                    "config get lfu-log-factor",
                    "memory foo",
                    "memory stats x",
                    "memory purge",
                    "memory doctor x")) {
                assertThat(ours.line(line)).as(line).isEqualTo(other.line(line));
            }
        }
    }

    @Test
    void accessesAreRestoredAndSaved() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            ours.run("set", "k", "v");
            // A payload of the string "v", as DUMP of Redis 7.0 gives it.
            String payload = ours.run("dump", "k");
            byte[] dump = payload.substring(payload.indexOf('\n') + 1, payload.length() - 2)
                    .getBytes(StandardCharsets.ISO_8859_1);
            restore(ours, "idle", dump, "idletime", "1000");
            assertThat(ours.run("object", "idletime", "idle")).startsWith(":100");
            ours.run("config", "set", "maxmemory-policy", "allkeys-lfu");
            restore(ours, "often", dump, "freq", "77");
            restore(ours, "new", dump);
            assertThat(ours.run("object", "freq", "often")).isEqualTo(":77\r\n");
            assertThat(ours.run("object", "freq", "new")).isEqualTo(":5\r\n");
            ours.run("config", "set", "lfu-log-factor", "0", "lfu-decay-time", "0");
            ours.run("get", "new");
            assertThat(ours.run("object", "freq", "new")).isEqualTo(":6\r\n");
            ours.run("client", "no-touch", "on");
            ours.run("get", "new");
            assertThat(ours.run("object", "freq", "new")).isEqualTo(":6\r\n");
            ours.run("touch", "new");
            assertThat(ours.run("object", "freq", "new")).isEqualTo(":7\r\n");
            ours.run("set", "new", "w");
            ours.run("client", "no-touch", "off");
            ours.run("set", "new", "x");
            ours.run("mset", "new", "y");
            assertThat(ours.run("object", "freq", "new")).isEqualTo(":9\r\n");
        }
    }

    private static void restore(RespConnection on, String key, byte[] dump, String... options) throws Exception {
        List<byte[]> words = new ArrayList<>(List.of(
                "restore".getBytes(StandardCharsets.ISO_8859_1),
                key.getBytes(StandardCharsets.ISO_8859_1),
                "0".getBytes(StandardCharsets.ISO_8859_1),
                dump));
        for (String option : options) {
            words.add(option.getBytes(StandardCharsets.ISO_8859_1));
        }
        assertThat(on.run(words)).isEqualTo("+OK\r\n");
    }

    /** The log and the snapshot of a server that evicted, started anew. */
    @Test
    void evictionsAreInTheLogAndAccessesInTheSnapshot() throws Exception {
        int port = RedisProcess.freePort();
        String digest;
        try (Restartable server = new Restartable(port, directory, "--appendonly", "yes");
                RespConnection ours = server.connect()) {
            limit(ours, "allkeys-random", 400_000);
            fill(ours, "k", KEYS);
            assertThat(info(ours, "evicted_keys")).isPositive();
            ours.run("config", "set", "maxmemory", "0");
            digest = ours.run("debug", "digest");
        }
        try (Restartable server = new Restartable(port, directory, "--appendonly", "yes");
                RespConnection ours = server.connect()) {
            assertThat(ours.run("debug", "digest")).isEqualTo(digest);
            ours.run("config", "set", "maxmemory-policy", "allkeys-lfu", "lfu-log-factor", "0", "lfu-decay-time", "0");
            ours.run("flushall");
            ours.run("set", "often", "v");
            for (int i = 0; i < 20; i++) {
                ours.run("get", "often");
            }
            ours.run("config", "set", "appendonly", "no");
            assertThat(ours.run("save")).isEqualTo("+OK\r\n");
        }
        try (Restartable server =
                        new Restartable(port, directory, "--maxmemory-policy", "allkeys-lfu", "--lfu-decay-time", "0");
                RespConnection ours = server.connect()) {
            assertThat(ours.run("object", "freq", "often")).isEqualTo(":25\r\n");
        }
    }

    /** A server with files of its own. */
    private static final class Restartable implements AutoCloseable {
        private final CairnProcess process;
        private final int port;

        Restartable(int port, Path directory, String... options) throws Exception {
            List<String> line = new ArrayList<>(
                    List.of("--port", Integer.toString(port), "--dir", directory.toString(), "--save", ""));
            line.addAll(List.of(options));
            Config config = Config.load(null, line);
            this.port = port;
            process = new CairnProcess(config, NodeKinds.of(config));
            process.start();
        }

        RespConnection connect() throws Exception {
            return new RespConnection(port);
        }

        @Override
        public void close() {
            process.close();
        }
    }

    @Test
    void theClientsWithTheLargestBuffersGo() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory, "--maxmemory-clients", "1500000");
                RespConnection ours = cairn.connect();
                Socket spared = new Socket(InetAddress.getLoopbackAddress(), cairn.port);
                Socket small = new Socket(InetAddress.getLoopbackAddress(), cairn.port);
                Socket large = new Socket(InetAddress.getLoopbackAddress(), cairn.port)) {
            begin(spared, "*3\r\n$6\r\nclient\r\n$8\r\nno-evict\r\n$2\r\non\r\n", 450_000);
            begin(small, "", 200_000);
            assertThat(info(ours, "evicted_clients")).isZero();
            begin(large, "", 700_000);
            large.setSoTimeout(30_000);
            assertThat(ended(large)).isTrue();
            assertThat(info(ours, "evicted_clients")).isOne();
            assertThat(info(ours, "connected_clients")).isEqualTo(3);
            assertThat(info(ours, "mem_clients_normal")).isBetween(650_000L, 1_500_000L);
            assertThat(ours.run("config", "set", "maxmemory-clients", "560000")).isEqualTo("+OK\r\n");
            small.setSoTimeout(30_000);
            assertThat(ended(small)).isTrue();
            assertThat(info(ours, "connected_clients")).isEqualTo(2);
        }
    }

    @Test
    void subscriptionsAndWatchedKeysCountAsTheClients() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory, "--maxmemory-clients", "1500000");
                RespConnection ours = cairn.connect();
                Socket subscriber = new Socket(InetAddress.getLoopbackAddress(), cairn.port);
                RespConnection watcher = cairn.connect()) {
            String name = "n".repeat(100_000);
            watcher.run("watch", name);
            assertThat(info(ours, "mem_clients_normal")).isBetween(100_000L, 200_000L);
            watcher.run("unwatch");
            assertThat(info(ours, "mem_clients_normal")).isLessThan(100_000);
            StringBuilder requests = new StringBuilder();
            for (int i = 10_000; i < 20_000; i++) {
                requests.append("*2\r\n$9\r\nsubscribe\r\n$5\r\n").append(i).append("\r\n");
            }
            subscriber.setSoTimeout(30_000);
            subscriber.getOutputStream().write(requests.toString().getBytes(StandardCharsets.ISO_8859_1));
            assertThat(ended(subscriber)).isTrue();
            assertThat(info(ours, "evicted_clients")).isOne();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (info(ours, "mem_clients_normal") >= 100_000 && System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
            assertThat(info(ours, "mem_clients_normal")).isLessThan(100_000);
        }
    }

    private static boolean ended(Socket socket) {
        try {
            while (socket.getInputStream().read(new byte[8192]) >= 0) {
                // What was answered before.
            }
            return true;
        } catch (java.io.IOException reset) {
            return !(reset instanceof java.net.SocketTimeoutException);
        }
    }

    /** Sends the beginning of a large argument, after {@code first}, and waits until it has arrived. */
    private static void begin(Socket socket, String first, int bytes) throws Exception {
        OutputStream out = socket.getOutputStream();
        out.write((first + "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$1000000\r\n" + "x".repeat(bytes))
                .getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        if (!first.isEmpty()) {
            for (int next = socket.getInputStream().read();
                    next != '\n';
                    next = socket.getInputStream().read()) {
                assertThat(next).isPositive();
            }
        }
        TimeUnit.MILLISECONDS.sleep(300);
    }

    @Test
    void memoryIsAccountedFor() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            fill(ours, "k", 100);
            ours.run("sadd", "s", "a", "b");
            ours.run("xadd", "x", "*", "f", "v");
            ours.run("zadd", "z", "1", "a");
            ours.run("hset", "h", "f", "v");
            ours.run("rpush", "l", "v");
            for (String key : List.of("k1", "s", "x", "z", "h", "l")) {
                assertThat(ours.run("memory", "usage", key, "samples", "0")).matches(":[1-9][0-9]+\r\n");
            }
            Object stats = RespConnection.parse(ours.run("memory", "stats"));
            assertThat(stats)
                    .asInstanceOf(InstanceOfAssertFactories.LIST)
                    .contains("total.allocated", "keys.count", 105L, "db.0", "fragmentation.bytes");
            assertThat(ours.run("memory", "doctor")).startsWith("$");
            assertThat(ours.run("memory", "malloc-stats")).contains("data and index");
            assertThat(info(ours, "used_memory")).isLessThanOrEqualTo(info(ours, "used_memory_peak"));
        }
    }
}
