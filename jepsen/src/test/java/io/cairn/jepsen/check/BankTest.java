package io.cairn.jepsen.check;

import static io.cairn.jepsen.check.Made.assertFound;
import static io.cairn.jepsen.check.Made.assertValid;
import static io.cairn.jepsen.check.Made.history;
import static io.cairn.jepsen.check.Made.ok;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BankTest {
    private final Bank checker = new Bank(10);

    private static final Map<String, Object> FIVE = Map.of("from", "a", "to", "b", "amount", 5L);

    private static Operation transfer(long call, long ret) {
        return ok(1, "transfer", "{b}", FIVE, null, call, ret);
    }

    private static Operation read(long a, long b, long call, long ret) {
        return ok(2, "read", "{b}", null, Map.of("a", a, "b", b), call, ret);
    }

    @Test
    void changedTotalIsFound() {
        assertFound(
                checker, history(transfer(0, 5), read(5, 10, 1, 6), read(5, 15, 7, 8)), "the total is 15 and not 20");
    }

    @Test
    void negativeBalanceIsFound() {
        assertFound(checker, history(read(-5, 25, 1, 2)), "account a has -5, below zero");
    }

    @Test
    void lostTransferIsFound() {
        assertFound(
                checker,
                history(transfer(0, 1), read(10, 10, 2, 3)),
                "account a has 10, although its transfers allow 5 to 5",
                "account b has 10, although its transfers allow 15 to 15");
    }

    @Test
    void refusedTransferThatHappenedIsFound() {
        assertFound(
                checker,
                history(Made.fail(1, "transfer", "{b}", FIVE, 0, 1), read(5, 15, 2, 3)),
                "account a has 5, although its transfers allow 10 to 10");
    }

    @Test
    void unknownTransferMayHappenOrNot() {
        Operation unknown = Made.info(1, "transfer", "{b}", FIVE, 0, 1);
        assertValid(checker, history(unknown, read(10, 10, 2, 3), read(5, 15, 4, 5)));
        assertFound(checker, history(unknown, read(0, 20, 2, 3)), "its transfers allow 5 to 10");
    }

    @Test
    void missingAccountsAndMissingFinalReadsAreFound() {
        assertFound(
                checker,
                history(transfer(0, 1), ok(2, "read", "{b}", null, Map.of("a", 5L), 2, 3)),
                "of the accounts [a, b] not all are in");
        assertFound(checker, history(transfer(0, 5), read(10, 10, 1, 2)), "no read after the last transfer had ended");
    }

    @Test
    void validRunsPassAndBrokenOnesDoNot() {
        Bank banks = new Bank(100);
        for (int seed = 0; seed < 30; seed++) {
            History run = SimulatedRun.of(
                    seed, new AccountStores.Banks(), 8, 500, seed % 2 * 0.02, 0.05, AccountStores.Banks.finalReads());
            assertValid(banks, run);
            Operation last = run.operations().get(run.operations().size() - 1);
            Map<String, Object> moved = new TreeMap<>();
            ((Map<?, ?>) Objects.requireNonNull(last.out()))
                    .forEach((account, balance) -> moved.put((String) account, balance));
            moved.merge("0", 600L, (a, b) -> (Long) a + (Long) b);
            assertFound(banks, Made.told(run, last, moved), "the total is 1100 and not 500");
            moved.merge("1", -600L, (a, b) -> (Long) a + (Long) b);
            assertFound(banks, Made.told(run, last, moved), "below zero");
            Operation first = run.operations().stream()
                    .filter(op -> op.f().equals("transfer") && op.key().equals("b0") && op.outcome() == Outcome.OK)
                    .findFirst()
                    .orElseThrow();
            History refused = Made.ended(run, first, Outcome.FAIL);
            if (run.operations().stream().noneMatch(op -> op.outcome() == Outcome.INFO)) {
                assertFound(banks, refused, "although its transfers allow");
            }
        }
    }
}
