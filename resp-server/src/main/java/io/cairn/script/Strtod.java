package io.cairn.script;

import java.nio.charset.StandardCharsets;

/**
 * The number that bytes begin with, as C's strtod reads it without the leading blanks.
 *
 * @param end where it ends; the beginning when there is none
 */
record Strtod(double value, int end) {
    static Strtod parse(byte[] data, int from) {
        int at = from;
        boolean negative = at < data.length && data[at] == '-';
        if (negative || (at < data.length && data[at] == '+')) {
            at++;
        }
        Strtod magnitude = word(data, at);
        if (magnitude.end == at) {
            magnitude = hex(data, at);
        }
        if (magnitude.end == at) {
            magnitude = decimal(data, at);
        }
        if (magnitude.end == at) {
            return new Strtod(0, from);
        }
        return new Strtod(negative ? -magnitude.value : magnitude.value, magnitude.end);
    }

    private static int at(byte[] data, int position) {
        return position < data.length ? data[position] & 0xff : 0;
    }

    private static boolean begins(byte[] data, int at, String word) {
        for (int i = 0; i < word.length(); i++) {
            if ((at(data, at + i) | 0x20) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static Strtod word(byte[] data, int at) {
        if (begins(data, at, "infinity")) {
            return new Strtod(Double.POSITIVE_INFINITY, at + 8);
        }
        if (begins(data, at, "inf")) {
            return new Strtod(Double.POSITIVE_INFINITY, at + 3);
        }
        if (!begins(data, at, "nan")) {
            return new Strtod(0, at);
        }
        int end = at + 3;
        if (at(data, end) == '(') {
            int close = end + 1;
            while (Character.isLetterOrDigit(at(data, close)) || at(data, close) == '_') {
                close++;
            }
            end = at(data, close) == ')' ? close + 1 : end;
        }
        return new Strtod(Double.NaN, end);
    }

    private static int digits(byte[] data, int from, int radix) {
        int at = from;
        while (at(data, at) < 0x80 && Character.digit(at(data, at), radix) >= 0) {
            at++;
        }
        return at;
    }

    /** The end of digits with a point somewhere, or {@code from} when there is no digit. */
    private static int mantissa(byte[] data, int from, int radix) {
        int whole = digits(data, from, radix);
        if (at(data, whole) != '.') {
            return whole;
        }
        int end = digits(data, whole + 1, radix);
        return end == whole + 1 && whole == from ? from : end;
    }

    /** The end of an exponent that begins with a letter, or {@code from} when it is none. */
    private static int exponent(byte[] data, int from, char letter) {
        if ((at(data, from) | 0x20) != letter) {
            return from;
        }
        int sign = from + 1;
        if (at(data, sign) == '+' || at(data, sign) == '-') {
            sign++;
        }
        int end = digits(data, sign, 10);
        return end == sign ? from : end;
    }

    private static Strtod hex(byte[] data, int at) {
        if (at(data, at) != '0' || (at(data, at + 1) | 0x20) != 'x') {
            return new Strtod(0, at);
        }
        int mantissa = mantissa(data, at + 2, 16);
        if (mantissa == at + 2) {
            return new Strtod(0, at + 1); // The zero before the x.
        }
        int end = exponent(data, mantissa, 'p');
        String text = new String(data, at, end - at, StandardCharsets.ISO_8859_1);
        return new Strtod(Double.parseDouble(end == mantissa ? text + "p0" : text), end);
    }

    private static Strtod decimal(byte[] data, int at) {
        int mantissa = mantissa(data, at, 10);
        if (mantissa == at) {
            return new Strtod(0, at);
        }
        int end = exponent(data, mantissa, 'e');
        return new Strtod(Double.parseDouble(new String(data, at, end - at, StandardCharsets.ISO_8859_1)), end);
    }
}
