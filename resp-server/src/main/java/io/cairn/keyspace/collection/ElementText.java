package io.cairn.keyspace.collection;

import io.cairn.keyspace.Digits;
import io.cairn.keyspace.Memory;

/**
 * The bytes of an element of a collection: of a string where it lies, so until the next change of the collection; of a number its digits, in memory of
 * this view. Used again for one element after another.
 */
public final class ElementText implements AutoCloseable {
    private static final int DIGITS_BYTES = 24;

    private long address;
    private int length;
    private long digits;

    public long address() {
        return address;
    }

    public int length() {
        return length;
    }

    /** Shows bytes that lie somewhere. */
    public void set(long bytes, int count) {
        address = bytes;
        length = count;
    }

    /** Shows the digits of a number. */
    public void set(long number) {
        if (digits == 0) {
            digits = Memory.allocate(DIGITS_BYTES);
        }
        address = digits;
        length = Digits.write(number, digits);
    }

    /** Shows an element of a listpack. */
    public void setElement(long lp, int at) {
        if (Listpack.isNumber(lp, at)) {
            set(Listpack.number(lp, at));
        } else {
            set(Listpack.address(lp, at), Listpack.length(lp, at));
        }
    }

    @Override
    public void close() {
        if (digits != 0) {
            Memory.free(digits, DIGITS_BYTES);
            digits = 0;
        }
    }
}
