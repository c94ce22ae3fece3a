package io.cairn.resp;

import io.cairn.config.OutputLimit;

/** Says when a connection's unsent replies are over its class's limit (Redis: checkClientOutputBufferLimits). */
final class OutputClock {
    /** Since when the soft limit is exceeded, milliseconds of the Unix epoch; 0 while it is not. */
    private long softSinceMillis;

    boolean running() {
        return softSinceMillis != 0;
    }

    /** True when {@link #over} must be asked: bytes are over some bound, or were. */
    boolean matters(OutputLimit limit, long bytes) {
        return softSinceMillis != 0
                || (limit.hardBytes() > 0 && bytes > limit.hardBytes())
                || (limit.softBytes() > 0 && bytes > limit.softBytes());
    }

    boolean over(OutputLimit limit, long bytes, long nowMillis) {
        boolean over = limit.hardBytes() > 0 && bytes > limit.hardBytes();
        if (limit.softBytes() == 0 || bytes <= limit.softBytes()) {
            softSinceMillis = 0;
            return over;
        }
        if (softSinceMillis == 0) {
            softSinceMillis = nowMillis;
        }
        return over || nowMillis - softSinceMillis > limit.softSeconds() * 1000;
    }
}
