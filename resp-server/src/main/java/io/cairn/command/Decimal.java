package io.cairn.command;

import io.cairn.keyspace.Digits;
import java.nio.charset.StandardCharsets;

/** {@link Digits} under the name that the handlers have for it. Nothing here allocates except {@link #bytes}. */
final class Decimal {
    /** Characters of the longest. */
    static final int MAX_LENGTH = Digits.MAX_LENGTH;

    private Decimal() {}

    /** True if the text is the canonical form of a long. */
    static boolean fits(long address, int length) {
        return Digits.fits(address, length);
    }

    /** The value of a text that {@link #fits}. */
    static long parse(long address, int length) {
        return Digits.parse(address, length);
    }

    /** Number of characters of {@code value}. */
    static int length(long value) {
        return Digits.length(value);
    }

    /** Writes the characters of {@code value} and returns how many they are; at most {@link #MAX_LENGTH}. */
    static int write(long value, long address) {
        return Digits.write(value, address);
    }

    /** The characters of {@code value}. */
    static byte[] bytes(long value) {
        return Long.toString(value).getBytes(StandardCharsets.ISO_8859_1);
    }
}
