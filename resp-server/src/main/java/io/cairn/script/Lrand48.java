package io.cairn.script;

/** The generator behind math.random: POSIX's lrand48, the same numbers on every machine (Redis: redisLrand48). */
final class Lrand48 {
    private static final long MASK = (1L << 48) - 1;
    private static final long FACTOR = 0x5DEECE66DL;
    private static final long INCREMENT = 0xBL;
    private static final int LOW_BITS = 0x330E;

    private long state = 0x1234ABCD330EL;

    /** 31 bits of chance. */
    int next() {
        state = (state * FACTOR + INCREMENT) & MASK;
        return (int) (state >>> 17);
    }

    void seed(int seed) {
        state = ((seed & 0xFFFFFFFFL) << 16) | LOW_BITS;
    }
}
