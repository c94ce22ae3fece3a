package io.cairn.acl;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Passwords that nobody guesses. Any thread. */
public final class NewPassword {
    /** Bits, unless somebody wants others. */
    public static final int BITS = 256;
    /** Redis: GENPASS_MAX_BITS. */
    public static final int MAX_BITS = 4096;

    private static final int DIGIT_BITS = 4;

    private NewPassword() {}

    /** Random hex digits of so many bits, rounded up to a digit. */
    public static String of(int bits) {
        int digits = (bits + DIGIT_BITS - 1) / DIGIT_BITS;
        byte[] random = new byte[(digits + 1) / 2];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random).substring(0, digits);
    }
}
