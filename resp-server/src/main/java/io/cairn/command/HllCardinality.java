package io.cairn.command;

import io.cairn.keyspace.Memory;

/**
 * How many different elements a HyperLogLog has seen, by the estimator of Otmar Ertl (arXiv:1702.01284), from how often each value of a register occurs.
 * Only operations with one correct result are used (no pow): equal on every JVM, and equal to Redis's. Redis: hllCount.
 */
final class HllCardinality {
    private static final int HISTOGRAM = 64;
    /** 0.5 / ln 2. */
    private static final double ALPHA = 0.7213475204444817;

    private HllCardinality() {}

    /** The estimate for a value that {@link HllFormat#isSketch}; -1 if its sparse form is damaged. */
    static long of(long address, int length) {
        int[] histogram = new int[HISTOGRAM];
        if (HllFormat.encoding(address) == HllFormat.DENSE) {
            dense(address + HllFormat.HEADER_BYTES, histogram);
        } else if (!sparse(address + HllFormat.HEADER_BYTES, address + length, histogram)) {
            return -1;
        }
        return estimate(histogram);
    }

    /** The estimate for registers, one a byte. */
    static long of(byte[] registers) {
        int[] histogram = new int[HISTOGRAM];
        for (byte register : registers) {
            histogram[register]++;
        }
        return estimate(histogram);
    }

    private static void dense(long registers, int[] histogram) {
        long end = registers + HllFormat.DENSE_BYTES - HllFormat.HEADER_BYTES;
        // Four registers are three bytes.
        for (long at = registers; at < end; at += 3) {
            int four = (Memory.getByte(at) & 0xff)
                    | ((Memory.getByte(at + 1) & 0xff) << 8)
                    | ((Memory.getByte(at + 2) & 0xff) << 16);
            histogram[four & 63]++;
            histogram[(four >> 6) & 63]++;
            histogram[(four >> 12) & 63]++;
            histogram[four >> 18]++;
        }
    }

    private static boolean sparse(long from, long end, int[] histogram) {
        long registers = 0;
        int run;
        for (long at = from; at < end; at += HllFormat.bytes(run)) {
            run = Memory.getByte(at);
            int count = HllFormat.registers(at, end);
            histogram[HllFormat.isValue(run) ? HllFormat.value(run) : 0] += count;
            registers += count;
        }
        return registers == HllFormat.REGISTERS;
    }

    private static long estimate(int[] histogram) {
        double m = HllFormat.REGISTERS;
        double z = m * tau((m - histogram[HllFormat.MAX_ZEROS + 1]) / m);
        for (int i = HllFormat.MAX_ZEROS; i >= 1; i--) {
            z += histogram[i];
            z *= 0.5;
        }
        z += m * sigma(histogram[0] / m);
        double estimate = ALPHA * m * m / z;
        // All registers beyond what a hash can give, in a value made by hand: what x86 makes of infinity.
        return Double.isInfinite(estimate) ? Long.MIN_VALUE : Math.round(estimate);
    }

    private static double sigma(double of) {
        if (of == 1) {
            return Double.POSITIVE_INFINITY;
        }
        double x = of;
        double y = 1;
        double z = x;
        double before;
        do {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        } while (z != before);
        return z;
    }

    private static double tau(double of) {
        if (of == 0 || of == 1) {
            return 0;
        }
        double x = of;
        double y = 1;
        double z = 1 - x;
        double before;
        do {
            x = Math.sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        } while (z != before);
        return z / 3;
    }
}
