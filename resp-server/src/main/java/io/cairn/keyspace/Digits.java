package io.cairn.keyspace;

/**
 * Canonical decimal integers: the text that a long prints as, no more. "7" is one; "+7", "07", " 7", "-0" and
 * "9223372036854775808" are not. Redis: string2ll, ll2string. Nothing here allocates.
 */
public final class Digits {
    /** Characters of the longest: {@code -9223372036854775808}. */
    public static final int MAX_LENGTH = 20;

    private static final String MAX_DIGITS = "9223372036854775807";
    private static final String MIN_DIGITS = "9223372036854775808";

    private Digits() {}

    /** True if the text is the canonical form of a long. */
    public static boolean fits(long address, int length) {
        if (length == 0 || length > MAX_LENGTH) {
            return false;
        }
        byte first = Memory.getByte(address);
        boolean negative = first == '-';
        long digits = negative ? address + 1 : address;
        int count = negative ? length - 1 : length;
        if (count == 0 || count > 19) {
            return false;
        }
        byte leading = Memory.getByte(digits);
        if (leading < '1' || leading > '9') {
            return leading == '0' && length == 1;
        }
        for (int i = 1; i < count; i++) {
            byte digit = Memory.getByte(digits + i);
            if (digit < '0' || digit > '9') {
                return false;
            }
        }
        return count < 19 || !above(digits, negative ? MIN_DIGITS : MAX_DIGITS);
    }

    /** The value of a text that {@link #fits}. */
    public static long parse(long address, int length) {
        boolean negative = Memory.getByte(address) == '-';
        // Summed up below zero, where one more value fits.
        long value = 0;
        for (int i = negative ? 1 : 0; i < length; i++) {
            value = value * 10 - (Memory.getByte(address + i) - '0');
        }
        return negative ? value : -value;
    }

    /** Number of characters of {@code value}. */
    public static int length(long value) {
        int length = value < 0 ? 2 : 1;
        // Counted below zero, where one more value fits.
        for (long left = value > 0 ? -value : value; left <= -10; left /= 10) {
            length++;
        }
        return length;
    }

    /** Writes the characters of {@code value} and returns how many they are; at most {@link #MAX_LENGTH}. */
    public static int write(long value, long address) {
        int length = length(value);
        long left = value > 0 ? -value : value;
        long at = address + length;
        do {
            Memory.putByte(--at, (byte) ('0' - left % 10));
            left /= 10;
        } while (left != 0);
        if (value < 0) {
            Memory.putByte(address, (byte) '-');
        }
        return length;
    }

    private static boolean above(long digits, String limit) {
        for (int i = 0; i < limit.length(); i++) {
            int difference = Memory.getByte(digits + i) - limit.charAt(i);
            if (difference != 0) {
                return difference > 0;
            }
        }
        return false;
    }
}
