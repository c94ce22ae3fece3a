package io.cairn.rdb;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.SetParams;

/** RDB files to and from a real redis-server. */
class RedisRdbIT {
    private static final long FAR = 4_000_000_000_000L;
    private static final Duration START_TIMEOUT = Duration.ofSeconds(20);

    private static final long POLL_NANOS = 20_000_000;

    @TempDir
    Path directory;

    private final StringStore store = new StringStore();

    @BeforeEach
    void needsRedis() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/redis-server")), "redis-server is not installed");
    }

    @AfterEach
    void close() {
        store.close();
    }

    /** A redis-server process on a loopback port of our range. */
    private final class Redis implements AutoCloseable {
        private final Process process;
        private final Jedis client;

        Redis() throws IOException {
            int port = freePort();
            process = new ProcessBuilder(
                            "/usr/bin/redis-server",
                            "--port",
                            Integer.toString(port),
                            "--bind",
                            "127.0.0.1",
                            "--dir",
                            directory.toString(),
                            "--dbfilename",
                            "dump.rdb",
                            "--save",
                            "",
                            "--appendonly",
                            "no")
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("redis.log").toFile())
                    .start();
            client = connect(port);
        }

        private Jedis connect(int port) throws IOException {
            long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
            while (true) {
                try {
                    return new Jedis("127.0.0.1", port, 10_000); // connects
                } catch (JedisException notYet) {
                    if (System.nanoTime() > deadline || !process.isAlive()) {
                        process.destroyForcibly();
                        throw new AssertionError(
                                "redis-server does not answer: "
                                        + Files.readString(directory.resolve("redis.log"), ISO_8859_1),
                                notYet);
                    }
                    LockSupport.parkNanos(POLL_NANOS);
                }
            }
        }

        private int freePort() throws IOException {
            for (int port = 20_500; port < 20_600; port++) {
                try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                    return socket.getLocalPort();
                } catch (IOException taken) {
                    assertThat(taken).isNotNull();
                }
            }
            throw new IOException("no free port from 20500 to 20599");
        }

        Map<String, String> dump(int databases) {
            Map<String, String> all = new TreeMap<>();
            for (int database = 0; database < databases; database++) {
                client.select(database);
                for (byte[] key : client.keys("*".getBytes(ISO_8859_1))) {
                    long expireAt = Math.max(0, client.pexpireTime(key));
                    all.put(
                            database + "/" + new String(key, ISO_8859_1),
                            StringStore.text(client.get(key)) + " expires " + expireAt);
                }
            }
            return all;
        }

        @Override
        public void close() {
            client.close();
            process.destroy();
            try {
                if (!process.waitFor(10, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException interrupted) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }

    private static byte[] noise(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void redisLoadsWhatWeWrite() throws Exception {
        Random random = new Random(71);
        for (int i = 0; i < 5_000; i++) {
            byte[] value = i % 3 == 0 ? ("abc" + i).repeat(i % 50).getBytes(ISO_8859_1) : noise(random, i % 200);
            store.put(i % 16, i % 7 == 0 ? Integer.toString(i * 1000) : "key:" + i, value, i % 4 == 0 ? FAR + i : 0);
        }
        for (int bits = 0; bits < 64; bits++) {
            store.putNumber(0, "number" + bits, (1L << bits) - 1);
            store.putNumber(0, "minus" + bits, -(1L << bits));
        }
        store.put(2, "large", noise(random, 3_000_000), 0);
        store.put(2, "large and regular", "0123456789".repeat(100_000).getBytes(ISO_8859_1), FAR);
        Path file = directory.resolve("dump.rdb");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            store.write(new RdbWriter(channel, true));
        }
        checkRdb(file);
        try (Redis redis = new Redis()) {
            assertThat(redis.dump(16)).isEqualTo(store.dump(false));
        }
    }

    private void checkRdb(Path file) throws Exception {
        Path checker = Path.of("/usr/bin/redis-check-rdb");
        if (Files.isExecutable(checker)) {
            Process check = new ProcessBuilder(checker.toString(), file.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("check.log").toFile())
                    .start();
            assertThat(check.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(Files.readString(directory.resolve("check.log"), ISO_8859_1))
                    .contains("Checksum OK")
                    .contains("RDB looks OK");
        }
    }

    @Test
    void weLoadWhatRedisWrites() throws Exception {
        Random random = new Random(72);
        Map<String, String> expected;
        try (Redis redis = new Redis()) {
            Jedis client = redis.client;
            for (int i = 0; i < 3_000; i++) {
                client.select(i % 16);
                byte[] key = (i % 5 == 0 ? Integer.toString(i) : "key:" + i).getBytes(ISO_8859_1);
                byte[] value = switch (i % 4) {
                    case 0 ->
                        Long.toString(random.nextLong() >> random.nextInt(64)).getBytes(ISO_8859_1);
                    case 1 -> "compress me ".repeat(random.nextInt(400)).getBytes(ISO_8859_1);
                    case 2 -> noise(random, random.nextInt(100));
                    default -> noise(random, random.nextInt(40_000));
                };
                client.set(key, value, i % 6 == 0 ? SetParams.setParams().pxAt(FAR + i) : new SetParams());
            }
            client.select(0);
            client.set("large".getBytes(ISO_8859_1), noise(random, 2_000_000));
            client.set("repeated", "x".repeat(5_000_000));
            client.configSet("maxmemory-policy", "allkeys-lfu");
            client.set("with frequency", "1");
            client.save();
            expected = redis.dump(16);
        }
        try (FileChannel channel = FileChannel.open(directory.resolve("dump.rdb"), StandardOpenOption.READ)) {
            RdbReader reader = new RdbReader(channel, store.keyspace, 1_700_000_000_000L);
            reader.load();
            assertThat(reader.loaded()).isEqualTo(expected.size());
            assertThat(reader.aux("redis-ver")).startsWith("7.");
        }
        assertThat(store.dump(false)).isEqualTo(expected);
    }

    @Test
    void dumpPayloadsAreExchanged() throws Exception {
        try (Redis redis = new Redis()) {
            redis.client.set("from redis", "hello ".repeat(20));
            byte[] payload = redis.client.dump("from redis");
            store.restore("from redis", payload);
            assertThat(store.dump(false)).isEqualTo(redis.dump(1));
            store.put(0, "ours", "good bye ".repeat(30).getBytes(ISO_8859_1), 0);
            redis.client.restore("ours", 0, store.dumpPayload("ours"));
            assertThat(redis.dump(1)).isEqualTo(store.dump(false));
        }
    }
}
