package io.cairn.keyspace;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A counted native memory block that holds one large value: the keyspace holds one reference, every reply that is
 * still being sent another. Contents are immutable while more than one reference exists (copy before a change).
 */
public final class NativeBlock implements Held {
    private final long address;
    private final int capacity;
    private final AtomicInteger references = new AtomicInteger(1);

    private NativeBlock(long address, int capacity) {
        this.address = address;
        this.capacity = capacity;
    }

    /** @throws OutOfMemoryError when the system has no memory left */
    public static NativeBlock allocate(int capacity) {
        return new NativeBlock(Memory.allocate(Math.max(1, capacity)), capacity);
    }

    /** Makes a block of memory that {@link Memory#allocate} returned; it is freed with the last reference. */
    public static NativeBlock adopt(long address, int capacity) {
        return new NativeBlock(address, capacity);
    }

    public long address() {
        return address;
    }

    public int capacity() {
        return capacity;
    }

    public boolean shared() {
        return references.get() > 1;
    }

    public NativeBlock retain() {
        if (references.getAndIncrement() <= 0) {
            throw new IllegalStateException("native block used after its release");
        }
        return this;
    }

    @Override
    public long accountedBytes() {
        return capacity;
    }

    @Override
    public void release() {
        int left = references.decrementAndGet();
        if (left < 0) {
            throw new IllegalStateException("native block released twice");
        }
        if (left == 0) {
            Memory.free(address, Math.max(1, capacity));
        }
    }
}
