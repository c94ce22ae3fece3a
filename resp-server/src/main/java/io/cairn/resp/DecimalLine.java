package io.cairn.resp;

import io.cairn.keyspace.Memory;

/** Reads the number of a protocol line as strictly as Redis's string2ll: no sign but -, no leading zero, no space. */
final class DecimalLine {
    /** No number, or one of more than 18 digits: far beyond every limit of the protocol. */
    static final long INVALID = Long.MIN_VALUE;

    private static final int MAX_DIGITS = 18;

    private DecimalLine() {}

    static long parse(long address, int length) {
        if (length <= 0) {
            return INVALID;
        }
        int i = 0;
        boolean negative = Memory.getByte(address) == '-';
        if (negative) {
            i = 1;
        }
        int digits = length - i;
        if (digits < 1 || digits > MAX_DIGITS) {
            return INVALID;
        }
        byte first = Memory.getByte(address + i);
        if (first == '0') {
            return length == 1 ? 0 : INVALID;
        }
        long value = 0;
        for (; i < length; i++) {
            int digit = Memory.getByte(address + i) - '0';
            if (digit < 0 || digit > 9) {
                return INVALID;
            }
            value = value * 10 + digit;
        }
        return negative ? -value : value;
    }
}
