package io.cairn.aof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Full disks, failed writes, failed fsyncs. */
final class FailureTest {
    private static final Path DIRECTORY = Path.of("log");

    private final CrashStorage storage = new CrashStorage(1);

    private SegmentedLog open(Background background) throws LogException {
        return SegmentedLog.open(storage, DIRECTORY, new LogOptions("test", 8192, FsyncPolicy.ALWAYS, background));
    }

    private SegmentedLog open() throws LogException {
        return open(new Inline());
    }

    private static void eventually(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void fullDiskIsFoundBeforeAnythingIsWrittenAndTheLogGoesOn() throws LogException {
        SegmentedLog log = open();
        log.append(LogConformanceTest.entries(1, 1, 1, 100));
        storage.setCapacity(20_000); // State and one segment; no second one.
        long last = 1;
        DiskFullException full = null;
        while (full == null) {
            try {
                log.append(LogConformanceTest.entries(last + 1, last + 3, 1, 300));
                last += 3;
            } catch (DiskFullException e) {
                full = e;
            }
        }
        assertThat(last).as("the preallocated segment was used").isGreaterThan(6);
        assertThat(log.lastIndex()).isEqualTo(last);
        assertThat(log.hasRoom(2000)).isFalse();
        assertThat(LogModel.held(log)).hasSize((int) last);
        storage.setCapacity(1_000_000);
        log.append(LogConformanceTest.entries(last + 1, last + 3, 1, 300));
        assertThat(log.hasRoom(2000)).isTrue();
        log.close();
        assertThat(open().lastIndex()).isEqualTo(last + 3);
    }

    @Test
    void purgeAndResetWorkOnAFullDisk() throws LogException {
        SegmentedLog log = open();
        log.append(LogConformanceTest.entries(1, 100, 1, 300));
        storage.setCapacity(1);
        log.truncatePrefix(90);
        log.truncateSuffix(95);
        log.reset(200);
        assertThatThrownBy(() -> log.append(LogConformanceTest.entries(200, 300, 1, 300)))
                .isInstanceOf(DiskFullException.class);
        storage.setCapacity(1_000_000);
        log.append(LogConformanceTest.entries(200, 300, 1, 300));
        assertThat(log.firstIndex()).isEqualTo(200);
    }

    @Test
    void batchThatNeedsTwoSegmentsIsNotHalfWrittenOnAFullDisk() throws LogException {
        SegmentedLog log = open();
        log.append(LogConformanceTest.entries(1, 1, 1, 100));
        storage.setCapacity(30_000);
        assertThatThrownBy(() -> log.append(LogConformanceTest.entries(2, 60, 1, 300)))
                .isInstanceOf(DiskFullException.class);
        assertThat(log.lastIndex()).isEqualTo(1);
        log.append(LogConformanceTest.entries(2, 4, 1, 300));
        log.close();
        assertThat(open().lastIndex()).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void failedWriteOrFsyncBreaksTheLogForGood(boolean fsync) throws LogException {
        SegmentedLog log = open();
        log.append(LogConformanceTest.entries(1, 3, 1, 100));
        List<LogException> heard = new CopyOnWriteArrayList<>();
        log.onBroken(heard::add);
        if (fsync) {
            storage.failForce(1);
        } else {
            storage.failWrite(1);
        }
        assertThatThrownBy(() -> log.append(LogConformanceTest.entries(4, 4, 1, 100)))
                .isInstanceOf(LogException.class)
                .isNotInstanceOf(DiskFullException.class);
        assertThat(heard).hasSize(1);
        assertThat(log.lastIndex()).isEqualTo(3);
        assertThatThrownBy(() -> log.append(LogConformanceTest.entries(4, 4, 1, 100)))
                .hasMessageContaining("broken");
        assertThatThrownBy(() -> log.read(1)).hasMessageContaining("broken");
        assertThatThrownBy(log::sync).hasMessageContaining("broken");
        assertThatThrownBy(() -> log.truncateSuffix(1)).hasMessageContaining("broken");
        assertThatThrownBy(() -> log.truncatePrefix(2)).hasMessageContaining("broken");
        assertThatThrownBy(() -> log.reset(9)).hasMessageContaining("broken");
        log.close();
        assertThat(heard).hasSize(1);
        assertThat(open().lastIndex()).isBetween(3L, 4L);
    }

    @Test
    void failedSaveOfAVoteBreaksTheStore() throws LogException {
        FileVoteStore votes = FileVoteStore.open(storage, Path.of("vote"));
        votes.save(1, "a");
        storage.failForce(1);
        assertThatThrownBy(() -> votes.save(2, "b")).isInstanceOf(LogException.class);
        assertThat(votes.term()).isEqualTo(1);
        assertThatThrownBy(() -> votes.save(3, "b")).hasMessageContaining("broken");
    }

    @Test
    void groupCommitAcknowledgesNothingAfterAFailedFsync() throws LogException {
        SegmentedLog log = open();
        List<LogException> heard = new CopyOnWriteArrayList<>();
        GroupCommit commit = new GroupCommit(log, "t", 1 << 20, heard::add);
        commit.append((byte) 0, ByteBuffer.allocate(10));
        eventually("the first is durable", () -> commit.durableIndex() == 1);
        storage.failForce(1);
        commit.append((byte) 0, ByteBuffer.allocate(10));
        List<String> ran = new CopyOnWriteArrayList<>();
        commit.whenDurable(2, () -> ran.add("ran"));
        eventually("broken", () -> heard.size() == 1);
        assertThatThrownBy(() -> commit.append((byte) 0, ByteBuffer.allocate(10)))
                .isInstanceOf(LogException.class);
        commit.close();
        assertThat(commit.durableIndex()).isEqualTo(1);
        assertThat(ran).isEmpty();
        assertThat(heard).hasSize(1);
    }

    @Test
    void groupCommitWaitsForSpaceAndGoesOnByItself() throws LogException {
        SegmentedLog log = open(Background.thread("test"));
        storage.setCapacity(60_000);
        GroupCommit commit = new GroupCommit(log, "t", 16_000, e -> {});
        long accepted = 0;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (commit.spaceAvailable() && System.nanoTime() < end) {
            if (commit.hasSpace()) {
                accepted = commit.append((byte) 0, ByteBuffer.allocate(500));
            } else {
                LockSupport.parkNanos(100_000);
            }
        }
        assertThat(commit.spaceAvailable()).isFalse();
        long all = accepted;
        eventually("what was accepted fits the reserve", () -> commit.durableIndex() == all);
        storage.setCapacity(10_000_000);
        eventually("space again", commit::spaceAvailable);
        assertThat(commit.append((byte) 0, ByteBuffer.allocate(500))).isEqualTo(all + 1);
        commit.sync();
        commit.close();
        log.close();
        assertThat(open().lastIndex()).isEqualTo(all + 1);
    }

    @Test
    void acceptedRecordThatFindsNoSpaceIsWrittenLater() throws LogException {
        SegmentedLog log = open(Background.thread("test"));
        GroupCommit commit = new GroupCommit(log, "t", 16_000, e -> {});
        commit.append((byte) 0, ByteBuffer.allocate(10));
        eventually("first", () -> commit.durableIndex() == 1);
        storage.setCapacity(1);
        long big = commit.append((byte) 0, ByteBuffer.allocate(100_000));
        eventually("refusing", () -> !commit.spaceAvailable());
        assertThat(commit.durableIndex()).isEqualTo(1);
        storage.setCapacity(1_000_000);
        eventually("written", () -> commit.durableIndex() == big);
        eventually("space again", commit::spaceAvailable);
        commit.close();
        log.close();
    }

    @Test
    void interruptedReaderDoesNotHurtTheLog(@org.junit.jupiter.api.io.TempDir Path directory) throws LogException {
        try (SegmentedLog log = SegmentedLog.open(directory, LogOptions.of("test", 8192, FsyncPolicy.ALWAYS))) {
            log.append(LogConformanceTest.entries(1, 50, 1, 300));
            Thread.currentThread().interrupt();
            assertThat(log.read(7)).isEqualTo(LogConformanceTest.entry(7, 1, 300));
            log.append(LogConformanceTest.entries(51, 51, 1, 300));
            assertThat(Thread.interrupted()).isTrue();
            assertThat(log.read(51)).isEqualTo(LogConformanceTest.entry(51, 1, 300));
        }
    }
}
