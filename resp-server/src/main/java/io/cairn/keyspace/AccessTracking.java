package io.cairn.keyspace;

import java.util.concurrent.ThreadLocalRandom;

/**
 * What the 24 bits of access data of a key mean: under an LFU policy 16 bits of minutes and a counter of 8 bits that grows logarithmically,
 * otherwise the seconds of the last access modulo 2^24. They are soft: each node has its own, no digest and no record knows of them, and nothing
 * but the choice of what to evict and OBJECT depends on them. Redis: evict.c, object.c. Any thread may read and set.
 */
public final class AccessTracking {
    /** Redis: LRU_CLOCK_MAX. */
    private static final int MASK = (1 << 24) - 1;
    /** Seconds that the clocks of nodes may differ by. */
    private static final int AHEAD = 86_400;
    /** Counter of a new key, so that it is not evicted before it had a chance. Redis: LFU_INIT_VAL. */
    private static final int FIRST_COUNT = 5;

    private static final int MOST_COUNT = 255;
    private static final int MINUTE_MASK = 0xffff;
    private static final int COUNT_BITS = 8;
    private static final long MINUTE_MILLIS = 60_000;

    private volatile boolean lfu;
    private volatile boolean lru;
    private volatile int logFactor = 10;
    private volatile int decayMinutes = 1;

    /**
     * Counts accesses from now on, or keeps their times. What keys have is not rewritten: it takes a while to adjust, as in Redis.
     *
     * @param lru whether the times are what eviction goes by
     */
    public void policy(boolean lfu, boolean lru) {
        this.lfu = lfu;
        this.lru = lru;
    }

    /** True if eviction goes by the times of accesses. */
    public boolean lru() {
        return lru;
    }

    public boolean lfu() {
        return lfu;
    }

    /** lfu-log-factor. */
    public void logFactor(int factor) {
        logFactor = factor;
    }

    /** lfu-decay-time, minutes; 0 for never. */
    public void decayMinutes(int minutes) {
        decayMinutes = minutes;
    }

    /** The bits of a key that comes to be. */
    public int created(long nowMillis) {
        return lfu ? minutes(nowMillis) << COUNT_BITS | FIRST_COUNT : clock(nowMillis);
    }

    /** The bits of a key after an access. Redis: lookupKey, updateLFU. */
    public int touched(int bits, long nowMillis) {
        return lfu ? minutes(nowMillis) << COUNT_BITS | increased(frequency(bits, nowMillis)) : clock(nowMillis);
    }

    /** The bits of a key that is overwritten: only time passes. Redis: dbOverwrite. */
    public int overwritten(int bits, long nowMillis) {
        return lfu ? bits : clock(nowMillis);
    }

    /** Redis: LFULogIncr. */
    private int increased(int count) {
        if (count == MOST_COUNT) {
            return count;
        }
        double base = Math.max(0, count - FIRST_COUNT);
        double chance = 1.0 / (base * logFactor + 1);
        return ThreadLocalRandom.current().nextDouble() < chance ? count + 1 : count;
    }

    /** The counter after the time that has passed, 0 to 255; only under an LFU policy. Redis: LFUDecrAndReturn. */
    public int frequency(int bits, long nowMillis) {
        int count = bits & MOST_COUNT;
        int decay = decayMinutes;
        if (decay == 0) {
            return count;
        }
        int elapsed = (minutes(nowMillis) - (bits >>> COUNT_BITS)) & MINUTE_MASK;
        return Math.max(0, count - elapsed / decay);
    }

    /** Seconds since the last access, at most half a year, or 0 when another clock noted it that is ahead; only without an LFU policy. Redis: estimateObjectIdleTime. */
    public long idleSeconds(int bits, long nowMillis) {
        int idle = (clock(nowMillis) - bits) & MASK;
        return idle > MASK - AHEAD ? 0 : idle;
    }

    /**
     * The bits of a key that is restored with what another node knew. Redis: objectSetLRUOrLFU.
     *
     * @param idleSeconds -1 when not known
     * @param frequency -1 when not known
     */
    public int restored(long idleSeconds, int frequency, long nowMillis) {
        if (lfu) {
            return frequency < 0 ? created(nowMillis) : minutes(nowMillis) << COUNT_BITS | frequency;
        }
        return idleSeconds < 0 ? clock(nowMillis) : (int) (clock(nowMillis) - idleSeconds & MASK);
    }

    private static int clock(long nowMillis) {
        return (int) (nowMillis / 1000) & MASK;
    }

    private static int minutes(long nowMillis) {
        return (int) (nowMillis / MINUTE_MILLIS) & MINUTE_MASK;
    }
}
