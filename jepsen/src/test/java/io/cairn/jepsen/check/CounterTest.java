package io.cairn.jepsen.check;

import static io.cairn.jepsen.check.Made.assertFound;
import static io.cairn.jepsen.check.Made.assertValid;
import static io.cairn.jepsen.check.Made.fail;
import static io.cairn.jepsen.check.Made.history;
import static io.cairn.jepsen.check.Made.info;
import static io.cairn.jepsen.check.Made.ok;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CounterTest {
    private final Counter checker = new Counter();

    private static Operation incr(long told, long call, long ret) {
        return ok(1, "incr", "c", 1L, told, call, ret);
    }

    private static Operation read(long told, long call, long ret) {
        return ok(2, "read", "c", null, told, call, ret);
    }

    @Test
    void anIncrementToldTwiceIsFound() {
        assertFound(
                checker,
                history(incr(1, 0, 9), incr(1, 0, 8), read(2, 10, 11)),
                "counter c: two increments were told the same");
    }

    @Test
    void lostIncrementIsFound() {
        assertFound(checker, history(incr(1, 0, 1), incr(2, 2, 3), read(1, 4, 5)), "counter c went back");
        assertFound(
                checker,
                history(incr(1, 0, 9), incr(3, 0, 9), incr(2, 0, 9), read(0, 10, 11)),
                "although before it client 1 incr c 1 -> 3");
        assertFound(
                checker,
                history(
                        ok(1, "incr", "c", 5L, 5L, 0, 9),
                        ok(2, "incr", "c", 5L, 4L, 0, 9),
                        ok(3, "read", "c", null, 7L, 10, 11)),
                "counter c lost increments: client 3 read c -> 7");
    }

    @Test
    void refusedIncrementThatHappenedIsFound() {
        assertFound(
                checker,
                history(incr(1, 0, 1), fail(3, "incr", "c", 1L, 2, 3), read(2, 4, 5)),
                "counter c is above all that is possible",
                "only 1 were acknowledged or unknown when it returned; 1 had been reported as refused");
    }

    @Test
    void unknownIncrementsMayCountOrNot() {
        Operation unknown = info(3, "incr", "c", 1L, 0, 1);
        assertValid(checker, history(unknown, read(0, 2, 3), read(1, 4, 5)));
        assertValid(checker, history(unknown, ok(2, "read", "c", null, null, 2, 3)));
        assertFound(checker, history(unknown, read(2, 2, 3)), "is above all that is possible");
    }

    @Test
    void manyProblemsAreCountedAndTheFirstKept() {
        Operation[] operations = new Operation[201];
        operations[0] = ok(1, "incr", "c", 1L, 1L, 0, 1);
        for (int i = 1; i <= 200; i++) {
            operations[i] = read(0, 2L * i, 2L * i + 1);
        }
        Finding finding = checker.check(history(operations));
        assertThat(finding.problems()).hasSize(Finding.MOST_PROBLEMS + 1).contains("150 more of them");
    }

    @Test
    void runWithoutFinalReadIsVacuous() {
        assertFound(checker, history(incr(1, 0, 1), read(1, 0, 1)), "no read after the last increment had ended");
    }

    @Test
    void validRunsPassAndBrokenOnesDoNot() {
        for (int seed = 0; seed < 40; seed++) {
            History run = SimulatedRun.of(
                    seed, new AccountStores.Counters(), 8, 500, 0.04, 0.05, AccountStores.Counters.finalReads());
            assertValid(checker, run);
            List<Operation> increments = run.operations().stream()
                    .filter(op -> op.f().equals("incr") && op.outcome() == Outcome.OK)
                    .toList();
            SplittableRandom random = new SplittableRandom(seed);
            Operation one = increments.get(random.nextInt(increments.size() / 2));
            Operation other = increments.stream()
                    .filter(op -> op.key().equals(one.key()) && op.call() > one.ret())
                    .findFirst()
                    .orElseThrow();
            History swapped = Made.told(Made.told(run, one, other.out()), other, one.out());
            assertFound(checker, swapped, "counter " + one.key());
            assertFound(checker, Made.told(run, other, one.out()), "counter " + one.key());
            Operation last = run.operations().get(run.operations().size() - 1);
            assertFound(checker, Made.told(run, last, value(last) - 1000), "went back");
            assertFound(checker, Made.told(run, last, value(last) + 1000), "above all that is possible");
        }
    }

    private static long value(Operation read) {
        return (Long) Objects.requireNonNull(read.out());
    }
}
