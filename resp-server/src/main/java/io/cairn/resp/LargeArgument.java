package io.cairn.resp;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;

/**
 * A large argument while it is received: memory that grows as bytes arrive, so that a header promising 512 MB costs
 * nothing, and that becomes the block of the value without a copy (the system moves pages, it does not copy them).
 */
final class LargeArgument {
    private static final int FIRST_BYTES = 128 * 1024;

    private final int total;
    private final ReceiveBudget budget;
    private long address;
    private int capacity;
    private int received;

    /** @throws OutOfMemoryError when the budget or the system has no memory left */
    LargeArgument(int total, ReceiveBudget budget) {
        this.total = total;
        this.budget = budget;
        int first = Math.min(total, FIRST_BYTES);
        budget.take(first);
        try {
            address = Memory.allocate(first);
        } catch (OutOfMemoryError e) {
            budget.give(first);
            throw e;
        }
        capacity = first;
    }

    int missing() {
        return total - received;
    }

    long capacity() {
        return capacity;
    }

    /** Takes up to {@link #missing} bytes. */
    void append(long from, int length) {
        if (received + length > capacity) {
            int wanted = (int) Math.min(total, Math.max((long) received + length, 2L * capacity));
            budget.take(wanted - capacity);
            try {
                address = Memory.reallocate(address, wanted);
            } catch (OutOfMemoryError e) {
                budget.give(wanted - capacity);
                throw e;
            }
            capacity = wanted;
        }
        Memory.copy(from, address + received, length);
        received += length;
    }

    /** The complete argument; the caller owns the block, and this object is spent. */
    NativeBlock toBlock() {
        NativeBlock block = NativeBlock.adopt(address, capacity);
        budget.give(capacity);
        address = 0;
        return block;
    }

    void release() {
        if (address != 0) {
            Memory.free(address, capacity);
            budget.give(capacity);
            address = 0;
        }
    }
}
