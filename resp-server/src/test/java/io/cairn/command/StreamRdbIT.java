package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.rdb.RdbReader;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RDB files with streams, to and from a real redis-server. */
class StreamRdbIT {
    private static final List<String> SHOW =
            List.of("xinfo stream s full count 0", "xinfo stream empty full", "xinfo stream high full", "xrange s - +");

    @TempDir
    private Path directory;

    @BeforeEach
    void needsRedis() {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
    }

    private static List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (int i = 1; i <= 1000; i++) {
            lines.add("xadd s " + i + "-* field " + "abc".repeat(i % 40) + " number " + i * 7919L);
        }
        lines.addAll(List.of(
                "xdel s 1 500 999",
                "xgroup create s g1 0",
                "xgroup create s g2 $",
                "xreadgroup group g1 alice count 300 streams s >",
                "xreadgroup group g1 bob count 10 streams s >",
                "xack s g1 2 3 4",
                "xgroup create empty g 0 mkstream entriesread 5",
                "xgroup createconsumer empty g nobody",
                "xadd high 18446744073709551614-18446744073709551615 f v",
                "xadd high 18446744073709551615-* f v",
                "expire high 100000"));
        return lines;
    }

    @Test
    void weLoadWhatRedisSaved() throws Exception {
        try (RedisProcess redis = RedisProcess.start(directory);
                CommandHarness ours = new CommandHarness(false)) {
            for (String line : lines()) {
                redis.run(line.split(" "));
            }
            assertThat(redis.run("save")).isEqualTo("+OK\r\n");
            try (FileChannel file = FileChannel.open(directory.resolve("dump.rdb"))) {
                new RdbReader(file, ours.keyspace, 0).load();
            }
            for (String line : SHOW) {
                assertThat(ours.run(line)).as(line).isEqualTo(redis.run(line.split(" ")));
            }
        }
    }

    @Test
    void redisLoadsWhatWeSaved() throws Exception {
        Path redisDirectory = Files.createDirectory(directory.resolve("redis"));
        List<String> expected = new ArrayList<>();
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            for (String line : lines()) {
                assertThat(ours.line(line)).as(line).doesNotStartWith("-");
            }
            assertThat(ours.line("save")).isEqualTo("+OK\r\n");
            for (String line : SHOW) {
                expected.add(ours.line(line));
            }
        }
        try (Stream<Path> files = Files.walk(directory)) {
            Path dump =
                    files.filter(file -> file.endsWith("dump.rdb")).findFirst().orElseThrow();
            Files.copy(dump, redisDirectory.resolve("dump.rdb"));
        }
        try (RedisProcess redis = RedisProcess.start(redisDirectory)) {
            for (int i = 0; i < SHOW.size(); i++) {
                assertThat(redis.run(SHOW.get(i).split(" "))).as(SHOW.get(i)).isEqualTo(expected.get(i));
            }
        }
    }
}
