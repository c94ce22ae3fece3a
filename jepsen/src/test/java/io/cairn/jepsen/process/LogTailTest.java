package io.cairn.jepsen.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTailTest {
    private static final int FILE_BYTES = 64 * 1024;
    private static final int PAYLOAD_BYTES = 100;
    private static final int FRAME_BYTES = 26 + PAYLOAD_BYTES;
    private static final long END = LogTail.HEADER_BYTES + 3L * FRAME_BYTES;

    @TempDir
    Path directory;

    /** Three frames whose payloads end in zeros. */
    private LogTail log() throws IOException {
        ByteBuffer file = ByteBuffer.allocate(FILE_BYTES);
        file.putInt(2048, 4200).putInt(3072, 4300);
        for (int i = 0; i < 3; i++) {
            int at = LogTail.HEADER_BYTES + i * FRAME_BYTES;
            file.putInt(at, 77)
                    .putInt(at + 4, FRAME_BYTES)
                    .putLong(at + 8, 41 + i)
                    .put(at + 26, (byte) 1);
        }
        Path log = Files.createDirectories(directory.resolve("22000/shard/log"));
        Files.write(log.resolve("00000000000000000001.log"), new byte[10]);
        Files.write(log.resolve("00000000000000000041.log"), file.array());
        Files.write(
                Files.createDirectories(log.resolveSibling("snapshots")).resolve("00000000000000000099.log"),
                new byte[1]);
        List<LogTail> logs = LogTail.below(directory);
        assertThat(logs).hasSize(1);
        return logs.get(0);
    }

    @Test
    void theEndIsThatOfTheLastFrameAlsoWhenItEndsInZeros() throws IOException {
        LogTail log = log();
        assertThat(log.written()).isEqualTo(END);
        assertThat(log.mark()).isEqualTo(4300);
        assertThat(log.meta()).isFalse();
    }

    @Test
    void whereTheCheckoutLiesSaysNothing() throws IOException {
        Path home = directory.resolve("snapshots/metal");
        Files.write(
                Files.createDirectories(home.resolve("22000/shard/log")).resolve("00000000000000000001.log"),
                new byte[1]);
        Files.write(
                Files.createDirectories(home.resolve("22000/meta/log")).resolve("00000000000000000001.log"),
                new byte[1]);
        assertThat(LogTail.below(home)).extracting(LogTail::meta).containsExactly(true, false);
    }

    @Test
    void noiseLeavesEveryFrameAlone() throws IOException {
        LogTail log = log();
        byte[] before = Files.readAllBytes(log.file());
        log.scribble(new SplittableRandom(1), 50);
        byte[] after = Files.readAllBytes(log.file());
        assertThat(Arrays.copyOf(after, (int) END)).isEqualTo(Arrays.copyOf(before, (int) END));
        assertThat(after).isNotEqualTo(before).hasSameSizeAs(before);
    }

    @Test
    void aCutIsShorterAndAZeroedEndKeepsItsLength() throws IOException {
        LogTail log = log();
        assertThat(log.zero(END - 10)).isFalse();
        assertThat(log.written()).isEqualTo(END);
        assertThat(log.zero(END - FRAME_BYTES)).isTrue();
        assertThat(log.written()).isEqualTo(END - FRAME_BYTES);
        assertThat(Files.size(log.file())).isEqualTo(FILE_BYTES);
        log.truncate(END - FRAME_BYTES - 1);
        assertThat(log.written()).isEqualTo(END - 2 * FRAME_BYTES);
        assertThat(Files.size(log.file())).isEqualTo(END - FRAME_BYTES - 1);
    }
}
