package io.cairn.command;

/** Trigonometry whose results are the same on every machine. */
final class GeoMath {
    private GeoMath() {}

    static double sin(double radians) {
        return StrictMath.sin(radians);
    }

    static double cos(double radians) {
        return StrictMath.cos(radians);
    }

    static double asin(double value) {
        return StrictMath.asin(value);
    }
}
