package io.cairn.jepsen.net;

import java.util.concurrent.TimeUnit;

/**
 * What a link does to its bytes. None of it reorders or loses any within a connection that lives, as TCP does not.
 *
 * @param cut nothing passes; what was sent waits, {@value Pipe#MAX_HELD_BYTES} bytes a connection, then reading stops. New
 *     connections are accepted and hang
 * @param delayNanos each chunk passes so much later
 * @param jitterNanos and up to so much more, drawn for each chunk
 * @param loss the share of chunks that are "lost": they, and all behind them, wait for a retransmission
 * @param bytesPerSecond of one connection; 0 for no limit
 * @param resetAfterBytes a connection that has passed so many under this rule is reset; 0 for never
 */
public record Rule(
        boolean cut, long delayNanos, long jitterNanos, double loss, long bytesPerSecond, long resetAfterBytes) {
    /** The retransmission timeout of TCP on a link with little delay: Linux's least. */
    static final long RETRANSMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private static final int MOST_CHUNK_BYTES = 64 * 1024;
    private static final int SMALL_CHUNK_BYTES = 4 * 1024;

    public static final Rule PASS = new Rule(false, 0, 0, 0, 0, 0);
    public static final Rule CUT = new Rule(true, 0, 0, 0, 0, 0);

    /** Between {@code leastMillis} and {@code mostMillis} for each chunk. */
    public static Rule delay(int leastMillis, int mostMillis) {
        long least = TimeUnit.MILLISECONDS.toNanos(leastMillis);
        return new Rule(false, least, TimeUnit.MILLISECONDS.toNanos(mostMillis) - least, 0, 0, 0);
    }

    public static Rule loss(double share) {
        return new Rule(false, 0, 0, share, 0, 0);
    }

    public static Rule throttle(long bytesPerSecond) {
        return new Rule(false, 0, 0, 0, bytesPerSecond, 0);
    }

    public static Rule resetAfter(long bytes) {
        return new Rule(false, 0, 0, 0, 0, bytes);
    }

    /** Both at once: of each the worse. */
    Rule and(Rule other) {
        return new Rule(
                cut || other.cut,
                Math.max(delayNanos, other.delayNanos),
                Math.max(jitterNanos, other.jitterNanos),
                Math.max(loss, other.loss),
                lesser(bytesPerSecond, other.bytesPerSecond),
                lesser(resetAfterBytes, other.resetAfterBytes));
    }

    private static long lesser(long a, long b) {
        return a == 0 || b == 0 ? Math.max(a, b) : Math.min(a, b);
    }

    /** Whether chunks wait for a time of their own. */
    boolean timed() {
        return delayNanos > 0 || jitterNanos > 0 || loss > 0 || bytesPerSecond > 0;
    }

    /** Most bytes that count as one chunk. */
    int chunkBytes() {
        return loss > 0 || bytesPerSecond > 0 ? SMALL_CHUNK_BYTES : MOST_CHUNK_BYTES;
    }
}
