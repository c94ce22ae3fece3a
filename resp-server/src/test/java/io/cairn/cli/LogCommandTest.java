package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.aof.DirectoryLock;
import io.cairn.aof.Entry;
import io.cairn.aof.FileVoteStore;
import io.cairn.aof.FsyncPolicy;
import io.cairn.aof.LogOptions;
import io.cairn.aof.SegmentedLog;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class LogCommandTest {
    @TempDir
    private Path dir;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... words) {
        return new CommandLine(new LogCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    err.append(String.valueOf(failure.getMessage()));
                    return 1;
                })
                .execute(words);
    }

    private Path log() throws Exception {
        Path directory = dir.resolve("7001/log");
        SegmentedLog.open(directory, LogOptions.of("test", LogOptions.MIN_SEGMENT_BYTES, FsyncPolicy.ALWAYS))
                .close();
        return directory;
    }

    @Test
    void checkFindsTheLogsBelowADirectory() throws Exception {
        log();
        assertThat(run("check", dir.toString())).isZero();
        assertThat(out.toString()).contains("log " + dir.resolve("7001/log"), "OK");
        assertThat(run("dump", dir.toString())).isZero();
    }

    @Test
    void aDirectoryWithoutALogIsOneClearLine() {
        assertThat(run("check", dir.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("there is no log in or below " + dir);
        assertThat(run()).isEqualTo(2);
    }

    @Test
    void repairKeepsAwayFromARunningNode() throws Exception {
        Path directory = log();
        try (DirectoryLock held = DirectoryLock.acquire(dir.resolve("7001"))) {
            assertThat(held).isNotNull();
            assertThat(run("repair", directory.toString())).isEqualTo(1);
            assertThat(err.toString()).contains("in use");
        }
        assertThat(run("repair", directory.toString())).isZero();
        assertThat(out.toString()).contains("nothing to repair");
    }

    /** A log of five entries, with a bit of the third flipped. */
    private Path damagedLog(String name) throws Exception {
        Path directory = dir.resolve(name);
        try (SegmentedLog log =
                SegmentedLog.open(directory, LogOptions.of("test", LogOptions.MIN_SEGMENT_BYTES, FsyncPolicy.ALWAYS))) {
            for (int i = 1; i <= 5; i++) {
                log.append(List.of(new Entry(i, 1, (byte) 1, ByteBuffer.wrap(new byte[] {'p', (byte) ('0' + i)}))));
            }
        }
        Path segment = directory.resolve("00000000000000000001.log");
        byte[] bytes = Files.readAllBytes(segment);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("p3");
        assertThat(at).isPositive();
        bytes[at] ^= 1;
        Files.write(segment, bytes);
        return directory;
    }

    @Test
    void snapshotsOfARaftNodeAreNoLogs() throws Exception {
        log();
        Path snapshot = dir.resolve("7001/shard/snapshots/snapshot_17");
        Files.createDirectories(snapshot);
        Files.writeString(snapshot.resolve("state"), "the last stamp");
        assertThat(run("check", dir.toString())).isZero();
        assertThat(out.toString()).doesNotContain("DAMAGED");
        Files.writeString(snapshot.resolve("data.rdb"), "REDIS0010");
        assertThat(run("repair", snapshot.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("there is no log in or below " + snapshot);
        assertThat(snapshot.resolve("state")).hasContent("the last stamp");
    }

    @Test
    void repairOfADirectoryAboveRepairsEachDamagedLog() throws Exception {
        Path whole = log();
        damagedLog("7002/log");
        damagedLog("7003/log");
        assertThat(run("check", dir.toString())).isEqualTo(1);
        assertThat(run("repair", dir.toString())).isZero();
        assertThat(out.toString())
                .contains("# " + whole, "nothing to repair", "lost: entry 3", "the log now holds 2 entries, 1 to 2");
        assertThat(run("check", dir.toString())).isZero();
    }

    @Test
    void dumpOfADamagedLogPrintsWhatItCanAndFails() throws Exception {
        damagedLog("7001/log");
        assertThat(run("dump", dir.toString())).isEqualTo(1);
        assertThat(out.toString()).contains("p1", "p2", "DAMAGED").doesNotContain("p4");
    }

    private static List<String> without(String log, String lines) {
        return lines.replace("{\"log\":\"" + log + "\",", "{").lines().toList();
    }

    @Test
    void dumpInJsonTellsEntriesVoteSnapshotAndRange() throws Exception {
        Path directory = dir.resolve("7001/shard/log");
        try (SegmentedLog log =
                SegmentedLog.open(directory, LogOptions.of("test", LogOptions.MIN_SEGMENT_BYTES, FsyncPolicy.ALWAYS))) {
            for (int i = 1; i <= 3; i++) {
                log.append(List.of(new Entry(i, i, (byte) 2, ByteBuffer.wrap(new byte[] {'1', '2', '3'}))));
            }
            log.truncatePrefix(2);
        }
        try (FileVoteStore vote = FileVoteStore.open(dir.resolve("7001/shard/vote"))) {
            vote.save(3, "me");
        }
        assertThat(run("dump", "--format", "json", dir.toString())).isZero();
        // The CRC32C of "123" is 0x107b2fb2.
        assertThat(without(directory.toString(), out.toString()))
                .containsExactly(
                        "{\"vote\":{\"term\":3,\"votedFor\":\"me\"}}",
                        "{\"index\":2,\"term\":2,\"kind\":2,\"crc\":276508594,\"bytes\":3}",
                        "{\"index\":3,\"term\":3,\"kind\":2,\"crc\":276508594,\"bytes\":3}",
                        "{\"range\":{\"first\":2,\"last\":3}}");
        out.getBuffer().setLength(0);
        assertThat(run("dump", "--format", "json", "--from", "3", dir.toString()))
                .isZero();
        assertThat(out.toString()).contains("\"index\":3").doesNotContain("\"index\":2");
    }

    @Test
    void dumpInJsonReportsATornTailAndChangesNothing() throws Exception {
        Path directory = log();
        Path segment = directory.resolve("00000000000000000001.log");
        try (SegmentedLog log =
                SegmentedLog.open(directory, LogOptions.of("test", LogOptions.MIN_SEGMENT_BYTES, FsyncPolicy.ALWAYS))) {
            log.append(List.of(new Entry(1, 1, (byte) 2, ByteBuffer.wrap(new byte[] {'p', '1'}))));
            log.append(List.of(new Entry(2, 1, (byte) 2, ByteBuffer.wrap(new byte[] {'p', '2'}))));
        }
        byte[] bytes = Files.readAllBytes(segment);
        bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf("p2")] ^= 1;
        Files.write(segment, bytes);
        assertThat(run("dump", "--format", "json", dir.toString())).isZero();
        assertThat(out.toString())
                .contains(
                        "\"index\":1,", "\"damage\":{\"torn\":true,\"entry\":2,", "\"range\":{\"first\":1,\"last\":1}")
                .doesNotContain("\"index\":2,");
        assertThat(Files.readAllBytes(segment)).isEqualTo(bytes);
    }

    @Test
    void dumpInJsonOfADamagedLogFails() throws Exception {
        damagedLog("7001/log");
        assertThat(run("dump", "--format", "json", dir.toString())).isEqualTo(1);
        assertThat(out.toString()).contains("\"index\":2,", "\"damage\":{\"torn\":false,\"entry\":3,");
    }
}
