package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;

/**
 * Readers of an intset, byte for byte Redis's format (intset.c): bytes of a number (2, 4 or 8) and how many there are, 32 bits each, then the numbers in
 * ascending order, all little-endian. {@code set} is its address. Nothing is checked but by {@link #valid}, which must have said yes to what comes from
 * outside.
 */
public final class Intset {
    static final int HEADER = 8;
    /** Most numbers that one may have. Redis: limits it to 1G as well. */
    static final int MAX_COUNT = 1 << 27;

    private Intset() {}

    public static int count(long set) {
        return Memory.getInt(set + Integer.BYTES);
    }

    static int width(long set) {
        return Memory.getInt(set);
    }

    /** Total bytes. */
    public static int bytes(long set) {
        return HEADER + count(set) * width(set);
    }

    /** The number at an index, from 0 on. */
    public static long get(long set, int index) {
        return get(set, index, width(set));
    }

    static long get(long set, int index, int width) {
        long at = set + HEADER + (long) index * width;
        return switch (width) {
            // Read with the two bytes before, which are there: the header's or another number's.
            case Short.BYTES -> Memory.getInt(at - 2) >> 16;
            case Integer.BYTES -> Memory.getInt(at);
            default -> Memory.getLong(at);
        };
    }

    /** The index of a number, or -1 - the index at which it would be. Redis: intsetSearch. */
    public static int find(long set, long number) {
        int width = width(set);
        int low = 0;
        int high = count(set) - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long there = get(set, middle, width);
            if (there < number) {
                low = middle + 1;
            } else if (there > number) {
                high = middle - 1;
            } else {
                return middle;
            }
        }
        return -1 - low;
    }

    public static boolean contains(long set, long number) {
        return find(set, number) >= 0;
    }

    /** Bytes of the smallest form of a number. Redis: _intsetValueEncoding. */
    static int widthOf(long number) {
        if (number != (int) number) {
            return Long.BYTES;
        }
        return number == (short) number ? Short.BYTES : Integer.BYTES;
    }

    /**
     * True if {@code length} bytes are a whole intset that is not empty, with its numbers in ascending order. Redis: intsetValidateIntegrity.
     */
    public static boolean valid(long set, long length) {
        if (length < HEADER) {
            return false;
        }
        int width = width(set);
        if (width != Short.BYTES && width != Integer.BYTES && width != Long.BYTES) {
            return false;
        }
        long count = count(set) & 0xFFFF_FFFFL;
        if (count == 0 || HEADER + count * width != length) {
            return false;
        }
        for (int i = 1; i < count; i++) {
            if (get(set, i, width) <= get(set, i - 1, width)) {
                return false;
            }
        }
        return true;
    }
}
