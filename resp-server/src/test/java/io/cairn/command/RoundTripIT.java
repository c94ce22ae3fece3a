package io.cairn.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every type goes from redis-server to Cairn and back, by RDB file, DUMP and RESTORE, MIGRATE and import, and stays the same. */
class RoundTripIT {
    /** Settings of redis-server under which values have other encodings. */
    private static final List<List<String>> SETTINGS = List.of(
            List.of(),
            List.of(
                    "hash-max-listpack-entries 0",
                    "zset-max-listpack-entries 0",
                    "set-max-intset-entries 0",
                    "list-max-listpack-size 1",
                    "stream-node-max-entries 1",
                    "rdbcompression no"),
            List.of(
                    "hash-max-listpack-entries 5000",
                    "hash-max-listpack-value 1000",
                    "zset-max-listpack-entries 5000",
                    "zset-max-listpack-value 1000",
                    "set-max-intset-entries 5000",
                    "list-max-listpack-size -5",
                    "list-compress-depth 1",
                    "stream-node-max-entries 1000",
                    "hll-sparse-max-bytes 0"));

    @TempDir
    private Path directory;

    private Path redisDirectory;
    private Path cairnDirectory;

    @BeforeEach
    void needsRedis() throws IOException {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to go to and come from");
        redisDirectory = Files.createDirectory(directory.resolve("redis"));
        cairnDirectory = Files.createDirectory(directory.resolve("cairn"));
    }

    /** Either server. */
    @FunctionalInterface
    private interface Server {
        String run(List<byte[]> words) throws IOException;

        default String line(String line) throws IOException {
            return run(words((Object[]) line.split(" ", -1)));
        }
    }

    private static List<byte[]> words(Object... words) {
        List<byte[]> all = new ArrayList<>();
        for (Object word : words) {
            all.add(word instanceof byte[] bytes ? bytes : word.toString().getBytes(ISO_8859_1));
        }
        return all;
    }

    private static List<String> fill(Server server, long seed) throws IOException {
        RandomData.Data data = RandomData.of(seed);
        for (List<byte[]> command : data.commands()) {
            assertThat(server.run(command))
                    .as(new String(command.get(0), ISO_8859_1) + ' ' + new String(command.get(1), ISO_8859_1))
                    .doesNotStartWith("-");
        }
        return data.keys();
    }

    private static void settings(RedisProcess redis, int number) throws IOException {
        for (String setting : SETTINGS.get(number)) {
            String[] words = setting.split(" ", -1);
            assertThat(redis.run("config", "set", words[0], words[1])).isEqualTo("+OK\r\n");
        }
    }

    /** The digest, and what it does not tell of streams. */
    private static List<String> shape(Server server, List<String> keys) throws IOException {
        List<String> shape = new ArrayList<>();
        for (String key : keys) {
            shape.add(key + ' ' + server.run(words("DEBUG", "DIGEST-VALUE", key)));
            if (key.startsWith("stream")) {
                shape.add(
                        key + server.run(words("XINFO", "GROUPS", key)) + server.run(words("XPENDING", key, "group")));
            }
            shape.add(key + " expires " + server.run(words("PEXPIRETIME", key)));
        }
        shape.add(server.line("dbsize"));
        shape.add(server.line("debug digest"));
        return shape;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void byFile(int setting) throws Exception {
        List<String> keys;
        List<String> expected;
        try (RedisProcess redis = RedisProcess.start(redisDirectory)) {
            settings(redis, setting);
            keys = fill(redis::run, 100 + setting);
            redis.run("select", "3");
            redis.run("set", "of another database", "v");
            redis.run("select", "0");
            expected = shape(redis::run, keys);
            assertThat(redis.run("save")).isEqualTo("+OK\r\n");
        }
        Path dump = redisDirectory.resolve("dump.rdb");
        Files.copy(dump, cairnDirectory.resolve("dump.rdb"));
        Path back;
        try (CairnServer cairn = CairnServer.start(cairnDirectory);
                RespConnection ours = cairn.connect()) {
            assertThat(shape(ours::run, keys)).isEqualTo(expected);
            assertThat(ours.line("debug reload")).isEqualTo("+OK\r\n");
            assertThat(shape(ours::run, keys)).isEqualTo(expected);
            assertThat(ours.line("save")).isEqualTo("+OK\r\n");
            back = cairnDirectory.resolve(Integer.toString(cairn.port)).resolve("dump.rdb");
        }
        Files.copy(back, dump, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        try (RedisProcess redis = RedisProcess.start(redisDirectory)) {
            awaitLoaded(redis);
            assertThat(shape(redis::run, keys)).isEqualTo(expected);
        }
    }

    private static void awaitLoaded(RedisProcess redis) throws Exception {
        while (redis.run("ping").startsWith("-LOADING")) {
            Thread.sleep(20); // Until redis-server has read the file, which it tells by this error only.
        }
    }

    @Test
    void byFileWithTheLogOn() throws Exception {
        try (RedisProcess redis = RedisProcess.start(redisDirectory)) {
            List<String> keys = fill(redis::run, 7);
            List<String> expected = shape(redis::run, keys);
            redis.run("save");
            Files.copy(redisDirectory.resolve("dump.rdb"), cairnDirectory.resolve("dump.rdb"));
            try (CairnServer cairn = CairnServer.start(cairnDirectory, "--appendonly", "yes");
                    RespConnection ours = cairn.connect()) {
                assertThat(shape(ours::run, keys)).isEqualTo(expected);
                for (String line : List.of("set later 1", "incr later", "rpush list:1 more")) {
                    ours.line(line);
                    redis.run(line.split(" ", -1));
                }
                for (String line : List.of("debug loadaof", "debug reload", "debug loadaof")) {
                    assertThat(ours.line(line)).as(line).isEqualTo("+OK\r\n");
                    assertThat(shape(ours::run, keys)).as(line).isEqualTo(shape(redis::run, keys));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void byDumpAndRestore(int setting) throws Exception {
        try (RedisProcess redis = RedisProcess.start(redisDirectory);
                CairnServer cairn = CairnServer.start(cairnDirectory);
                RespConnection ours = cairn.connect()) {
            settings(redis, setting);
            List<String> keys = fill(redis::run, 200 + setting);
            List<String> expected = shape(redis::run, keys);
            copy(redis::run, ours::run, keys);
            assertThat(shape(ours::run, keys)).isEqualTo(expected);
            redis.run("flushall");
            copy(ours::run, redis::run, keys);
            assertThat(shape(redis::run, keys)).isEqualTo(expected);
        }
    }

    private static void copy(Server from, Server to, List<String> keys) throws IOException {
        for (String key : keys) {
            String reply = from.run(words("DUMP", key));
            byte[] payload =
                    reply.substring(reply.indexOf('\n') + 1, reply.length() - 2).getBytes(ISO_8859_1);
            String time = from.run(words("PEXPIRETIME", key)).substring(1).strip();
            assertThat(to.run(words("RESTORE", key, time.equals("-1") ? "0" : time, payload, "ABSTTL")))
                    .as(key)
                    .isEqualTo("+OK\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void byMigrate(int setting) throws Exception {
        try (RedisProcess redis = RedisProcess.start(redisDirectory);
                CairnServer cairn = CairnServer.start(cairnDirectory, "--appendonly", "yes");
                RespConnection ours = cairn.connect()) {
            settings(redis, setting);
            List<String> keys = fill(redis::run, 300 + setting);
            redis.run("select", "0");
            // A time of expiry travels as what is left of it, so it moves by a moment.
            List<String> expected = withoutTimes(shape(redis::run, keys));
            migrate(redis::run, cairn.port, keys);
            assertThat(redis.run("dbsize")).isEqualTo(":0\r\n");
            assertThat(withoutTimes(shape(ours::run, keys))).isEqualTo(expected);
            migrate(ours::run, redis.port, keys);
            assertThat(ours.line("dbsize")).isEqualTo(":0\r\n");
            assertThat(withoutTimes(shape(redis::run, keys))).isEqualTo(expected);
            assertThat(ours.line("debug loadaof")).isEqualTo("+OK\r\n");
            assertThat(ours.line("dbsize")).isEqualTo(":0\r\n");
        }
    }

    private static List<String> withoutTimes(List<String> shape) {
        return shape.stream()
                .map(line -> line.replaceAll("(?s)( expires :)\\d{2,}\\r\\n", "$1far\r\n"))
                .toList();
    }

    private static void migrate(Server from, int port, List<String> keys) throws IOException {
        for (int i = 0; i < keys.size(); i += 50) {
            List<byte[]> command = words("MIGRATE", "127.0.0.1", port, "", 0, 20_000, "KEYS");
            keys.subList(i, Math.min(keys.size(), i + 50)).forEach(key -> command.add(key.getBytes(ISO_8859_1)));
            assertThat(from.run(command)).isEqualTo("+OK\r\n");
        }
        assertThat(from.run(words("MIGRATE", "127.0.0.1", port, keys.get(0), 0, 20_000)))
                .isEqualTo("+NOKEY\r\n");
    }

    @Test
    void byImportToBoth() throws Exception {
        try (RedisProcess redis = RedisProcess.start(redisDirectory);
                CairnServer cairn = CairnServer.start(cairnDirectory);
                RespConnection ours = cairn.connect()) {
            List<String> keys = fill(redis::run, 400);
            List<String> expected = shape(redis::run, keys);
            redis.run("save");
            String file = redisDirectory.resolve("dump.rdb").toString();
            String port = Integer.toString(cairn.port);
            assertThat(Main.run("import", file, "-p", port, "-q")).isEqualTo(0);
            assertThat(shape(ours::run, keys)).isEqualTo(expected);
            assertThat(Main.run("import", file, "-p", port, "-q"))
                    .as("keys are there")
                    .isEqualTo(1);
            assertThat(Main.run("import", file, "-p", port, "-q", "--skip-existing"))
                    .isEqualTo(0);
            ours.line("del " + keys.get(0) + ' ' + keys.get(1));
            assertThat(Main.run("import", file, "-p", port, "-q", "--replace", "--window", "1"))
                    .isEqualTo(0);
            assertThat(shape(ours::run, keys)).isEqualTo(expected);
            // Values above 1 MB go in pieces.
            ours.line("flushall");
            assertThat(Main.run("import", file, "-p", port, "-q", "--piece-size", "1", "--window", "1"))
                    .isEqualTo(0);
            assertThat(shape(ours::run, keys)).isEqualTo(expected);
            ours.line("save");
            redis.run("flushall");
            String back = cairnDirectory.resolve(port).resolve("dump.rdb").toString();
            assertThat(Main.run("import", back, "-p", Integer.toString(redis.port), "-q"))
                    .isEqualTo(0);
            assertThat(shape(redis::run, keys)).isEqualTo(expected);
        }
    }

    /** Writers go on while their key is moved away again and again: each increment is in one of the values moved, or still here. */
    @Test
    void noWriteIsLostWhileAKeyIsMoved() throws Exception {
        try (RedisProcess redis = RedisProcess.start(redisDirectory);
                CairnServer cairn = CairnServer.start(cairnDirectory);
                RespConnection ours = cairn.connect()) {
            AtomicBoolean stop = new AtomicBoolean();
            ExecutorService writers = Executors.newFixedThreadPool(4);
            List<Future<Long>> counts = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                boolean block = i == 0;
                boolean script = i == 1;
                counts.add(writers.submit(() -> increments(cairn, stop, block, script)));
            }
            long sum = 0;
            int moves = 0;
            for (int i = 0; i < 200; i++) {
                String reply = ours.run(words("MIGRATE", "127.0.0.1", redis.port, "counter", 0, 5000));
                if (reply.equals("+NOKEY\r\n")) {
                    continue;
                }
                assertThat(reply).isEqualTo("+OK\r\n");
                moves++;
                String value = redis.run("getdel", "counter");
                sum += Long.parseLong(value.split("\r\n", -1)[1]);
            }
            stop.set(true);
            long written = 0;
            for (Future<Long> count : counts) {
                written += count.get();
            }
            writers.shutdown();
            String rest = ours.line("get counter");
            sum += rest.startsWith("$-1") ? 0 : Long.parseLong(rest.split("\r\n", -1)[1]);
            assertThat(moves).isGreaterThan(10);
            assertThat(sum).isEqualTo(written);
        }
    }

    private static long increments(CairnServer cairn, AtomicBoolean stop, boolean block, boolean script)
            throws Exception {
        long done = 0;
        try (RespConnection client = cairn.connect()) {
            while (!stop.get()) {
                if (block) {
                    client.line("multi");
                    client.line("incr counter");
                    assertThat(client.line("exec")).startsWith("*1");
                } else if (script) {
                    assertThat(client.run("eval", "return redis.call('incr', KEYS[1])", "1", "counter"))
                            .startsWith(":");
                } else {
                    assertThat(client.line("incr counter")).startsWith(":");
                }
                done++;
            }
        }
        return done;
    }
}
