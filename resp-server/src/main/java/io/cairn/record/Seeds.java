package io.cairn.record;

/** Chance of records, derived from the one seed that a batch carries (SplitMix64's finalizer). */
public final class Seeds {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private Seeds() {}

    /** Seed of the record at {@code ordinal} (from 0) of a batch, and of the n-th command of a block with its record's. */
    public static long derive(long seed, int ordinal) {
        long z = seed + (ordinal + 1L) * GOLDEN;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
