package io.cairn.aof;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Counts the fsyncs of one log and how long they took. Any thread. */
final class SyncTimes {
    private final LongAdder count = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private final LongAdder[] counts = new LongAdder[LogStats.SYNC_BOUNDS_MICROS.size() + 1];

    SyncTimes() {
        Arrays.setAll(counts, i -> new LongAdder());
    }

    void add(long elapsedNanos) {
        count.increment();
        nanos.add(elapsedNanos);
        int bucket = 0;
        while (bucket < counts.length - 1 && elapsedNanos > LogStats.SYNC_BOUNDS_MICROS.get(bucket) * 1_000) {
            bucket++;
        }
        counts[bucket].increment();
    }

    long count() {
        return count.sum();
    }

    long nanos() {
        return nanos.sum();
    }

    /** As {@link LogStats#syncCounts}. */
    List<Long> counts() {
        List<Long> sums = new ArrayList<>(counts.length);
        for (LongAdder bucket : counts) {
            sums.add(bucket.sum());
        }
        return sums;
    }
}
