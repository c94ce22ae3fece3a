package io.cairn.mode;

import java.util.concurrent.atomic.AtomicLong;

/** The time of records: the wall clock, but never before the last stamp, so that time does not run back. Any thread. */
public final class RecordClock {
    private final AtomicLong lastStamp = new AtomicLong();

    /** Milliseconds of the Unix epoch for reads: no record was stamped later. */
    public long readTime() {
        return Math.max(System.currentTimeMillis(), lastStamp.get());
    }

    /** The stamp for records that are made from now on. */
    public long stamp() {
        long now = System.currentTimeMillis();
        long last = lastStamp.get();
        while (now > last && !lastStamp.compareAndSet(last, now)) {
            last = lastStamp.get();
        }
        return Math.max(now, last);
    }

    /** A record with this stamp was replayed. */
    public void seen(long stampMillis) {
        lastStamp.accumulateAndGet(stampMillis, Math::max);
    }

    public long lastStamp() {
        return lastStamp.get();
    }
}
