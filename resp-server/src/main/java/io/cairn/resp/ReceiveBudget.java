package io.cairn.resp;

import java.util.concurrent.atomic.AtomicLong;

/** Bounds the bytes of partly received large arguments over all connections of a node. Any thread. */
public final class ReceiveBudget {
    private final AtomicLong used = new AtomicLong();
    private volatile long max;

    public ReceiveBudget(long maxBytes) {
        max = maxBytes;
    }

    public void max(long maxBytes) {
        max = maxBytes;
    }

    public long used() {
        return used.get();
    }

    /** @throws OutOfMemoryError when the bound would be exceeded; nothing is taken then */
    void take(long bytes) {
        if (used.addAndGet(bytes) > max) {
            used.addAndGet(-bytes);
            throw new OutOfMemoryError("partly received arguments of all connections exceed " + max + " bytes");
        }
    }

    void give(long bytes) {
        used.addAndGet(-bytes);
    }
}
