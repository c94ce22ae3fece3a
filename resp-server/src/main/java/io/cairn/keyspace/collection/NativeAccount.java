package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;

/** The native memory of one collection with many parts, so that its sum is known at any time. */
final class NativeAccount {
    private long bytes;

    /** What the memory that is allocated now takes of the C library's, and what was added by {@link #add}. */
    long bytes() {
        return bytes;
    }

    /** Takes memory of the heap into account, as an estimate. */
    void add(long more) {
        bytes += more;
    }

    long allocate(long size) {
        long address = Memory.allocate(size);
        bytes += Allocation.bytes(size);
        return address;
    }

    long reallocate(long address, long size, long newSize) {
        long moved = Memory.reallocate(address, newSize);
        bytes += Allocation.bytes(newSize) - Allocation.bytes(size);
        return moved;
    }

    void free(long address, long size) {
        Memory.free(address, size);
        bytes -= Allocation.bytes(size);
    }
}
