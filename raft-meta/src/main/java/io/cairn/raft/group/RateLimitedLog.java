package io.cairn.raft.group;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;

/** One warning a second at most, with the number of those left out: strangers must not fill the log. */
final class RateLimitedLog {
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Logger log;
    private long nextNanos = System.nanoTime();
    private long leftOut;

    RateLimitedLog(Logger log) {
        this.log = log;
    }

    synchronized void warn(String message) {
        long now = System.nanoTime();
        if (now - nextNanos < 0) {
            leftOut++;
            return;
        }
        log.warn("{} ({} like it left out)", message, leftOut);
        leftOut = 0;
        nextNanos = now + INTERVAL_NANOS;
    }
}
