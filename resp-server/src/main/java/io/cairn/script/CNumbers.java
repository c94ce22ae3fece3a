package io.cairn.script;

/** Conversions as C does them on x86-64. */
final class CNumbers {
    private static final double TWO_63 = 0x1p63;

    private CNumbers() {}

    /** {@code (long long) value}: what does not fit, and NaN, is the smallest number. */
    static long toLong(double value) {
        return value >= -TWO_63 && value < TWO_63 ? (long) value : Long.MIN_VALUE;
    }
}
