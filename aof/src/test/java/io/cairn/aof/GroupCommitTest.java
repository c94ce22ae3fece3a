package io.cairn.aof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class GroupCommitTest {
    @TempDir
    Path directory;

    private SegmentedLog open(FsyncPolicy policy, int segmentBytes) throws LogException {
        return SegmentedLog.open(directory, LogOptions.of("test", segmentBytes, policy));
    }

    private static void eventually(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(100_000);
        }
    }

    private static ByteBuffer text(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void anotherPolicyCountsFromTheNextAppendOnAndForcesWhatWasWritten() throws Exception {
        SegmentedLog log = open(FsyncPolicy.NO, 64 * 1024);
        GroupCommit commit = new GroupCommit(log, "t", 1 << 20, e -> {});
        commit.append((byte) 1, text("a"));
        eventually("written", () -> commit.durableIndex() == 1);
        assertThat(log.durableIndex()).isZero();
        log.policy(FsyncPolicy.EVERYSEC);
        eventually("forced within a second or so", () -> log.durableIndex() == 1);
        log.policy(FsyncPolicy.ALWAYS);
        commit.append((byte) 1, text("b"));
        eventually("acknowledged", () -> commit.durableIndex() == 2);
        assertThat(log.durableIndex()).isEqualTo(2);
        commit.close();
        log.close();
    }

    @Test
    void whoAsksAClosedLogIsAnsweredAtOnce() throws Exception {
        SegmentedLog log = open(FsyncPolicy.ALWAYS, 64 * 1024);
        GroupCommit commit = new GroupCommit(log, "t", 1 << 20, e -> {});
        long index = commit.append((byte) 1, text("a"));
        commit.close();
        boolean[] ran = {false};
        commit.whenDurable(index, () -> ran[0] = true);
        assertThat(ran[0]).isTrue();
        log.close();
    }

    @ParameterizedTest
    @EnumSource(FsyncPolicy.class)
    void whatManyThreadsAppendIsThereInOrder(FsyncPolicy policy) throws Exception {
        SegmentedLog log = open(policy, 64 * 1024);
        GroupCommit commit = new GroupCommit(log, "t", 1 << 20, e -> {});
        int threads = 4;
        int each = 8_000;
        List<Thread> producers = new ArrayList<>();
        List<long[]> indexes = new CopyOnWriteArrayList<>();
        for (int t = 0; t < threads; t++) {
            int id = t;
            Thread producer = new Thread(() -> {
                long[] mine = new long[each];
                try {
                    for (int i = 0; i < each; i++) {
                        while (!commit.hasSpace()) {
                            LockSupport.parkNanos(100_000);
                        }
                        mine[i] = commit.append((byte) id, text(id + ":" + i));
                    }
                } catch (LogException e) {
                    throw new AssertionError(e);
                }
                indexes.add(mine);
            });
            producers.add(producer);
            producer.start();
        }
        for (Thread producer : producers) {
            producer.join();
        }
        commit.sync();
        assertThat(commit.durableIndex()).isEqualTo((long) threads * each);
        commit.close();
        log.close();
        assertThat(indexes).hasSize(threads);
        try (SegmentedLog again = open(policy, 64 * 1024)) {
            assertThat(again.lastIndex()).isEqualTo((long) threads * each);
            int[] next = new int[threads];
            AtomicLong seen = new AtomicLong();
            again.replay(1, (index, term, kind, payload) -> {
                assertThat(StandardCharsets.US_ASCII.decode(payload.duplicate()).toString())
                        .isEqualTo(kind + ":" + next[kind]++);
                seen.incrementAndGet();
            });
            assertThat(seen).hasValue((long) threads * each);
        }
    }

    @Test
    void everyFormOfPayloadIsWritten() throws LogException {
        try (SegmentedLog log = open(FsyncPolicy.ALWAYS, 8192)) {
            try (GroupCommit commit = new GroupCommit(log, "t", 1 << 20, e -> {})) {
                ByteBuffer direct = ByteBuffer.allocateDirect(3_000_000);
                for (int i = 0; i < direct.capacity(); i++) {
                    direct.put(i, (byte) (i * 7));
                }
                assertThat(commit.append((byte) 1, text("heap"))).isEqualTo(1);
                assertThat(commit.append((byte) 2, direct)).isEqualTo(2);
                assertThat(commit.append((byte) 3, NativeMemory.address(direct) + 5, 100))
                        .isEqualTo(3);
                assertThat(commit.append((byte) 4, 4, target -> target.putInt(77)))
                        .isEqualTo(4);
                assertThatThrownBy(() -> commit.append((byte) 4, 4, target -> target.put((byte) 1)))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThat(commit.append((byte) 5, ByteBuffer.allocate(0))).isEqualTo(5);
                commit.sync();
                assertThat(log.read(1)).isEqualTo(new Entry(1, 0, (byte) 1, text("heap")));
                assertThat(log.read(2)).isEqualTo(new Entry(2, 0, (byte) 2, direct));
                assertThat(log.read(3)).isEqualTo(new Entry(3, 0, (byte) 3, direct.slice(5, 100)));
                assertThat(log.read(4))
                        .isEqualTo(
                                new Entry(4, 0, (byte) 4, ByteBuffer.allocate(4).putInt(0, 77)));
                assertThat(log.read(5)).isEqualTo(new Entry(5, 0, (byte) 5, ByteBuffer.allocate(0)));
            }
        }
    }

    @Test
    void waitersRunOnTheAppenderOnceTheirIndexIsDurable() throws Exception {
        try (SegmentedLog log = open(FsyncPolicy.ALWAYS, 1 << 20);
                GroupCommit commit = new GroupCommit(log, "waiters", 1 << 20, e -> {})) {
            CountDownLatch done = new CountDownLatch(3);
            List<String> seen = new CopyOnWriteArrayList<>();
            for (int i = 3; i >= 1; i--) {
                long index = i;
                commit.whenDurable(index, () -> {
                    seen.add(Thread.currentThread().getName() + index + (commit.durableIndex() >= index));
                    done.countDown();
                });
            }
            for (int i = 0; i < 3; i++) {
                commit.append((byte) 0, text("x"));
            }
            assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(seen).containsExactly("aof-waiters1true", "aof-waiters2true", "aof-waiters3true");
            CountDownLatch late = new CountDownLatch(1);
            commit.whenDurable(1, late::countDown);
            assertThat(late.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void resetGoesOnAtTheNextIndex() throws LogException {
        try (SegmentedLog log = open(FsyncPolicy.ALWAYS, 8192);
                GroupCommit commit = new GroupCommit(log, "t", 1 << 20, e -> {})) {
            commit.append((byte) 0, text("old"));
            commit.reset(500);
            assertThat(commit.append((byte) 0, text("new"))).isEqualTo(500);
            commit.sync();
            assertThat(log.firstIndex()).isEqualTo(500);
            assertThat(log.read(500)).isEqualTo(new Entry(500, 0, (byte) 0, text("new")));
        }
    }

    @Test
    void purgeWhileAppendingKeepsTheRest() throws Exception {
        try (SegmentedLog log = open(FsyncPolicy.NO, 16 * 1024);
                GroupCommit commit = new GroupCommit(log, "t", 1 << 20, e -> {})) {
            for (int i = 1; i <= 20_000; i++) {
                while (!commit.hasSpace()) {
                    LockSupport.parkNanos(100_000);
                }
                commit.append((byte) 0, text("record " + i));
                if (i % 2000 == 0) {
                    log.truncatePrefix(Math.max(1, commit.durableIndex() - 100));
                }
            }
            commit.sync();
            assertThat(log.read(20_000)).isEqualTo(new Entry(20_000, 0, (byte) 0, text("record 20000")));
            assertThat(log.firstIndex()).isGreaterThan(1);
            assertThat(log.stats().segments()).isLessThan(40);
        }
    }

    @Test
    void closedOneRefuses() throws LogException {
        try (SegmentedLog log = open(FsyncPolicy.ALWAYS, 8192)) {
            GroupCommit commit = new GroupCommit(log, "t", 1 << 20, e -> {});
            commit.append((byte) 0, text("x"));
            commit.close();
            assertThatThrownBy(() -> commit.append((byte) 0, text("y"))).isInstanceOf(LogException.class);
            assertThat(log.lastIndex()).isEqualTo(1);
        }
    }

    @Test
    void everysecForcesInTheBackground() throws LogException {
        try (SegmentedLog log = open(FsyncPolicy.EVERYSEC, 1 << 20);
                GroupCommit commit = new GroupCommit(log, "t", 1 << 20, e -> {})) {
            commit.append((byte) 0, text("x"));
            eventually("background fsync", () -> log.durableIndex() == 1);
        }
    }
}
