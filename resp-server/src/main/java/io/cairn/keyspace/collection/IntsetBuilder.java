package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;

/** An intset that can be changed, in native scratch memory of its own. Not thread-safe. Redis: intsetAdd, intsetRemove. */
public final class IntsetBuilder implements AutoCloseable {
    private static final int FIRST_CAPACITY = 128;

    private long address = Memory.allocate(FIRST_CAPACITY);
    private long capacity = FIRST_CAPACITY;

    public IntsetBuilder() {
        begin();
    }

    /** Begins anew with an empty intset. */
    public void begin() {
        Memory.putInt(address, Short.BYTES);
        Memory.putInt(address + Integer.BYTES, 0);
    }

    /** Begins anew with a copy of an intset that is valid. */
    public void load(long set) {
        begin();
        int bytes = Intset.bytes(set);
        reserve(bytes + (long) Intset.width(set));
        Memory.copy(set, address, bytes);
    }

    public long address() {
        return address;
    }

    public int bytes() {
        return Intset.bytes(address);
    }

    public int count() {
        return Intset.count(address);
    }

    /** Adds a number; false if it was there. */
    public boolean add(long number) {
        int index = Intset.find(address, number);
        if (index >= 0) {
            return false;
        }
        int count = count();
        if (count == Intset.MAX_COUNT) {
            throw new OutOfMemoryError("an intset of more than " + Intset.MAX_COUNT + " numbers");
        }
        widen(Math.max(Intset.width(address), Intset.widthOf(number)));
        int width = Intset.width(address);
        int before = -1 - index;
        long at = place(before, width);
        Memory.copy(at, at + width, (long) (count - before) * width);
        put(at, number, width);
        Memory.putInt(address + Integer.BYTES, count + 1);
        return true;
    }

    /** Makes room for one number more, and all numbers {@code width} bytes wide. */
    private void widen(int width) {
        int count = count();
        reserve(Intset.HEADER + (count + 1L) * width);
        int old = Intset.width(address);
        if (old != width) {
            for (int i = count - 1; i >= 0; i--) {
                put(place(i, width), Intset.get(address, i, old), width);
            }
            Memory.putInt(address, width);
        }
    }

    private long place(int index, int width) {
        return address + Intset.HEADER + (long) index * width;
    }

    private static void put(long at, long number, int width) {
        switch (width) {
            case Short.BYTES -> {
                Memory.putByte(at, (byte) number);
                Memory.putByte(at + 1, (byte) (number >> 8));
            }
            case Integer.BYTES -> Memory.putInt(at, (int) number);
            default -> Memory.putLong(at, number);
        }
    }

    private void reserve(long bytes) {
        if (capacity < bytes) {
            long larger = Math.max(bytes, capacity * 2);
            address = Memory.reallocate(address, larger);
            capacity = larger;
        }
    }

    /** Removes a number; false if it was not there. */
    public boolean remove(long number) {
        int index = Intset.find(address, number);
        if (index >= 0) {
            removeAt(index);
        }
        return index >= 0;
    }

    /** Removes the number at an index; those behind it move up. */
    public void removeAt(int index) {
        int width = Intset.width(address);
        int count = count();
        long at = place(index, width);
        Memory.copy(at + width, at, (long) (count - index - 1) * width);
        Memory.putInt(address + Integer.BYTES, count - 1);
    }

    @Override
    public void close() {
        Memory.free(address, capacity);
        address = 0;
        capacity = 0;
    }
}
