package io.cairn.keyspace.collection;

/**
 * Random numbers out of a seed, by SplitMix64: the same on every replica, whatever its JDK, which java.util's generators do not promise for bounded
 * numbers. Not thread-safe.
 */
public final class Chance {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private long state;

    public Chance(long seed) {
        this.state = seed;
    }

    /** 64 random bits. */
    public long next() {
        state += GOLDEN;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** A number from 0 to {@code bound - 1}, each as likely; {@code bound} is positive. */
    public int below(int bound) {
        while (true) {
            long random = next() >>> 1;
            long result = random % bound;
            // The last, incomplete run of numbers would favour the small ones.
            if (random - result <= Long.MAX_VALUE - (bound - 1)) {
                return (int) result;
            }
        }
    }
}
