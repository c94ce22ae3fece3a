package io.cairn.metrics;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop counts for one node: plain fields that only its thread writes, so that counting costs no more than
 * an addition. Other threads read them when they scrape and may see a value a moment old.
 */
public final class LoopStats {
    /** Histogram buckets: index n counts calls below 2^n nanoseconds; the last one takes all slower ones (over 1 s). */
    public static final int BUCKETS = 31;

    /** Codes of errors counted one by one; more are counted as "other" (Redis 7.0.15 has no bound). */
    static final int MAX_ERROR_CODES = 128;

    final long[] calls;
    final long[] nanos;
    final long[] rejected;
    final long[] failed;
    final long[] @Nullable [] histograms;
    final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
    long commands;
    long inputBytes;
    long outputBytes;
    long errorReplies;
    long hits;
    long misses;

    LoopStats(int commandCount) {
        calls = new long[commandCount];
        nanos = new long[commandCount];
        rejected = new long[commandCount];
        failed = new long[commandCount];
        histograms = new long[commandCount][];
    }

    /** A command ran for {@code elapsedNanos}. */
    public void executed(int command, long elapsedNanos, boolean hasFailed) {
        commands++;
        calls[command]++;
        nanos[command] += elapsedNanos;
        if (hasFailed) {
            failed[command]++;
        }
        long[] histogram = histograms[command];
        if (histogram == null) {
            histogram = new long[BUCKETS];
            histograms[command] = histogram;
        }
        histogram[Math.min(BUCKETS - 1, Long.SIZE - Long.numberOfLeadingZeros(elapsedNanos))]++;
    }

    /** A command was refused before it ran. */
    public void rejected(int command) {
        rejected[command]++;
    }

    /** An error reply was written; {@code code} is its first word. */
    public void error(String code) {
        errorReplies++;
        LongAdder count = errors.get(code);
        if (count == null) {
            String counted = errors.size() < MAX_ERROR_CODES ? code : "other";
            count = errors.computeIfAbsent(counted, c -> new LongAdder());
        }
        count.increment();
    }

    public void input(int bytes) {
        inputBytes += bytes;
    }

    public void output(long bytes) {
        outputBytes += bytes;
    }

    /** Keyspace hits and misses of this loop so far. */
    public void lookups(long hitsSoFar, long missesSoFar) {
        hits = hitsSoFar;
        misses = missesSoFar;
    }
}
