package io.cairn.mode;

import io.cairn.config.MaxmemoryPolicy;
import io.cairn.keyspace.Keyspace;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * {@code maxmemory} of a node, what it has used of it, and how to make room. Used is what the keyspace counts (data and index, exact), function
 * libraries, and clients with their buffers; not of followers, since each eviction makes those grow (Redis: freeMemoryGetNotCountedMemory). In raft mode
 * proposals under way count besides: what they free as free, what they may add as used. Any thread. Redis: getMaxmemoryState.
 */
public final class MemoryLimit {
    private static final long MICRO = 1_000;
    private static final int MOST_SAMPLES = 1_000;
    /** Tenacity from which on eviction takes as long as it takes. */
    private static final int TENACITY_UNLIMITED = 100;

    private static final int TENACITY_LINEAR = 10;

    private final Keyspace keyspace;
    private final LongSupplier clientBytes;
    private final LongSupplier followerBytes;
    private final BooleanSupplier paused;
    private final LongAdder adds = new LongAdder();
    private final LongAdder frees = new LongAdder();
    private final LongAdder exceededNanos = new LongAdder();
    private final AtomicLong exceededSince = new AtomicLong();
    private volatile long max;
    private volatile MaxmemoryPolicy policy = MaxmemoryPolicy.NOEVICTION;
    private volatile int samples = 5;
    private volatile int tenacity = TENACITY_LINEAR;
    private volatile boolean stuck;
    private volatile boolean heapFull;

    /**
     * @param clientBytes what clients' buffers take, but for followers'
     * @param followerBytes what is kept for those who follow the node's changes
     * @param paused whether nothing may be evicted because CLIENT PAUSE holds writes back
     */
    public MemoryLimit(
            Keyspace keyspace, LongSupplier clientBytes, LongSupplier followerBytes, BooleanSupplier paused) {
        this.keyspace = keyspace;
        this.clientBytes = clientBytes;
        this.followerBytes = followerBytes;
        this.paused = paused;
    }

    /** maxmemory, bytes; 0 for none. */
    public void max(long bytes) {
        max = bytes;
    }

    public long max() {
        return max;
    }

    /** maxmemory-policy; what keys remember of their accesses follows it. */
    public void policy(MaxmemoryPolicy chosen) {
        policy = chosen;
        keyspace.access().policy(chosen.lfu(), chosen.lru());
    }

    MaxmemoryPolicy policy() {
        return policy;
    }

    /** maxmemory-samples; more than 1000 are none the better. */
    public void samples(int count) {
        samples = Math.min(count, MOST_SAMPLES);
    }

    int samples() {
        return samples;
    }

    /** maxmemory-eviction-tenacity. */
    public void tenacity(int of100) {
        tenacity = of100;
    }

    /** How long one call may evict. Redis: evictionTimeLimitUs. */
    long timeLimitNanos() {
        int chosen = tenacity;
        if (chosen >= TENACITY_UNLIMITED) {
            return Long.MAX_VALUE / 2;
        }
        return chosen <= TENACITY_LINEAR
                ? 50 * MICRO * chosen
                : (long) (500 * MICRO * Math.pow(1.15, chosen - (double) TENACITY_LINEAR));
    }

    /** Redis's used_memory: data, index, function libraries, clients and followers. */
    public long used() {
        return counted() + followerBytes.getAsLong();
    }

    /** What the limit is for. */
    private long counted() {
        return keyspace.usedBytes() + keyspace.libraries().bytes() + clientBytes.getAsLong();
    }

    /** Whether there is a limit and more is used. */
    boolean exceeded() {
        return exceeded(0);
    }

    /** As {@link #exceeded()} with {@code more} bytes that are used besides; what evictions under way free is free. */
    boolean exceeded(long more) {
        long limit = max;
        return limit > 0 && counted() + more - frees.sum() > limit;
    }

    /** Bytes to evict, with what proposals under way may add; negative when there is room. */
    long excess() {
        long limit = max;
        return limit == 0 ? Long.MIN_VALUE : counted() + adds.sum() - frees.sum() - limit;
    }

    /** Proposals that may add so many bytes are under way, or (negative) were applied. */
    void adds(long bytes) {
        adds.add(bytes);
    }

    /** Proposals that free so many bytes are under way, or (negative) were applied. */
    void frees(long bytes) {
        frees.add(bytes);
    }

    /** Whether eviction must wait: CLIENT PAUSE. */
    boolean paused() {
        return paused.getAsBoolean();
    }

    /** Notes whether memory is exceeded and nothing could be evicted, for {@link #stuck}. */
    void stuck(boolean nothingToEvict) {
        if (stuck != nothingToEvict) {
            stuck = nothingToEvict;
        }
    }

    /** The Java heap has no room for more handles: commands that need memory are refused, whatever maxmemory and its policy say. */
    public void heapFull(boolean full) {
        heapFull = full;
    }

    boolean heapFull() {
        return heapFull;
    }

    /** Whether the last eviction found nothing to evict. */
    boolean stuck() {
        return stuck;
    }

    /** Eviction begins or ends to leave more than the limit in use, for INFO. */
    void remains(boolean over) {
        if (over) {
            exceededSince.compareAndSet(0, System.nanoTime() | 1);
        } else if (exceededSince.get() != 0) {
            long since = exceededSince.getAndSet(0);
            exceededNanos.add(since == 0 ? 0 : System.nanoTime() - since);
        }
    }

    /** Milliseconds that more than maxmemory was used because eviction could not keep up. INFO: total_eviction_exceeded_time. */
    public long exceededMillis() {
        return exceededNanos.sum() / 1_000_000 + exceededNowMillis();
    }

    /** Milliseconds since eviction cannot keep up. INFO: current_eviction_exceeded_time. */
    public long exceededNowMillis() {
        long since = exceededSince.get();
        return since == 0 ? 0 : (System.nanoTime() - since) / 1_000_000;
    }

    Keyspace keyspace() {
        return keyspace;
    }
}
