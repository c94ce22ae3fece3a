package io.cairn.jepsen.check;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import java.util.List;
import java.util.Locale;

/**
 * How long the checkers take over 100,000 list-append transactions and 20,000 register operations on 4 keys, valid and
 * broken. Run it with -Xmx1g. Exit code 1 when one of them takes longer than {@value #MOST_SECONDS} s.
 */
final class CheckerBench {
    private static final int MOST_SECONDS = 60;

    private static boolean slow;

    private CheckerBench() {}

    public static void main(String[] args) {
        registers();
        AppendStore store = new AppendStore(6, 100, 4);
        History appends = SimulatedRun.of(1, store, 16, 100_000, 0.01, 0.02);
        time("100000 list-append transactions", new ListAppend(), appends);
        Operation read = stale(appends);
        List<?> step = (List<?>) Made.out(read).get(0);
        Object fewer = List.of(AppendStore.step("r", (String) step.get(1), List.of()));
        time("100000 list-append transactions, one read stale", new ListAppend(), Made.told(appends, read, fewer));
        if (slow) {
            System.out.println("slower than " + MOST_SECONDS + " s");
            System.exit(1);
        }
    }

    private static void registers() {
        History run = SimulatedRun.of(1, new RegisterStore(4, 0), 30, 20_000, 0.02, 0.05);
        time("20000 register operations on 4 keys", new Linearizable(), run);
        List<Operation> reads = run.operations().stream()
                .filter(op -> op.f().equals("read")
                        && op.outcome() == Outcome.OK
                        && op.key().equals("r0"))
                .toList();
        Operation late = reads.get(reads.size() - 5);
        Object early = reads.get(20).out();
        time("20000 register operations on 4 keys, one read stale", new Linearizable(), Made.told(run, late, early));
        History few = SimulatedRun.of(1, new RegisterStore(4, 5), 16, 20_000, 0.001, 0.05);
        time("20000 register operations on 4 keys, 5 values", new Linearizable(), few);
    }

    private static Operation stale(History run) {
        return run.operations().stream()
                .filter(op -> op.outcome() == Outcome.OK && op.out() instanceof List<?> steps && steps.size() == 1)
                .filter(op -> ((List<?>) Made.out(op).get(0)).get(2) instanceof List<?> list && list.size() > 50)
                .skip(200)
                .findFirst()
                .orElseThrow();
    }

    private static void time(String what, Checker checker, History history) {
        long began = System.nanoTime();
        Finding finding = checker.check(history);
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf(Locale.ROOT, "%s: %.2f s, valid %s, %s%n", what, seconds, finding.valid(), finding.figures());
        slow |= seconds > MOST_SECONDS;
        finding.problems().stream().limit(3).forEach(System.out::println);
    }
}
