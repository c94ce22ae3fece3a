package io.cairn.aof;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;

/** Readers on other threads, and what an entry costs in memory. */
final class ReaderTest {
    private static final Path DIRECTORY = Path.of("log");

    private final CrashStorage storage = new CrashStorage(1);

    @Test
    void readersSeeWholeEntriesOrNoneWhileTheLogIsTruncatedAndPurged() throws Exception {
        SegmentedLog log =
                SegmentedLog.open(storage, DIRECTORY, new LogOptions("test", 8192, FsyncPolicy.NO, new Inline()));
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch reading = new CountDownLatch(2);
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        List<Thread> readers = new ArrayList<>();
        for (int t = 0; t < 2; t++) {
            Random random = new Random(t);
            Thread reader = new Thread(() -> {
                boolean first = true;
                try {
                    while (!stop.get()) {
                        long index = log.firstIndex() + random.nextInt(80);
                        Entry entry = log.read(index);
                        if (entry != null) {
                            assertThat(entry).isEqualTo(LogConformanceTest.entry(index, entry.term(), 300));
                            if (first) {
                                reading.countDown();
                                first = false;
                            }
                        }
                    }
                } catch (LogException | RuntimeException | AssertionError e) {
                    failures.add(e);
                }
            });
            readers.add(reader);
            reader.start();
        }
        log.append(LogConformanceTest.entries(1, 80, 1, 300));
        // Both read before anything is cut: a machine that has no processor for them yet would show nothing.
        assertThat(reading.await(30, TimeUnit.SECONDS)).as("the readers read").isTrue();
        Random random = new Random(7);
        for (int step = 2; step <= 400 && failures.isEmpty(); step++) {
            long last = log.lastIndex();
            log.append(LogConformanceTest.entries(last + 1, last + 5, step, 300));
            if (step % 3 == 0) {
                log.truncateSuffix(Math.max(log.firstIndex() - 1, log.lastIndex() - random.nextInt(30)));
            }
            if (step % 20 == 0) {
                log.truncatePrefix(log.firstIndex() + random.nextInt(30));
            }
            if (step % 100 == 0) {
                log.reset(log.lastIndex() + 10);
            }
        }
        stop.set(true);
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(failures).isEmpty();
        log.close();
    }

    @Test
    void whatWasReadAheadIsForgottenWhenTheLogIsTruncated() throws Exception {
        SegmentedLog log =
                SegmentedLog.open(storage, DIRECTORY, new LogOptions("test", 1 << 20, FsyncPolicy.NO, new Inline()));
        log.append(LogConformanceTest.entries(1, 60, 1, 100));
        for (long index = 1; index <= 30; index++) {
            assertThat(log.read(index)).isEqualTo(LogConformanceTest.entry(index, 1, 100));
        }
        log.truncateSuffix(35);
        log.append(LogConformanceTest.entries(36, 60, 2, 100));
        for (long index = 31; index <= 60; index++) {
            assertThat(log.read(index)).isEqualTo(LogConformanceTest.entry(index, index <= 35 ? 1 : 2, 100));
        }
        assertThat(log.read(61)).isNull();
        log.append(LogConformanceTest.entries(61, 61, 2, 100));
        assertThat(log.read(61)).isEqualTo(LogConformanceTest.entry(61, 2, 100));
        log.close();
    }

    @Test
    void whoGoesThroughTheLogReadsTheDiskOnceForManyEntries() throws Exception {
        SegmentedLog log =
                SegmentedLog.open(storage, DIRECTORY, new LogOptions("test", 1 << 20, FsyncPolicy.NO, new Inline()));
        log.append(LogConformanceTest.entries(1, 5_000, 1, 100));
        long before = storage.reads();
        for (long index = 1; index <= 5_000; index++) {
            assertThat(log.read(index)).isEqualTo(LogConformanceTest.entry(index, 1, 100));
        }
        assertThat(storage.reads() - before).isLessThan(20);
        log.close();
    }

    /** The terms of a log only grow, so a reader that meets an older one than was there before it read has read what was truncated. */
    @Test
    void noReaderMeetsTruncatedEntriesAfterNewOnesTookTheirPlace() throws Exception {
        SegmentedLog log =
                SegmentedLog.open(storage, DIRECTORY, new LogOptions("test", 65_536, FsyncPolicy.NO, new Inline()));
        AtomicLongArray terms = new AtomicLongArray(20_000);
        AtomicBoolean stop = new AtomicBoolean();
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        List<Thread> readers = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            Thread reader = new Thread(() -> {
                try {
                    while (!stop.get()) {
                        // From somewhere before the end through to it, one by one.
                        for (long index = Math.max(1, log.lastIndex() - 40); index < terms.length(); index++) {
                            long before = terms.get((int) index);
                            Entry entry = log.read(index);
                            if (entry == null) {
                                break;
                            }
                            assertThat(entry.term()).isGreaterThanOrEqualTo(before);
                        }
                    }
                } catch (LogException | RuntimeException | AssertionError e) {
                    failures.add(e);
                }
            });
            readers.add(reader);
            reader.start();
        }
        Random random = new Random(7);
        for (int term = 1; term <= 1_500 && failures.isEmpty(); term++) {
            long first = log.lastIndex() + 1;
            long last = first + 1 + random.nextInt(20);
            log.append(LogConformanceTest.entries(first, last, term, 50));
            for (long index = first; index <= last; index++) {
                terms.set((int) index, term);
            }
            log.truncateSuffix(Math.max(0, last - random.nextInt(15)));
        }
        stop.set(true);
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(failures).isEmpty();
        log.close();
    }

    @Test
    void indexOfAMillionEntriesCostsLittle() throws Exception {
        SegmentHeader header = new SegmentHeader(1, 1 << 30, 0);
        try (StorageFile file = storage.open(Path.of("x"), Storage.Mode.CREATE)) {
            Segment segment = new Segment(Path.of("x"), file, header);
            for (int i = 0; i < 1_000_000; i++) {
                segment.appended(126);
            }
            assertThat(segment.lastIndex()).isEqualTo(1_000_000);
            assertThat(segment.indexBytes()).isLessThan(1_000_000);
        }
    }

    @Test
    void replayGivesEveryEntryFromAnyPoint() throws Exception {
        SegmentedLog log =
                SegmentedLog.open(storage, DIRECTORY, new LogOptions("test", 8192, FsyncPolicy.NO, new Inline()));
        log.append(LogConformanceTest.entries(1, 100, 1, 300));
        log.append(LogConformanceTest.entries(101, 101, 2, 400_000));
        log.append(LogConformanceTest.entries(102, 150, 2, 300));
        log.truncatePrefix(7);
        for (int from : new int[] {1, 7, 8, 13, 50, 100, 101, 102, 150, 151}) {
            List<Entry> seen = new ArrayList<>();
            log.replay(from, (index, term, kind, payload) -> {
                byte[] copy = new byte[payload.remaining()];
                payload.duplicate().get(copy);
                seen.add(new Entry(index, term, kind, ByteBuffer.wrap(copy)));
            });
            List<Entry> all = LogModel.held(log);
            assertThat(seen).isEqualTo(all.subList(Math.max(7, from) - 7, all.size()));
        }
        log.close();
    }
}
