package io.cairn.gossip;

import java.util.function.LongSupplier;

/** Lets one log line through per interval and counts those it holds back, so that noise from a port fills no log. */
final class Throttle {
    private final long intervalMillis;
    private final LongSupplier clockMillis;
    private long nextMillis = Long.MIN_VALUE;
    private long held;

    Throttle(long intervalMillis, LongSupplier clockMillis) {
        this.intervalMillis = intervalMillis;
        this.clockMillis = clockMillis;
    }

    /** How many lines were held back since the last one, if this one may go; else -1. */
    synchronized long pass() {
        long now = clockMillis.getAsLong();
        if (now < nextMillis) {
            held++;
            return -1;
        }
        nextMillis = now + intervalMillis;
        long count = held;
        held = 0;
        return count;
    }
}
