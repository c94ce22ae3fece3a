package io.cairn.jepsen.check;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Words;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether counters that begin at 0 (or nil) and are only incremented, by positive steps, lost or made up any. For each key:
 *
 * <ul>
 *   <li>no increment is told twice: an OK {@code incr} by s that was told v used up the numbers above v - s up to v;
 *   <li>no value is below what an operation that had returned before this one's call was told, nor below the sum of the increments
 *       acknowledged by then;
 *   <li>no value is above the sum of the increments called before this one's return, acknowledged or unknown;
 *   <li>a read called after every increment had ended is there, or the run says nothing about lost increments.
 * </ul>
 *
 * Refused increments are not counted; if they happened all the same, values are above what is possible.
 */
public final class Counter implements Checker {
    @Override
    public Finding check(History history) {
        Map<String, List<Operation>> byKey = new TreeMap<>();
        for (Operation operation : history.operations()) {
            byKey.computeIfAbsent(operation.key(), k -> new ArrayList<>()).add(operation);
        }
        List<String> problems = new Problems();
        Totals totals = new Totals();
        byKey.forEach((key, operations) -> checkKey(key, operations, totals, problems));
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("keys", (long) byKey.size());
        figures.put("acknowledged", totals.acknowledged);
        figures.put("unknown", totals.unknown);
        figures.put("refused", totals.refused);
        figures.put("final", totals.last);
        return Finding.of("counter", figures, problems);
    }

    /** Sums of steps over all keys. */
    private static final class Totals {
        private long acknowledged;
        private long unknown;
        private long refused;
        private long last;
    }

    private static void checkKey(String key, List<Operation> operations, Totals totals, List<String> problems) {
        Sums possible = new Sums();
        Sums acknowledged = new Sums();
        List<Operation> told = new ArrayList<>();
        long refused = 0;
        long ended = Long.MIN_VALUE;
        for (Operation operation : operations) {
            boolean increment = operation.f().equals("incr");
            long step = increment ? step(operation) : 0;
            if (step < 0) {
                problems.add(
                        "counter " + key + ": no positive step, which this check cannot judge: " + Words.of(operation));
            }
            if (increment) {
                ended = Math.max(ended, operation.ret());
            }
            switch (operation.outcome()) {
                case OK -> {
                    told.add(operation);
                    possible.add(operation.call(), step);
                    acknowledged.add(operation.ret(), step);
                }
                case INFO -> possible.add(operation.call(), step);
                case FAIL -> refused += step;
            }
        }
        possible.close();
        acknowledged.close();
        totals.acknowledged += acknowledged.all();
        totals.unknown += possible.all() - acknowledged.all();
        totals.refused += refused;
        bounds(key, told, possible, acknowledged, refused, problems);
        toldTwice(key, told, problems);
        finalRead(key, told, ended, totals, problems);
    }

    private static long step(Operation operation) {
        return operation.in() == null ? 1 : Words.number(operation.in(), operation);
    }

    private static long value(Operation operation) {
        return operation.out() == null && operation.f().equals("read") ? 0 : Words.number(operation.out(), operation);
    }

    private static void bounds(
            String key, List<Operation> told, Sums possible, Sums acknowledged, long refused, List<String> problems) {
        List<Operation> byReturn = new ArrayList<>(told);
        byReturn.sort(Comparator.comparingLong(Operation::ret));
        int returned = 0;
        long proven = 0;
        Operation proof = null;
        for (Operation operation : told) { // in the order of the calls
            for (; returned < byReturn.size() && byReturn.get(returned).ret() < operation.call(); returned++) {
                if (value(byReturn.get(returned)) > proven) {
                    proof = byReturn.get(returned);
                    proven = value(proof);
                }
            }
            long value = value(operation);
            long own = operation.f().equals("incr") ? step(operation) : 0;
            long sum = acknowledged.before(operation.call());
            if (value < proven + own && proof != null) {
                problems.add("counter " + key + " went back: " + Words.of(operation) + ", although before it "
                        + Words.of(proof));
            } else if (value < sum + own) {
                problems.add("counter " + key + " lost increments: " + Words.of(operation) + ", although " + sum
                        + " had been acknowledged when it was called");
            }
            long most = possible.upTo(operation.ret());
            if (value > most) {
                problems.add(
                        "counter " + key + " is above all that is possible: " + Words.of(operation) + ", although only "
                                + most + " were acknowledged or unknown when it returned"
                                + (refused > 0 ? "; " + refused + " had been reported as refused" : ""));
            }
        }
    }

    private static void toldTwice(String key, List<Operation> told, List<String> problems) {
        List<Operation> increments = new ArrayList<>(told);
        increments.removeIf(operation -> !operation.f().equals("incr"));
        increments.sort(Comparator.comparingLong(Counter::value));
        for (int i = 1; i < increments.size(); i++) {
            Operation before = increments.get(i - 1);
            Operation operation = increments.get(i);
            if (value(operation) - step(operation) < value(before)) {
                problems.add("counter " + key + ": two increments were told the same: " + Words.of(before) + " and "
                        + Words.of(operation));
            }
        }
    }

    private static void finalRead(String key, List<Operation> told, long ended, Totals totals, List<String> problems) {
        for (int i = told.size() - 1; i >= 0; i--) {
            Operation read = told.get(i);
            if (read.f().equals("read") && read.call() > ended) {
                totals.last += value(read);
                return;
            }
        }
        problems.add("counter " + key + ": no read after the last increment had ended, so the run is vacuous");
    }
}
