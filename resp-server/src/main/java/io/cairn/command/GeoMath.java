package io.cairn.command;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/**
 * Sine, cosine and arc sine rounded to the nearest double, but for about one argument of 2^40: the same on every machine and, as good as the C library's are,
 * almost always those of redis-server. StrictMath's are not the nearest in one of a hundred.
 *
 * <p>It computes with pairs of doubles whose sum is the number, good for 100 bits. Dekker: A floating-point technique for extending the available precision (1971).
 */
final class GeoMath {
    /** Beyond half a turn (a search around half the earth and more) the result only says which cells are searched. */
    private static final double MAX_ARGUMENT = 3.2;

    /** A quarter turn in three doubles. */
    private static final double QUARTER = 1.5707963267948966;

    private static final double QUARTER_2 = 6.123233995736766e-17;
    private static final double QUARTER_3 = -1.4973849048591833e-33;

    /** Coefficients of the series from the end: 1/n! with alternating sign. */
    private static final int TERMS = 14;

    private static final double[] SINE = new double[2 * TERMS];
    private static final double[] COSINE = new double[2 * TERMS];
    private static final double SPLIT = 134_217_729;

    static {
        MathContext precision = new MathContext(50);
        BigInteger factorial = BigInteger.ONE;
        for (int n = 0; n < 2 * TERMS; n++) {
            factorial = n == 0 ? factorial : factorial.multiply(BigInteger.valueOf(n));
            BigDecimal term = BigDecimal.ONE.divide(new BigDecimal(factorial), precision);
            if (n / 2 % 2 != 0) {
                term = term.negate();
            }
            double high = term.doubleValue();
            double[] series = n % 2 == 0 ? COSINE : SINE;
            series[n / 2 * 2] = high;
            series[n / 2 * 2 + 1] = term.subtract(new BigDecimal(high)).doubleValue();
        }
    }

    private GeoMath() {}

    static double sin(double radians) {
        return Math.abs(radians) <= MAX_ARGUMENT ? new Pair().turn(radians, 0).sum() : StrictMath.sin(radians);
    }

    static double cos(double radians) {
        return Math.abs(radians) <= MAX_ARGUMENT ? new Pair().turn(radians, 1).sum() : StrictMath.cos(radians);
    }

    /** @param value from 0 on; NaN above 1 */
    static double asin(double value) {
        if (!(value <= 1) || value == 0) {
            return value == 0 ? value : Double.NaN;
        }
        if (value <= 0.5) {
            return new Pair().set(value, 0).arc().sum();
        }
        // A quarter turn less twice the arc of the root of (1 - value) / 2, which is exact.
        double square = (1 - value) / 2;
        if (square == 0) {
            return QUARTER;
        }
        double root = Math.sqrt(square);
        Pair rest = new Pair().set(root, 0).times(root, 0).plus(-square, 0);
        Pair arc = new Pair().set(root, -rest.sum() / (2 * root)).arc();
        return new Pair()
                .set(QUARTER, QUARTER_2)
                .plus(-2 * arc.high, -2 * arc.low)
                .sum();
    }

    /** A number as the sum of two doubles; the operations change it. */
    private static final class Pair {
        private double high;
        private double low;

        Pair set(double high, double low) {
            this.high = high;
            this.low = low;
            return this;
        }

        double sum() {
            return high + low;
        }

        Pair plus(double otherHigh, double otherLow) {
            double sum = high + otherHigh;
            double part = sum - high;
            double error = (high - (sum - part)) + (otherHigh - part);
            return normal(sum, error + (low + otherLow));
        }

        Pair times(double otherHigh, double otherLow) {
            double product = high * otherHigh;
            double a = SPLIT * high;
            double a1 = a - (a - high);
            double a2 = high - a1;
            double b = SPLIT * otherHigh;
            double b1 = b - (b - otherHigh);
            double b2 = otherHigh - b1;
            double error = ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2;
            return normal(product, error + (high * otherLow + low * otherHigh));
        }

        private Pair normal(double large, double small) {
            high = large + small;
            low = small - (high - large);
            return this;
        }

        /** The sine of an angle, or with {@code shift} 1 its cosine: by quarter turns to at most an eighth, then the series. */
        Pair turn(double radians, int shift) {
            int quarters = (int) Math.rint(radians / QUARTER);
            set(radians, 0);
            if (quarters != 0) {
                Pair part = new Pair().set(QUARTER, 0).times(-quarters, 0);
                plus(part.high, part.low);
                part.set(QUARTER_2, QUARTER_3).times(-quarters, 0);
                plus(part.high, part.low);
            }
            int quadrant = (quarters + shift) & 3;
            series(quadrant % 2 != 0);
            return quadrant >= 2 ? set(-high, -low) : this;
        }

        private void series(boolean cosine) {
            double x = high;
            double xLow = low;
            Pair square = new Pair().set(x, xLow).times(x, xLow);
            double[] series = cosine ? COSINE : SINE;
            set(series[2 * TERMS - 2], series[2 * TERMS - 1]);
            for (int i = 2 * TERMS - 4; i >= 0; i -= 2) {
                times(square.high, square.low).plus(series[i], series[i + 1]);
            }
            if (!cosine) {
                times(x, xLow);
            }
        }

        /** The arc whose sine this is, of at most a half: one step of Newton's from a good guess. */
        Pair arc() {
            double guess = StrictMath.asin(high);
            Pair sine = new Pair().turn(guess, 0);
            double error = plus(-sine.high, -sine.low).sum();
            double cosine = Math.sqrt(1 - sine.high * sine.high);
            return set(guess, 0).plus(error / cosine, 0);
        }
    }
}
