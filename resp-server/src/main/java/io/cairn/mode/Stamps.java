package io.cairn.mode;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Time of a shard's records: the leader stamps max(wall clock, last stamp), so that time never runs back across leaders
 * and clock steps (DESIGN 3). Any thread.
 */
final class Stamps {
    private final LongSupplier clock;
    private final AtomicLong given = new AtomicLong();
    private volatile long applied;

    /** @param clock milliseconds of the Unix epoch */
    Stamps(LongSupplier clock) {
        this.clock = clock;
    }

    /** The stamp of a new record. */
    long next() {
        long wall = clock.getAsLong();
        long last = given.get();
        while (wall > last) {
            if (given.compareAndSet(last, wall)) {
                return wall;
            }
            last = given.get();
        }
        return last;
    }

    /** Time of a read at the primary. */
    long readTime() {
        return Math.max(clock.getAsLong(), applied);
    }

    /** The highest stamp applied. */
    long applied() {
        return applied;
    }

    /** A record of {@code stamp} is being applied; answers the time that it has. On the apply thread only. */
    long apply(long stamp) {
        if (stamp > applied) {
            applied = stamp;
            given.accumulateAndGet(stamp, Math::max);
        }
        return applied;
    }

    /** Nothing is applied yet, as on all replicas of a log that begins; this node stamps nothing before {@code last}. On the apply thread only. */
    void begin(long last) {
        applied = 0;
        given.set(last);
    }

    /** Replaces the state by a snapshot's. On the apply thread only. */
    void restore(long stamp) {
        applied = stamp;
        given.set(stamp);
    }
}
