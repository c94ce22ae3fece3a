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
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SetOfKeysTest {
    private final SetOfKeys checker = new SetOfKeys();

    private static Operation add(long element, long call, long ret) {
        return ok(1, "add", "s", element, null, call, ret);
    }

    private static Operation read(List<Long> asked, List<Long> there, long call, long ret) {
        return ok(2, "read", "s", asked, there, call, ret);
    }

    @Test
    void lostElementIsFound() {
        History run = history(add(1, 0, 1), add(2, 0, 1), read(List.of(1L, 2L), List.of(2L), 2, 3));
        assertFound(checker, run, "lost: element 1 was known to be there by client 1 add s 1 -> ok");
        assertThat(checker.check(run).figures()).containsEntry("lost", 1L).containsEntry("acknowledged", 2L);
    }

    @Test
    void staleReadIsFound() {
        History run = history(add(1, 0, 1), read(List.of(1L), List.of(), 2, 3), read(List.of(1L), List.of(1L), 4, 5));
        assertFound(checker, run, "stale: element 1");
        assertThat(checker.check(run).figures()).containsEntry("stale", 1L).containsEntry("lost", 0L);
    }

    @Test
    void seenElementStays() {
        assertFound(
                checker,
                history(
                        info(1, "add", "s", 1L, 0, 1),
                        read(List.of(1L), List.of(1L), 2, 3),
                        read(List.of(1L), List.of(), 4, 5)),
                "lost: element 1 was known to be there by client 2 read");
    }

    @Test
    void elementOfARefusedAddOrOfNobodyIsFound() {
        assertFound(
                checker,
                history(fail(1, "add", "s", 1L, 0, 1), read(List.of(1L, 2L), List.of(1L, 2L), 2, 3)),
                "element 1, whose add was refused",
                "element 2, added by nobody");
        assertFound(
                checker,
                history(read(List.of(1L), List.of(1L), 0, 1), add(1, 2, 3), read(List.of(1L), List.of(1L), 4, 5)),
                "element 1, whose add had not been called");
    }

    @Test
    void unknownAddsMayBeThereOrNot() {
        Operation unknown = info(1, "add", "s", 1L, 0, 1);
        History there = history(unknown, read(List.of(1L), List.of(), 2, 3), read(List.of(1L), List.of(1L), 4, 5));
        assertValid(checker, there);
        assertThat(checker.check(there).figures()).containsEntry("unknownButThere", 1L);
        assertValid(checker, history(unknown, read(List.of(1L), List.of(), 2, 3)));
    }

    @Test
    void finalReadsMustCoverAll() {
        assertFound(
                checker,
                history(add(1, 0, 1), add(2, 2, 3), read(List.of(1L), List.of(1L), 4, 5)),
                "asks for 1 of 2 acknowledged elements, so the run is vacuous");
    }

    @Test
    void validRunsPassAndBrokenOnesDoNot() {
        for (int seed = 0; seed < 30; seed++) {
            History run = SimulatedRun.of(
                    seed, new AccountStores.Elements(), 8, 400, 0.04, 0.05, AccountStores.Elements.finalReads(400));
            assertValid(checker, run);
            Operation last = run.operations().get(run.operations().size() - 1);
            List<Object> fewer = new ArrayList<>(Made.out(last));
            Object lost = fewer.remove(seed);
            assertFound(checker, Made.told(run, last, fewer), "lost: element " + lost + " ");
            Operation acknowledged = run.operations().stream()
                    .filter(op -> op.f().equals("add") && op.outcome() == Outcome.OK)
                    .skip(seed)
                    .findFirst()
                    .orElseThrow();
            assertFound(checker, Made.ended(run, acknowledged, Outcome.FAIL), "whose add was refused");
        }
    }
}
