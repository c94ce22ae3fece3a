package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real redis-server follows us as its primary: whatever commands come, it has the same data. */
class FollowerIT {
    private static final int COMMANDS = Integer.getInteger("cairn.follower.commands", 6_000);
    private static final long SEED = Long.getLong("cairn.differential.seed", 20_261_121L);
    private static final int KEYS = 8;
    private static final int EVICTED_OF = 4_000;
    private static final long SLACK_BYTES = 8 << 20;
    private static final long WAIT_NANOS = 60_000_000_000L;

    @TempDir
    private Path directory;

    @BeforeEach
    void needsRedis() {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to follow us");
    }

    @Test
    void redisThatFollowsHasTheSameData() throws Exception {
        Random random = new Random(SEED);
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory.resolve("cairn"), "--repl-diskless-sync-delay", "0");
                RespConnection ours = cairn.connect()) {
            RandomArguments arguments =
                    new RandomArguments(random, KEYS, List.of("no payload".getBytes(StandardCharsets.UTF_8)));
            for (int i = 0; i < COMMANDS / 10; i++) {
                step(ours, random, arguments);
            }
            redis.run("replicaof", "127.0.0.1", Integer.toString(cairn.port));
            for (int i = 0; i < COMMANDS; i++) {
                step(ours, random, arguments);
                if (i % 40 == 0) {
                    several(ours, i);
                }
                if (i % (COMMANDS / 4) == 0) {
                    compare(redis, ours, i);
                }
            }
            compare(redis, ours, COMMANDS);
            assertThat(ours.run("info", "replication")).contains("connected_slaves:1");
        }
    }

    private static void step(RespConnection ours, Random random, RandomArguments arguments) throws IOException {
        String template;
        do {
            template = Templates.ALL.get(random.nextInt(Templates.ALL.size()));
        } while (template.startsWith("flush") && random.nextInt(5) > 0);
        List<byte[]> words = CommandTemplate.expand(template, random, arguments::get);
        ours.run(words);
    }

    /** What is sent as more than one command, or as another one. */
    private static void several(RespConnection ours, int i) throws IOException {
        ours.run("multi");
        ours.run("set", "m" + i % 5, "v");
        ours.run("get", "m1");
        ours.run("incrbyfloat", "f", "1.25");
        ours.run("exec");
        ours.run(
                "eval",
                "redis.call('sadd','es',ARGV[1],'b','c') redis.call('spop','es') return redis.call('spop','es',2)",
                "0",
                "" + i);
        ours.run("set", "short", "v", "px", "1");
        ours.run("append", "short", "w");
        ours.run("psetex", "gone", "1", "v");
        ours.run("get", "gone");
        ours.run("xadd", "xs", "maxlen", "~", "300", "*", "f", "" + i);
        ours.run("xgroup", "create", "xs", "g", "0");
        ours.run("xreadgroup", "group", "g", "c" + i % 3, "count", "2", "streams", "xs", ">");
        ours.run("xautoclaim", "xs", "g", "c0", "0", "0", "count", "3");
        ours.run(
                "function",
                "load",
                "replace",
                "#!lua name=lib\nredis.register_function('f', function() return " + i + " end)");
    }

    private static void compare(RedisProcess redis, RespConnection ours, int round) throws IOException {
        ours.run("debug", "set-active-expire", "0");
        ours.run("get", "short");
        ours.run("get", "gone");
        ours.run("select", "0");
        ours.run("set", "marker", "at " + round);
        long end = System.nanoTime() + WAIT_NANOS;
        String expected = "$" + ("at " + round).length() + "\r\nat " + round + "\r\n";
        while (!redis.run("get", "marker").equals(expected)) {
            assertThat(System.nanoTime()).as("the follower has not caught up").isLessThan(end);
            LockSupport.parkNanos(20_000_000);
        }
        assertThat(redis.run("debug", "digest")).as("after %d commands", round).isEqualTo(ours.run("debug", "digest"));
        assertThat(redis.run("function", "list", "withcode")).isEqualTo(ours.run("function", "list", "withcode"));
        ours.run("debug", "set-active-expire", "1");
    }

    @Test
    void theStreamIsWhatRedisSendsItsReplicas() throws Exception {
        List<String> lines = List.of(
                "set k v ex 100",
                "set k v px 100000",
                "set k v keepttl",
                "set k w nx",
                "set k w xx get",
                "setex k 100 v",
                "getex k persist",
                "getex k",
                "getex k exat 1",
                "set k v",
                "getdel k",
                "incrbyfloat f 0.1",
                "hincrbyfloat h f 0.1",
                "rpush l 1 2 3 4",
                "lmpop 2 no l left count 2",
                "lmpop 1 l right",
                "zadd z 1 a 2 b 3 c",
                "zmpop 1 z max count 2",
                "zpopmin z 5",
                "set e v",
                "expire e 100",
                "pexpire e 100000 nx",
                "expireat e 1",
                "sadd s a",
                "spop s",
                "sadd s a b",
                "spop s 5",
                "srem s a",
                "del nothing",
                "multi",
                "set a 1",
                "get a",
                "incr a",
                "exec",
                "multi",
                "get a",
                "exec",
                "multi",
                "incr a",
                "exec",
                "eval return(1) 0",
                "eval redis.call('incr','a') 0",
                "eval redis.call('incr','a')redis.call('incr','b') 0",
                "publish c m",
                "select 3",
                "set k v",
                "flushall");
        List<String> expected = new ArrayList<>();
        List<String> actual = new ArrayList<>();
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory.resolve("cairn"), "--repl-diskless-sync-delay", "0");
                RespConnection ours = cairn.connect();
                ReplicationStream ofRedis = new ReplicationStream(redis.port);
                ReplicationStream ofOurs = new ReplicationStream(cairn.port)) {
            for (String line : lines) {
                redis.run(line.split(" ", -1));
                ours.run(line.split(" ", -1));
            }
            redis.run("set", "last", "1");
            ours.run("set", "last", "1");
            ofRedis.readUntil("set last 1", expected);
            ofOurs.readUntil("set last 1", actual);
        }
        assertThat(actual).isEqualTo(expected);
    }

    @Test
    void evictedKeysLeaveTheFollowerToo() throws Exception {
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory.resolve("cairn"), "--repl-diskless-sync-delay", "0");
                RespConnection ours = cairn.connect()) {
            redis.run("replicaof", "127.0.0.1", Integer.toString(cairn.port));
            String value = "v".repeat(500);
            for (int i = 0; i < EVICTED_OF / 2; i++) {
                ours.run("set", "key:" + i, value);
            }
            compare(redis, ours, 0);
            ours.run("config", "set", "maxmemory-policy", "allkeys-lru");
            ours.run("config", "set", "maxmemory", Long.toString(info(ours, "memory", "used_memory")));
            for (int i = EVICTED_OF / 2; i < EVICTED_OF; i++) {
                if (i % 3 == 0) {
                    ours.run("multi");
                    ours.run("set", "key:" + i, value);
                    ours.run("exec");
                } else if (i % 3 == 1) {
                    ours.run("eval", "return redis.call('set', KEYS[1], ARGV[1])", "1", "key:" + i, value);
                } else {
                    ours.run("set", "key:" + i, value);
                }
            }
            ours.run("config", "set", "maxmemory", "0");
            assertThat(info(ours, "stats", "evicted_keys")).isGreaterThan(EVICTED_OF / 4);
            compare(redis, ours, 1);
            assertThat(redis.run("dbsize")).isEqualTo(ours.run("dbsize"));
        }
    }

    /** Otherwise each eviction would make them grow, and cause the next. Redis: freeMemoryGetNotCountedMemory. */
    @Test
    void whatFollowersDoNotReadEvictsNothing() throws Exception {
        String value = "v".repeat(100_000);
        try (CairnServer cairn = CairnServer.start(directory.resolve("cairn"), "--repl-diskless-sync-delay", "0");
                RespConnection ours = cairn.connect();
                ReplicationStream deaf = new ReplicationStream(cairn.port)) {
            for (int i = 0; i < 10; i++) {
                ours.run("set", "key:" + i, value);
            }
            ours.run("config", "set", "maxmemory-clients", "2mb");
            ours.run("config", "set", "maxmemory-policy", "allkeys-lru");
            long limit = info(ours, "memory", "used_memory") + SLACK_BYTES;
            ours.run("config", "set", "maxmemory", Long.toString(limit));
            for (int i = 0; i < 300; i++) {
                ours.run("set", "key:" + i % 10, value);
            }
            assertThat(info(ours, "memory", "mem_not_counted_for_evict")).isGreaterThan(SLACK_BYTES);
            assertThat(info(ours, "memory", "mem_clients_slaves")).isGreaterThan(SLACK_BYTES);
            assertThat(info(ours, "memory", "used_memory")).isGreaterThan(limit);
            assertThat(info(ours, "stats", "evicted_keys")).isZero();
            assertThat(info(ours, "stats", "evicted_clients")).isZero();
            assertThat(info(ours, "replication", "connected_slaves")).isOne();
            List<String> commands = new ArrayList<>();
            ours.run("set", "last", "1");
            deaf.readUntil("set last 1", commands);
            assertThat(commands).hasSizeGreaterThan(300);
        }
    }

    @Test
    void functionLibrariesAreUsedMemory() throws Exception {
        String text = "#!lua name=lib\nredis.register_function('f', function() return 1 end) --" + "x".repeat(100_000);
        try (CairnServer cairn = CairnServer.start(directory.resolve("cairn"), "--repl-diskless-sync-delay", "0");
                RespConnection ours = cairn.connect()) {
            long before = info(ours, "memory", "used_memory_functions");
            assertThat(before).isZero();
            assertThat(ours.run("function", "load", text)).isEqualTo("$3\r\nlib\r\n");
            assertThat(info(ours, "memory", "used_memory_functions")).isEqualTo(text.length() + 3);
            assertThat(info(ours, "memory", "used_memory")).isGreaterThan(text.length());
            String second = text.replace("name=lib", "name=two").replace("'f'", "'g'");
            assertThat(ours.run("function", "load", second)).isEqualTo("$3\r\ntwo\r\n");
            ours.run("config", "set", "maxmemory", "150000"); // Room to receive one, which is bounded by it too.
            assertThat(ours.run("set", "k", "v")).startsWith("-OOM");
            assertThat(ours.run("function", "load", "replace", text)).startsWith("-OOM");
            assertThat(ours.run("function", "delete", "lib")).isEqualTo("+OK\r\n");
            assertThat(ours.run("set", "k", "v")).isEqualTo("+OK\r\n");
            assertThat(ours.run("function", "flush")).isEqualTo("+OK\r\n");
            assertThat(info(ours, "memory", "used_memory_functions")).isZero();
            assertThat(info(ours, "memory", "number_of_libraries")).isZero();
        }
    }

    private static long info(RespConnection ours, String section, String field) throws IOException {
        for (String line : ours.run("info", section).split("\r\n", -1)) {
            if (line.startsWith(field + ":")) {
                return Long.parseLong(line.substring(field.length() + 1));
            }
        }
        throw new AssertionError(field + " is missing");
    }

    /** What a server sends after SYNC, as lines. */
    private static final class ReplicationStream implements AutoCloseable {
        private final java.net.Socket socket;
        private final java.io.DataInputStream in;

        ReplicationStream(int port) throws IOException {
            socket = new java.net.Socket(java.net.InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout(60_000);
            in = new java.io.DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
            socket.getOutputStream().write("SYNC\r\n".getBytes(StandardCharsets.US_ASCII));
            String count = line();
            while (count.isEmpty()) {
                count = line();
            }
            in.readNBytes(Integer.parseInt(count.substring(1)));
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c != '\n'; c = in.read()) {
                line.append((char) c);
            }
            return line.toString().trim();
        }

        /** Adds commands up to one; what depends on the moment is left out, and so are signs of life. */
        void readUntil(String last, List<String> to) throws IOException {
            String command = "";
            while (!command.equals(last)) {
                String count = line();
                if (count.isEmpty()) {
                    continue;
                }
                List<String> words = new ArrayList<>();
                for (int i = Integer.parseInt(count.substring(1)); i > 0; i--) {
                    byte[] word = in.readNBytes(Integer.parseInt(line().substring(1)));
                    line();
                    String text = new String(word, StandardCharsets.ISO_8859_1);
                    words.add(
                            words.isEmpty()
                                    ? text.toLowerCase(java.util.Locale.ROOT)
                                    : text.length() == 13 ? "<time>" : text);
                }
                command = String.join(" ", words);
                if (!command.equals("ping")) {
                    to.add(command);
                }
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
