package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.AccessTracking;
import io.cairn.keyspace.Held;
import io.cairn.keyspace.KeyHash;
import io.cairn.keyspace.StoredObject;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the tables of one keyspace share: the hash, versions, the access clock and the memory account. */
final class Resources {
    /** Objects with no more elements are freed where they are given up (Redis: LAZYFREE_THRESHOLD). */
    private static final int FREE_AT_ONCE = 64;

    private static final int CLOSE_SECONDS = 30;
    private static final Logger LOG = LoggerFactory.getLogger(Resources.class);

    /** Its queue is bounded by the memory that the objects in it still take. */
    private final ThreadPoolExecutor reaper =
            new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Resources::thread);

    private final KeyHash hash = new KeyHash();
    /** From 1: 0 is the version of a key that is absent. */
    private final AtomicLong version = new AtomicLong(1);
    /** Versions up to {@link #base} are told as {@link #toldBase}, later ones as many above it. Changed with all stripes locked. */
    private long base;

    private long toldBase;

    private final LongAdder freed = new LongAdder();
    private final LongAdder used = new LongAdder();
    private final LongAdder expiring = new LongAdder();
    private final int blockThreshold;
    private final long maxBytes;
    private volatile long clock;
    final AccessTracking access = new AccessTracking();

    Resources(KeyspaceOptions options) {
        this.blockThreshold = options.blockThreshold();
        this.maxBytes = options.maxBytes();
        reaper.allowCoreThreadTimeOut(true);
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "cairn-free");
        thread.setDaemon(true);
        return thread;
    }

    long hash(long address, int length) {
        return hash.of(address, length);
    }

    int blockThreshold() {
        return blockThreshold;
    }

    void nextVersion() {
        version.incrementAndGet();
    }

    long version() {
        return version.get();
    }

    void restoreVersion(long last) {
        version.set(stored(last));
    }

    /** What was stored as {@code stored}, as it is told. */
    long told(long stored) {
        return stored > base ? stored - base + toldBase : stored == 0 ? 0 : toldBase;
    }

    /** The reverse. */
    long stored(long told) {
        return told > toldBase ? told - toldBase + base : told == 0 ? 0 : base;
    }

    void baseVersions(long told) {
        base = told == 0 ? 0 : version.get();
        toldBase = told;
    }

    /** Remembers the time that callers pass, so that writes, which pass none, can stamp access data; not 0. */
    void saw(long now) {
        if (now != 0 && now / 1000 != clock / 1000) {
            clock = now;
        }
    }

    long clock() {
        return clock;
    }

    /** @throws OutOfMemoryError when the limit would be passed */
    void claim(long bytes) {
        if (maxBytes > 0 && used.sum() + bytes > maxBytes) {
            throw new OutOfMemoryError("the keyspace's limit of " + maxBytes + " bytes is reached");
        }
    }

    void used(long bytes) {
        used.add(bytes);
    }

    /** An entry holds a value from now on. */
    void holds(Held value) {
        used(value.accountedBytes());
        if (value instanceof StoredObject object && object.accountedExpiring()) {
            expiring.increment();
        }
    }

    /** An entry does not hold a value any more, which {@link #dispose} is to follow. */
    void letsGo(Held value) {
        used(-value.accountedBytes());
        if (value instanceof StoredObject object && object.accountedExpiring()) {
            expiring.decrement();
        }
    }

    /** So many more collections have elements that expire. */
    void expiring(int more) {
        if (more != 0) {
            expiring.add(more);
        }
    }

    /** Number of collections with elements that expire; exact with all stripes locked. */
    long expiring() {
        return expiring.sum();
    }

    /** Gives up a reference; an object with many elements is freed by a thread of its own. */
    void dispose(Held value) {
        if (value instanceof StoredObject object && object.elements() > FREE_AT_ONCE && object.isLast()) {
            reaper.execute(() -> {
                object.release();
                freed.increment();
            });
        } else {
            value.release();
        }
    }

    long freed() {
        return freed.sum();
    }

    void resetFreed() {
        freed.reset();
    }

    /** Objects whose memory is being given back (Redis: lazyfree_pending_objects). */
    long pendingFrees() {
        return (long) reaper.getQueue().size() + reaper.getActiveCount();
    }

    /** Waits for the objects that are being freed, a bounded time. */
    void close() {
        reaper.shutdown();
        try {
            if (!reaper.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("objects are still being freed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    long usedBytes() {
        return used.sum();
    }
}
