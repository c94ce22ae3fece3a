package io.cairn.metrics;

/** A rate per second over the last 16 samples (Redis: trackInstantaneousMetric). One thread samples, any reads. */
final class RateSampler {
    private static final int SAMPLES = 16;

    private final long[] rates = new long[SAMPLES];
    private int at;
    private long lastValue;
    private long lastNanos;
    private boolean started;

    synchronized void sample(long value, long nowNanos) {
        if (started) {
            long elapsed = nowNanos - lastNanos;
            long grown = Math.max(0, value - lastValue);
            rates[at] = elapsed > 0 ? (long) (grown * 1e9 / elapsed) : 0;
            at = (at + 1) % SAMPLES;
        }
        started = true;
        lastValue = value;
        lastNanos = nowNanos;
    }

    synchronized long perSecond() {
        long sum = 0;
        for (long rate : rates) {
            sum += rate;
        }
        return sum / SAMPLES;
    }

    synchronized void reset() {
        java.util.Arrays.fill(rates, 0);
        started = false;
    }
}
