package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Memory;

/** Decimal digits of a long, and the capacity of strings that grow. */
final class Decimals {
    /** Length of Long.MIN_VALUE. */
    static final int MAX_LENGTH = 20;

    /** Redis: SDS_MAX_PREALLOC. */
    private static final int MAX_DOUBLING = 1024 * 1024;

    private Decimals() {}

    /** Writes the digits and returns their number. */
    static int write(long number, long address) {
        if (number == Long.MIN_VALUE) {
            byte[] digits = Long.toString(number).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            Memory.copy(digits, 0, address, digits.length);
            return digits.length;
        }
        int length = number < 0 ? 2 : 1;
        long left = Math.abs(number);
        for (long rest = left; rest >= 10; rest /= 10) {
            length++;
        }
        int at = length;
        do {
            Memory.putByte(address + --at, (byte) ('0' + left % 10));
            left /= 10;
        } while (left > 0);
        if (number < 0) {
            Memory.putByte(address, (byte) '-');
        }
        return length;
    }

    /**
     * Capacity for a string of {@code length} bytes that is likely to grow again: twice as much as in Redis's
     * sdsMakeRoomFor, but above 1 MB a quarter more, so that appending stays linear.
     */
    static int grownCapacity(int length, boolean growing) {
        if (!growing) {
            return length;
        }
        long more = length < MAX_DOUBLING ? length : length / 4;
        return (int) Math.min(Integer.MAX_VALUE - 16L, length + more);
    }
}
