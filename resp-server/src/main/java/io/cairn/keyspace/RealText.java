package io.cairn.keyspace;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Doubles as text: printed as C's {@code %.17g} prints them (Redis: addReplyDouble, d2string) and read as C's strtod reads
 * them. The same on every JDK; Double.toString is not (SAFETY 10).
 */
public final class RealText {
    /** Longer texts are taken for no number. */
    public static final int MAX_TEXT = 64 * 1024;
    /** Bytes of the longest text that is printed: {@code -1.2345678901234567e-308}. */
    public static final int MAX_PRINTED = 24;

    private static final int DIGITS = 17;
    private static final MathContext PRECISION = new MathContext(DIGITS, RoundingMode.HALF_EVEN);
    /** %g uses an exponent below this power of ten. */
    private static final int SMALLEST_PLAIN = -4;
    /** Whole numbers below this have at most 17 digits. */
    private static final double PLAIN_LIMIT = 1e17;
    /** Redis takes a double for a long long within half the range of one. */
    private static final double LONG_LIMIT = 0x1p62;
    /** So many decimal digits are exact in a double. */
    private static final int EXACT_DIGITS = 15;

    private static final double[] POWERS = {
        1, 10, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
    };

    private RealText() {}

    /** The text of {@code %.17g}; "inf", "-inf", "nan" for what is not finite. */
    public static String of(double value) {
        if (value == (long) value && Math.abs(value) < PLAIN_LIMIT) {
            return value == 0 && 1 / value < 0 ? "-0" : Long.toString((long) value);
        }
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        BigDecimal rounded = new BigDecimal(value).round(PRECISION).stripTrailingZeros();
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= SMALLEST_PLAIN && exponent < DIGITS) {
            return rounded.toPlainString();
        }
        String digits = rounded.unscaledValue().abs().toString();
        StringBuilder text = new StringBuilder(MAX_PRINTED);
        if (value < 0) {
            text.append('-');
        }
        text.append(digits.charAt(0));
        if (digits.length() > 1) {
            text.append('.').append(digits, 1, digits.length());
        }
        text.append('e').append(exponent < 0 ? '-' : '+');
        int size = Math.abs(exponent);
        if (size < 10) {
            text.append('0');
        }
        return text.append(size).toString();
    }

    /** Writes {@link #of} to memory; at most {@link #MAX_PRINTED} bytes, whose number is returned. */
    public static int write(double value, long to) {
        String text = of(value);
        for (int i = 0; i < text.length(); i++) {
            Memory.putByte(to + i, (byte) text.charAt(i));
        }
        return text.length();
    }

    /** True if the number is whole and not so large that Redis would not keep it as an integer. Redis: double2ll. */
    public static boolean isLong(double value) {
        return Math.abs(value) <= LONG_LIMIT && value == (long) value;
    }

    /**
     * Reads a number as Redis reads a score: the whole text, without space around it, in range. Redis: string2d.
     *
     * @return NaN for what is no number, is NaN, or is too large or too small for a double
     */
    public static double parse(long address, int length) {
        double value = number(address, length);
        if (Double.isInfinite(value) && !hasLetterI(address, length)) {
            return Double.NaN;
        }
        return value == 0 && hasDigitAboveZero(address, length) ? Double.NaN : value;
    }

    /**
     * Reads the end of a range as C's strtod reads it: the text ends at its first NUL, space before the number and the empty text are
     * fine, too large is infinite. Redis: zslParseRange.
     *
     * @return NaN for what is no number or is NaN
     */
    public static double parseBound(long address, int length) {
        int end = 0;
        while (end < length && Memory.getByte(address + end) != 0) {
            end++;
        }
        if (end == 0) {
            return 0;
        }
        int start = 0;
        while (start < end && isSpace(Memory.getByte(address + start))) {
            start++;
        }
        return number(address + start, end - start);
    }

    private static double number(long address, int length) {
        if (length == 0 || length > MAX_TEXT) {
            return Double.NaN;
        }
        double quick = plain(address, length);
        return Double.isNaN(quick)
                ? parse(new String(Memory.bytes(address, length), StandardCharsets.ISO_8859_1))
                : quick;
    }

    /** Digits with perhaps a sign and a point, few enough to be exact; NaN otherwise. */
    private static double plain(long address, int length) {
        boolean negative = Memory.getByte(address) == '-';
        long number = 0;
        int digits = 0;
        int behindPoint = -1;
        for (int i = negative ? 1 : 0; i < length; i++) {
            byte c = Memory.getByte(address + i);
            if (c >= '0' && c <= '9' && digits < EXACT_DIGITS) {
                number = number * 10 + (c - '0');
                digits++;
            } else if (c == '.' && behindPoint < 0) {
                behindPoint = digits;
            } else {
                return Double.NaN;
            }
        }
        if (digits == 0) {
            return Double.NaN;
        }
        // Both are exact, so that the quotient is rounded once.
        double value = behindPoint < 0 ? number : number / POWERS[digits - behindPoint];
        return negative ? -value : value;
    }

    private static double parse(String text) {
        int sign = text.charAt(0) == '-' || text.charAt(0) == '+' ? 1 : 0;
        String body = text.substring(sign).toLowerCase(Locale.ROOT);
        double value;
        if (body.equals("inf") || body.equals("infinity")) {
            value = Double.POSITIVE_INFINITY;
        } else if (body.startsWith("0x")) {
            int end = digits(body, 2, 16);
            if (end < 0 || !isExponent(body, end, 'p')) {
                return Double.NaN;
            }
            value = Double.parseDouble(end == body.length() ? body + "p0" : body);
        } else {
            int end = digits(body, 0, 10);
            if (end < 0 || !isExponent(body, end, 'e')) {
                return Double.NaN;
            }
            value = Double.parseDouble(body);
        }
        return text.charAt(0) == '-' ? -value : value;
    }

    /** Where digits with at most one point among them end; -1 if there are none. */
    private static int digits(String text, int from, int radix) {
        int at = from;
        int digits = 0;
        boolean point = false;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c < 128 && Character.digit(c, radix) >= 0) {
                digits++;
            } else if (c == '.' && !point) {
                point = true;
            } else {
                break;
            }
            at++;
        }
        return digits == 0 ? -1 : at;
    }

    /** Whether the rest of the text is empty or an exponent. */
    private static boolean isExponent(String text, int from, char mark) {
        if (from == text.length()) {
            return true;
        }
        int at = from + 1;
        if (at < text.length() && (text.charAt(at) == '-' || text.charAt(at) == '+')) {
            at++;
        }
        if (text.charAt(from) != mark || at == text.length()) {
            return false;
        }
        for (; at < text.length(); at++) {
            if (text.charAt(at) < '0' || text.charAt(at) > '9') {
                return false;
            }
        }
        return true;
    }

    /** True for the text of an infinity rather than of a number too large. */
    private static boolean hasLetterI(long address, int length) {
        for (int i = 0; i < length; i++) {
            if ((Memory.getByte(address + i) | 0x20) == 'i') {
                return true;
            }
        }
        return false;
    }

    /** True for the text of a number that is zero only because it is too small. */
    private static boolean hasDigitAboveZero(long address, int length) {
        boolean hexadecimal = length > 2
                && ((Memory.getByte(address + 1) | 0x20) == 'x' || (Memory.getByte(address + 2) | 0x20) == 'x');
        for (int i = 0; i < length; i++) {
            int c = Memory.getByte(address + i) | 0x20;
            if (c == (hexadecimal ? 'p' : 'e')) {
                return false;
            }
            if ((c >= '1' && c <= '9') || (c >= 'a' && c <= 'f')) {
                return true;
            }
        }
        return false;
    }

    private static boolean isSpace(byte c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }
}
