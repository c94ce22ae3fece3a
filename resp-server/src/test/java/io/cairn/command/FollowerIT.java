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
                CairnServer cairn = CairnServer.start(directory.resolve("cairn"));
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
                CairnServer cairn = CairnServer.start(directory.resolve("cairn"));
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
