package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DEBUG DIGEST and DIGEST-VALUE: the digests that redis-server has for the same strings. */
class DigestIT {
    private static final String ZEROS = "+" + "0".repeat(40) + "\r\n";

    @TempDir
    private Path directory;

    @Test
    void anEmptyServerHasTheDigestZero() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            assertThat(ours.line("debug digest")).isEqualTo(ZEROS);
            assertThat(ours.line("debug digest exact")).isEqualTo(ZEROS);
            assertThat(ours.line("debug digest-value nokey")).isEqualTo("*1\r\n" + ZEROS);
            assertThat(ours.line("debug digest-value")).isEqualTo("*0\r\n");
        }
    }

    @Test
    void theDigestsOfStringsAreThoseOfRedis() throws Exception {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            for (List<byte[]> command : commands()) {
                assertThat(ours.run(command)).isEqualTo(redis.run(command));
                same(redis, ours, "debug digest");
            }
            assertThat(ours.line("debug digest")).isNotEqualTo(ZEROS);
            same(redis, ours, "debug digest-value k1 n1 nokey gone large empty ttl");
            for (String line : List.of("swapdb 0 2", "select 2", "move k1 0", "flushdb", "select 0", "del k1")) {
                assertThat(ours.line(line)).isEqualTo(redis.run(line.split(" ", -1)));
                same(redis, ours, "debug digest");
            }
        }
    }

    @Test
    void whatIsExpiredButStillThereCounts() throws Exception {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            for (String line : List.of("debug set-active-expire 0", "set gone 1 px 1", "set k v", "time")) {
                redis.run(line.split(" ", -1));
                ours.line(line);
            }
            Thread.sleep(50); // Until the key has expired on both, which nothing but a read of it would show.
            same(redis, ours, "debug digest");
            same(redis, ours, "debug digest-value gone");
            String before = ours.line("debug digest");
            assertThat(ours.line("get gone")).isEqualTo("$-1\r\n");
            assertThat(ours.line("debug digest")).isNotEqualTo(before);
        }
    }

    @Test
    void theExactDigestTellsTimesOfExpiryApart() throws Exception {
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            ours.line("set k v pxat 99999999999999");
            String digest = ours.line("debug digest");
            String exact = ours.line("debug digest exact");
            assertThat(exact).isNotEqualTo(digest);
            ours.line("pexpireat k 99999999999998");
            assertThat(ours.line("debug digest")).isEqualTo(digest);
            assertThat(ours.line("debug digest exact")).isNotEqualTo(exact);
            assertThat(ours.line("debug digest nosuch")).startsWith("-ERR unknown subcommand");
        }
    }

    private static void same(RedisProcess redis, RespConnection ours, String line) throws Exception {
        assertThat(ours.line(line)).as(line).isEqualTo(redis.run(line.split(" ", -1)));
    }

    private static List<List<byte[]>> commands() {
        List<List<byte[]>> commands = new ArrayList<>();
        for (String line : List.of(
                "set k1 v1",
                "set n1 12345",
                "set n2 -9223372036854775808",
                "set n3 012",
                "set f 3.5",
                "incrbyfloat f 0.25",
                "append k1 more",
                "append n1 6",
                "set empty ",
                "set ttl v ex 1000",
                "set ttlnumber 7 ex 1000",
                "incr ttlnumber",
                "set kept v ex 1000",
                "persist kept",
                "setrange hole 5 x",
                "rpush list a 1 -70000 b",
                "expire list 1000",
                "select 3",
                "set k1 v1",
                "set other v px 1000000",
                "select 0")) {
            List<byte[]> words = new ArrayList<>();
            for (String word : line.split(" ", -1)) {
                words.add(word.getBytes(StandardCharsets.ISO_8859_1));
            }
            commands.add(words);
        }
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 200; i++) {
            byte[] key = new byte[random.nextInt(1, 40)];
            byte[] value = new byte[i % 20 == 0 ? random.nextInt(200_000) : random.nextInt(100)];
            random.nextBytes(key);
            random.nextBytes(value);
            commands.add(List.of("set".getBytes(StandardCharsets.US_ASCII), key, value));
        }
        commands.add(List.of(
                "set".getBytes(StandardCharsets.US_ASCII),
                "large".getBytes(StandardCharsets.US_ASCII),
                new byte[300_000]));
        return commands;
    }
}
