package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;

/**
 * A listpack that can be changed, in native scratch memory of its own that is used again and again. Not thread-safe. Positions are as in
 * {@link Listpack}; a change makes those after it invalid, and growth {@link #address}. What is added must not lie within it.
 *
 * <p>Whoever adds sees to it that it stays small (a threshold of elements or bytes): beyond {@link Listpack#MAX_BYTES} it throws
 * {@link OutOfMemoryError}, unchanged, as it does when the system has no memory left.
 */
public final class ListpackBuilder implements AutoCloseable {
    private static final int FIRST_CAPACITY = 1024;
    /** More than this is given back at the next beginning. */
    private static final int KEPT_CAPACITY = 1 << 20;

    private long address;
    private int capacity;

    public ListpackBuilder() {
        address = Memory.allocate(FIRST_CAPACITY);
        capacity = FIRST_CAPACITY;
        ListpackEdit.clear(address);
    }

    /** Begins anew with an empty listpack. */
    public void begin() {
        if (capacity > KEPT_CAPACITY) {
            address = Memory.reallocate(address, KEPT_CAPACITY);
            capacity = KEPT_CAPACITY;
        }
        ListpackEdit.clear(address);
    }

    /** Begins anew with a copy of a listpack that is valid. */
    public void load(long lp) {
        begin();
        int bytes = Listpack.bytes(lp);
        room(bytes - Listpack.EMPTY_BYTES);
        Memory.copy(lp, address, bytes);
    }

    public long address() {
        return address;
    }

    public int bytes() {
        return Listpack.bytes(address);
    }

    public int count() {
        return Listpack.count(address);
    }

    /** Adds these bytes at the end; as a number, if they are the text of one. */
    public void append(long bytes, int length) {
        insert(bytes() - 1, bytes, length);
    }

    public void append(long number) {
        insert(bytes() - 1, number);
    }

    /** Inserts before the element at {@code at}, or at the end if {@code at} is {@link Listpack#bytes} - 1; the position of the new one, {@code at}. */
    public int insert(int at, long bytes, int length) {
        room(Listpack.itemBytes(bytes, length));
        ListpackEdit.insert(address, at, bytes, length);
        return at;
    }

    public int insert(int at, long number) {
        room(Listpack.itemBytes(number));
        ListpackEdit.insert(address, at, number);
        return at;
    }

    public void replace(int at, long bytes, int length) {
        room(Listpack.itemBytes(bytes, length));
        ListpackEdit.replace(address, at, bytes, length);
    }

    public void replace(int at, long number) {
        room(Listpack.itemBytes(number));
        ListpackEdit.replace(address, at, number);
    }

    /** Removes an element; the position of what follows, or {@link Listpack#NONE}. */
    public int remove(int at) {
        return removeRange(at, 1);
    }

    /** Removes up to {@code count} elements from {@code at} on; the position of what follows, or {@link Listpack#NONE}. */
    public int removeRange(int at, int count) {
        ListpackEdit.remove(address, at, count);
        return at == bytes() - 1 ? Listpack.NONE : at;
    }

    /**
     * Removes the {@code count} elements at {@code at}, whose place the last {@code count} take: as an array of such groups would do it. The position is
     * then that of these.
     */
    public void removeBySwap(int at, int count) {
        ListpackEdit.removeBySwap(address, at, count);
    }

    /**
     * Removes elements whose text is these bytes.
     *
     * @param most how many, all if not positive
     * @return how many there were
     */
    public int removeEqual(long bytes, int length, long most, boolean fromTail) {
        return ListpackEdit.removeEqual(address, bytes, length, most, fromTail);
    }

    @Override
    public void close() {
        Memory.free(address, capacity);
        address = 0;
        capacity = 0;
    }

    /** Makes room for so many bytes more. */
    private void room(long more) {
        long needed = bytes() + more;
        if (needed <= capacity) {
            return;
        }
        if (needed > Listpack.MAX_BYTES) {
            throw new OutOfMemoryError("a listpack may not have more than " + Listpack.MAX_BYTES + " bytes");
        }
        int larger = (int) Math.max(needed, Math.min(Listpack.MAX_BYTES, 2L * capacity));
        address = Memory.reallocate(address, larger);
        capacity = larger;
    }
}
