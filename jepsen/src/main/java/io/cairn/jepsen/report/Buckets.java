package io.cairn.jepsen.report;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import java.util.Arrays;

/** A history cut into pieces of time, few enough to draw: answers per second by return, latencies by call. */
final class Buckets {
    static final long RATE_NANOS = 1_000_000_000L;
    static final long LATENCY_NANOS = 250_000_000L;
    /** More pieces than the plots have pixels would show nothing more. */
    private static final int MOST = 1_000;

    private static final int OUTCOMES = 3;

    /** When the last operation, fault or phase ended. */
    final long end;

    final long rateWidth;
    final long latencyWidth;
    /** Operations by outcome and piece. */
    final int[][] counts;
    /** Nanoseconds by outcome and piece; 0 where there was no operation. */
    final long[][] median;

    final long[][] p99;

    Buckets(History history) {
        long last = 1;
        for (Operation operation : history.operations()) {
            last = Math.max(last, operation.ret());
        }
        last = Math.max(
                last, history.faults().stream().mapToLong(f -> f.healed()).max().orElse(0));
        end = Math.max(
                last, history.phases().stream().mapToLong(p -> p.end()).max().orElse(0));
        rateWidth = width(RATE_NANOS);
        latencyWidth = width(LATENCY_NANOS);
        counts = new int[OUTCOMES][(int) (end / rateWidth) + 1];
        int pieces = (int) (end / latencyWidth) + 1;
        median = new long[OUTCOMES][pieces];
        p99 = new long[OUTCOMES][pieces];
        fill(history);
    }

    /** The place of an outcome in the page's columns; its script has them in the same order. */
    static int column(Outcome outcome) {
        return switch (outcome) {
            case OK -> 0;
            case FAIL -> 1;
            case INFO -> 2;
        };
    }

    private long width(long least) {
        return least * Math.max(1, (end + least * MOST - 1) / (least * MOST));
    }

    private void fill(History history) {
        Latencies[] latencies = new Latencies[OUTCOMES];
        Arrays.setAll(latencies, outcome -> new Latencies());
        int piece = 0;
        for (Operation operation : history.operations()) {
            int outcome = column(operation.outcome());
            counts[outcome][(int) (operation.ret() / rateWidth)]++;
            int at = (int) (operation.call() / latencyWidth);
            if (at != piece) {
                close(latencies, piece);
                piece = at;
            }
            latencies[outcome].add(Math.max(1, operation.ret() - operation.call()));
        }
        close(latencies, piece);
    }

    private void close(Latencies[] latencies, int piece) {
        for (int outcome = 0; outcome < OUTCOMES; outcome++) {
            median[outcome][piece] = latencies[outcome].quantile(0.5);
            p99[outcome][piece] = latencies[outcome].quantile(0.99);
            latencies[outcome].clear();
        }
    }

    /** The latencies of one piece. */
    private static final class Latencies {
        private long[] values = new long[256];
        private int size;

        void add(long value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, 2 * size);
            }
            values[size++] = value;
        }

        long quantile(double share) {
            Arrays.sort(values, 0, size);
            return size == 0 ? 0 : values[Math.max(0, (int) Math.ceil(share * size) - 1)];
        }

        void clear() {
            size = 0;
        }
    }
}
