package io.cairn.command;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The 80-bit long double of x86 that Redis's INCRBYFLOAT computes with, in exact integer arithmetic: the result does
 * not depend on the JVM (SAFETY 10) and equals redis-server's on x86-64 to the last digit. A number is an exact
 * {@link BigDecimal} that has at most 64 significant binary digits.
 */
final class LongDouble {
    /** Longer texts are no numbers. Redis: MAX_LONG_DOUBLE_CHARS. */
    static final int MAX_TEXT = 5 * 1024 - 1;
    /** Binary digits of the significand. */
    private static final int PRECISION = 64;
    /** Exponent of the lowest binary digit of the smallest number. */
    private static final int MIN_EXPONENT = -16_445;
    /** Finite numbers are below two to this power. */
    private static final int MAX_EXPONENT = 16_384;
    /** Decimal exponents beyond this are infinite or zero whatever the digits, of which there are at most MAX_TEXT. */
    private static final int MAX_DECIMAL_EXPONENT = 20_000;

    private static final int NO_EXPONENT = Integer.MIN_VALUE;

    private final @Nullable BigDecimal finite;

    private LongDouble(@Nullable BigDecimal finite) {
        this.finite = finite;
    }

    static LongDouble of(long value) {
        return new LongDouble(BigDecimal.valueOf(value));
    }

    /**
     * Reads what C's strtold reads, decimal or hexadecimal, without surrounding space. Redis: string2ld.
     *
     * @return null for what is no number, is NaN, or is out of range
     */
    static @Nullable LongDouble parse(byte[] text) {
        if (text.length == 0 || text.length > MAX_TEXT) {
            return null;
        }
        // Redis hands the text to C as a string that ends at the first NUL, and then misses the rest.
        String characters = new String(text, StandardCharsets.ISO_8859_1);
        int sign = characters.charAt(0) == '-' || characters.charAt(0) == '+' ? 1 : 0;
        String body = lower(characters.substring(sign));
        if (body.equals("inf") || body.equals("infinity")) {
            return new LongDouble(null);
        }
        BigDecimal exact = body.startsWith("0x") ? hexadecimal(body.substring(2)) : decimal(body);
        if (exact == null) {
            return null;
        }
        BigDecimal rounded = round(exact);
        if (rounded == null || (rounded.signum() == 0 && exact.signum() != 0)) {
            return null;
        }
        return new LongDouble(characters.charAt(0) == '-' ? rounded.negate() : rounded);
    }

    boolean isInfinite() {
        return finite == null;
    }

    /** The rounded sum; null when it would be infinite or NaN. */
    @Nullable
    LongDouble plus(LongDouble other) {
        if (finite == null || other.finite == null) {
            return null;
        }
        BigDecimal sum = round(finite.add(other.finite));
        return sum == null ? null : new LongDouble(sum);
    }

    /** The product with a thousand, rounded up to a long as C's cast does it: what is too large becomes the smallest long. */
    long thousandfoldUp() {
        BigDecimal product = finite == null ? null : round(finite.multiply(BigDecimal.valueOf(1000)));
        BigDecimal up = product == null ? null : product.setScale(0, RoundingMode.CEILING);
        return up == null || up.abs().compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0
                ? Long.MIN_VALUE
                : up.longValueExact();
    }

    /** Digits as C's {@code %.17Lf} without trailing zeros. Redis: ld2string with LD_STR_HUMAN. */
    byte[] text() {
        if (finite == null) {
            throw new IllegalStateException("an infinite number is never stored");
        }
        BigDecimal shown = finite.setScale(17, RoundingMode.HALF_EVEN);
        String text = shown.signum() == 0 ? "0" : shown.stripTrailingZeros().toPlainString();
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static @Nullable BigDecimal decimal(String body) {
        int at = 0;
        int digits = 0;
        int point = -1;
        while (at < body.length() && (isDigit(body.charAt(at)) || (body.charAt(at) == '.' && point < 0))) {
            if (body.charAt(at) == '.') {
                point = at;
            } else {
                digits++;
            }
            at++;
        }
        if (digits == 0) {
            return null;
        }
        BigInteger number = new BigInteger(body.substring(0, at).replace(".", ""));
        int exponent = exponent(body, at, 'e');
        if (exponent == NO_EXPONENT) {
            return null;
        }
        int scale = (point < 0 ? 0 : at - point - 1) - exponent;
        return number.signum() == 0 ? BigDecimal.ZERO : new BigDecimal(number, scale);
    }

    private static @Nullable BigDecimal hexadecimal(String body) {
        int at = 0;
        int digits = 0;
        int point = -1;
        while (at < body.length()
                && (Character.digit(body.charAt(at), 16) >= 0 || (body.charAt(at) == '.' && point < 0))) {
            if (body.charAt(at) == '.') {
                point = at;
            } else {
                digits++;
            }
            at++;
        }
        if (digits == 0) {
            return null;
        }
        BigInteger number = new BigInteger(body.substring(0, at).replace(".", ""), 16);
        int exponent = exponent(body, at, 'p');
        if (exponent == NO_EXPONENT) {
            return null;
        }
        return number.signum() == 0
                ? BigDecimal.ZERO
                : scaled(number, exponent - (point < 0 ? 0 : 4 * (at - point - 1)));
    }

    /** The exponent that the rest of the text is: 0 if there is no rest, {@link #NO_EXPONENT} if it is none. */
    private static int exponent(String body, int from, char mark) {
        if (from == body.length()) {
            return 0;
        }
        int at = from + 1;
        boolean negative = at < body.length() && body.charAt(at) == '-';
        if (at < body.length() && (body.charAt(at) == '-' || body.charAt(at) == '+')) {
            at++;
        }
        if (body.charAt(from) != mark || at == body.length()) {
            return NO_EXPONENT;
        }
        int exponent = 0;
        int bound = mark == 'e' ? MAX_DECIMAL_EXPONENT : 4 * MAX_DECIMAL_EXPONENT;
        for (; at < body.length(); at++) {
            if (!isDigit(body.charAt(at))) {
                return NO_EXPONENT;
            }
            exponent = Math.min(bound, exponent * 10 + body.charAt(at) - '0');
        }
        return negative ? -exponent : exponent;
    }

    /** Rounds to 64 binary digits, ties to even; null above the largest number. */
    private static @Nullable BigDecimal round(BigDecimal exact) {
        if (exact.signum() == 0) {
            return BigDecimal.ZERO;
        }
        BigDecimal magnitude = exact.abs();
        // An estimate of the binary exponent from the decimal one; the loop below corrects it.
        BigInteger unscaled = magnitude.unscaledValue();
        BigInteger power = BigInteger.TEN.pow(Math.abs(magnitude.scale()));
        BigInteger numerator = magnitude.scale() > 0 ? unscaled : unscaled.multiply(power);
        BigInteger denominator = magnitude.scale() > 0 ? power : BigInteger.ONE;
        int exponent = Math.max(MIN_EXPONENT, numerator.bitLength() - denominator.bitLength() - PRECISION);
        BigInteger significand = divide(numerator, denominator, exponent);
        if (significand.bitLength() > PRECISION) {
            exponent++;
            significand = divide(numerator, denominator, exponent);
        }
        if (significand.bitLength() + exponent > MAX_EXPONENT) {
            return null;
        }
        BigDecimal rounded = scaled(significand, exponent);
        return exact.signum() < 0 ? rounded.negate() : rounded;
    }

    /** numerator / (denominator * 2^exponent), ties to even. */
    private static BigInteger divide(BigInteger numerator, BigInteger denominator, int exponent) {
        BigInteger over = exponent < 0 ? numerator.shiftLeft(-exponent) : numerator;
        BigInteger under = exponent > 0 ? denominator.shiftLeft(exponent) : denominator;
        BigInteger[] parts = over.divideAndRemainder(under);
        int half = parts[1].shiftLeft(1).compareTo(under);
        boolean up = half > 0 || (half == 0 && parts[0].testBit(0));
        return up ? parts[0].add(BigInteger.ONE) : parts[0];
    }

    /** number * 2^exponent, exactly. */
    private static BigDecimal scaled(BigInteger number, int exponent) {
        return exponent >= 0
                ? new BigDecimal(number.shiftLeft(exponent))
                : new BigDecimal(number.multiply(BigInteger.valueOf(5).pow(-exponent)), -exponent);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
