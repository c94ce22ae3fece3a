package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.keyspace.DatasetDigest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sorted sets of many members beside redis-server's. */
class SortedSetIT {
    @TempDir
    private Path directory;

    @BeforeEach
    void needsRedis() {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
    }

    private static void same(RedisProcess redis, CommandHarness ours, String line) throws Exception {
        assertThat(ours.run(line)).as(line).isEqualTo(redis.run(line.split(" ", -1)));
    }

    @Test
    void largeSetsAnswerAsRedisDoes() throws Exception {
        Random random = new Random(1);
        try (RedisProcess redis = RedisProcess.start(directory);
                CommandHarness ours = new CommandHarness(false)) {
            for (int i = 0; i < 3000; i++) {
                StringBuilder add = new StringBuilder("zadd z");
                StringBuilder lex = new StringBuilder("zadd lex");
                for (int j = 0; j < 3; j++) {
                    add.append(' ')
                            .append(random.nextInt(500) / 4.0)
                            .append(" m")
                            .append(random.nextInt(4000));
                    lex.append(" 0 m").append(random.nextInt(4000));
                }
                same(redis, ours, add.toString());
                same(redis, ours, lex.toString());
                if (i % 4 == 0) {
                    same(redis, ours, "zrem z m" + random.nextInt(4000) + " m" + random.nextInt(4000));
                    same(redis, ours, "zincrby z 0.5 m" + random.nextInt(4000));
                    same(redis, ours, "zrank z m" + random.nextInt(4000));
                    int low = random.nextInt(120);
                    same(redis, ours, "zcount z (" + low + " " + (low + random.nextInt(5)));
                    same(redis, ours, "zrange z " + random.nextInt(3000) + " " + random.nextInt(3000) + " rev");
                    same(redis, ours, "zlexcount lex [m" + random.nextInt(4000) + " (m" + random.nextInt(4000));
                    same(redis, ours, "zrangebylex lex [m" + random.nextInt(4000) + " + limit 7 5");
                    same(redis, ours, "zrevrangebyscore z +inf " + low + " withscores limit 100 3");
                }
                if (i % 500 == 499) {
                    same(redis, ours, "zremrangebyscore z 10 (12");
                    same(redis, ours, "zremrangebyrank z 5 50");
                    same(redis, ours, "zremrangebylex lex [m2 (m21");
                    same(redis, ours, "zunionstore u 2 z lex weights 2 0.1 aggregate max");
                    same(redis, ours, "zinterstore i 2 z lex");
                    same(redis, ours, "zdiff 2 z i withscores");
                    same(redis, ours, "zpopmax u 100");
                    same(redis, ours, "object encoding u");
                }
            }
            exchange(redis, ours);
        }
    }

    /** Each restores what the other dumps, with the same digest. */
    private static void exchange(RedisProcess redis, CommandHarness ours) throws Exception {
        for (String key : List.of("z", "lex", "u", "i")) {
            byte[] name = key.getBytes(StandardCharsets.ISO_8859_1);
            assertThat(ours.run(restore("theirs", redis.run("dump", key)))).isEqualTo("+OK\r\n");
            redis.run(restore("ours", ours.run("dump " + key)));
            String digest = redis.run("debug", "digest-value", key);
            assertThat(redis.run("debug", "digest-value", "ours")).isEqualTo(digest);
            assertThat(digest).contains(DatasetDigest.of(ours.keyspace).value(0, name));
            assertThat(digest)
                    .contains(DatasetDigest.of(ours.keyspace).value(0, "theirs".getBytes(StandardCharsets.ISO_8859_1)));
            redis.run("del", "ours");
            ours.run("del theirs");
        }
    }

    private static List<byte[]> restore(String key, String dumped) {
        int start = dumped.indexOf("\r\n") + 2;
        List<byte[]> words = new ArrayList<>();
        for (String word : List.of("restore", key, "0", dumped.substring(start, dumped.length() - 2))) {
            words.add(word.getBytes(StandardCharsets.ISO_8859_1));
        }
        return words;
    }

    /** The C library rounds its sines correctly most of the time, ours always do. */
    @Test
    void storedDistancesAreThoseOfRedisButForTheLastBit() throws Exception {
        Random random = new Random(2);
        int members = 0;
        int equal = 0;
        try (RedisProcess redis = RedisProcess.start(directory);
                CommandHarness ours = new CommandHarness(false)) {
            for (int i = 0; i < 1500; i++) {
                same(
                        redis,
                        ours,
                        String.format(
                                Locale.ROOT,
                                "geoadd g %.6f %.6f m%d",
                                random.nextDouble() * 360 - 180,
                                random.nextDouble() * 170 - 85,
                                i));
            }
            for (int i = 0; i < 60; i++) {
                String search = String.format(
                        Locale.ROOT,
                        "geosearchstore d g fromlonlat %.5f %.5f byradius %d km storedist",
                        random.nextDouble() * 360 - 180,
                        random.nextDouble() * 160 - 80,
                        random.nextInt(6000));
                same(redis, ours, search);
                List<?> expected = list(redis.run("zrange", "d", "0", "-1", "withscores"));
                List<?> actual = list(ours.run("zrange d 0 -1 withscores"));
                for (int j = 1; j < expected.size(); j += 2) {
                    double theirs = Double.parseDouble(String.valueOf(expected.get(j)));
                    assertThat(Double.parseDouble(String.valueOf(actual.get(j))))
                            .isCloseTo(theirs, within(4 * Math.ulp(theirs)));
                    members++;
                    equal += expected.get(j).equals(actual.get(j)) ? 1 : 0;
                }
            }
        }
        assertThat(members).isGreaterThan(1000);
        assertThat(equal).isGreaterThan((int) (members * 0.97));
    }

    private static List<?> list(String reply) {
        return (List<?>) Objects.requireNonNull(RespConnection.parse(reply));
    }
}
