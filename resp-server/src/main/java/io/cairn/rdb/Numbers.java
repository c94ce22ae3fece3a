package io.cairn.rdb;

import io.cairn.keyspace.Memory;

/** Decimal longs in exactly the form that Redis writes (string2ll): no sign but '-', no leading zeros. */
final class Numbers {
    static final int MAX_LENGTH = 20;

    private Numbers() {}

    static boolean isNumber(long address, int length) {
        if (length == 0 || length > MAX_LENGTH) {
            return false;
        }
        boolean negative = Memory.getByte(address) == '-';
        int digits = negative ? length - 1 : length;
        long at = negative ? address + 1 : address;
        if (digits == 0 || digits > 19) {
            return false;
        }
        if (Memory.getByte(at) == '0') {
            return digits == 1 && !negative;
        }
        for (int i = 0; i < digits; i++) {
            int digit = Memory.getByte(at + i) - '0';
            if (digit < 0 || digit > 9) {
                return false;
            }
        }
        // Nineteen digits may pass the range: the sum, taken downwards, then is positive.
        return digits < 19 || fits(at, digits, negative);
    }

    private static boolean fits(long at, int digits, boolean negative) {
        long value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Memory.getByte(at + i) - '0';
            if (value < Long.MIN_VALUE / 10 || value * 10 < Long.MIN_VALUE + digit) {
                return false;
            }
            value = value * 10 - digit;
        }
        return negative || value != Long.MIN_VALUE;
    }

    /** The number; call only after {@link #isNumber}. */
    static long parse(long address, int length) {
        boolean negative = Memory.getByte(address) == '-';
        long value = 0;
        for (int i = negative ? 1 : 0; i < length; i++) {
            value = value * 10 - (Memory.getByte(address + i) - '0');
        }
        return negative ? value : -value;
    }
}
