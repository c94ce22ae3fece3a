package io.cairn.keyspace.chronicle;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What the tables of one keyspace share: the hash, versions, the access clock and the memory account. */
final class Resources {
    private final KeyHash hash = new KeyHash();
    private final AtomicLong version = new AtomicLong();
    private final LongAdder used = new LongAdder();
    private final int blockThreshold;
    private final long maxBytes;
    private volatile long clock;

    Resources(KeyspaceOptions options) {
        this.blockThreshold = options.blockThreshold();
        this.maxBytes = options.maxBytes();
    }

    long hash(long address, int length) {
        return hash.of(address, length);
    }

    int blockThreshold() {
        return blockThreshold;
    }

    long nextVersion() {
        return version.incrementAndGet();
    }

    long lastVersion() {
        return version.get();
    }

    void restoreVersion(long last) {
        version.set(last);
    }

    /** Remembers the time that callers pass, so that writes, which pass none, can stamp the access clock; not 0. */
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

    long usedBytes() {
        return used.sum();
    }
}
