package io.cairn.jepsen.check;

import static io.cairn.jepsen.check.Made.assertFound;
import static io.cairn.jepsen.check.Made.assertValid;
import static io.cairn.jepsen.check.Made.ok;

import io.cairn.jepsen.history.FaultWindow;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Phase;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VacuityTest {
    private final Vacuity checker = new Vacuity();

    private static final List<Operation> OPERATIONS = List.of(
            ok(1, "write", "x", 1L, null, 0, 5),
            ok(1, "write", "x", 2L, null, 10, 15),
            ok(1, "write", "x", 3L, null, 20, 25),
            ok(1, "read", "x", null, 3L, 31, 35),
            Made.info(1, "read", "x", null, 26, 27));

    private static Phase phase(String name, long begin, long end) {
        return new Phase(name, begin * 1_000_000, end * 1_000_000);
    }

    private static final List<Phase> PHASES =
            List.of(phase("warm-up", 0, 10), phase("fault: kill-one", 10, 20), phase("recovery", 20, 30));

    private static FaultWindow fault(boolean confirmed) {
        return new FaultWindow("kill-one", "process 1", List.of(1), 10, 11, 12, 13, confirmed, "connected to it");
    }

    private static History run(Map<String, Object> minimums, List<FaultWindow> faults) {
        return new History(Map.of("minOk", minimums, "faults", List.of("kill-one")), OPERATIONS, faults, PHASES);
    }

    @Test
    void phasesWithEnoughOperationsPass() {
        assertValid(checker, run(Map.of("fault", 1L, "recovery", 1L), List.of(fault(true))));
    }

    @Test
    void phaseWithTooFewOperationsIsFound() {
        assertFound(
                checker,
                run(Map.of("fault", 2L, "recovery", 1L), List.of(fault(true))),
                "only 1 operations of at least 2 were acknowledged in fault: kill-one [0.010000 s .. 0.020000 s]");
        assertFound(
                checker,
                run(Map.of("fault", 1L, "recovery", 2), List.of(fault(true))),
                "only 1 operations of at least 2 were acknowledged in recovery");
    }

    @Test
    void readsAloneShowNothing() {
        List<Phase> phases = List.of(phase("warm-up", 0, 10), phase("recovery", 20, 40), phase("final reads", 30, 40));
        Map<String, Object> about = Map.of("minOk", Map.of("warm-up", 1L, "recovery", 2L, "final", 1L));
        assertFound(
                checker,
                new History(about, OPERATIONS, List.of(), phases),
                "only 1 changes of at least 2 were acknowledged in recovery [0.020000 s .. 0.040000 s]; the other 1 only read");
        assertFound(
                checker,
                Made.history(ok(1, "read", "x", null, null, 0, 5)),
                "no change was ever acknowledged, and reads alone show nothing");
        List<Object> append = List.of(List.of("r", "x", List.of()), List.of("append", "x", 1L));
        assertValid(checker, Made.history(ok(1, "txn", "x", append, append, 0, 5)));
        assertFound(checker, Made.history(ok(1, "txn", "x", append.subList(0, 1), append, 0, 5)), "no change was ever");
    }

    @Test
    void aKindThatNeverStruckIsFound() {
        Map<String, Object> about =
                Map.of("minOk", Map.of("fault", 1L, "recovery", 1L), "faults", "kill-one,pause-long,mix");
        assertFound(
                checker,
                new History(about, OPERATIONS, List.of(fault(true)), PHASES),
                "pause-long was asked for and never struck");
        assertValid(
                checker,
                new History(
                        Map.of("minOk", Map.of("fault", 1L, "recovery", 1L), "faults", "mix"),
                        OPERATIONS,
                        List.of(fault(true)),
                        PHASES));
    }

    @Test
    void ofOneWorkloadOneChangeIsEnoughDuringAFault() {
        List<Operation> operations = List.of(
                ok(1, "write", "x", 1L, null, 10, 12),
                ok(1, "read", "x", null, 1L, 13, 15),
                ok(1, "read", "x", null, 1L, 16, 18));
        List<Phase> phases = List.of(phase("fault: kill-one", 10, 20));
        Map<String, Object> about = Map.of("minOk", Map.of("fault", 3L));
        assertValid(Vacuity.ofOneWorkload(), new History(about, operations, List.of(), phases));
        assertFound(checker, new History(about, operations, List.of(), phases), "only 1 changes of at least 3");
        List<Operation> reads = List.of(
                ok(1, "write", "x", 1L, null, 0, 2), ok(1, "read", "x", null, 1L, 13, 15),
                ok(1, "read", "x", null, 1L, 13, 15), ok(1, "read", "x", null, 1L, 16, 18));
        assertFound(
                Vacuity.ofOneWorkload(),
                new History(about, reads, List.of(), phases),
                "only 0 changes of at least 1 were acknowledged in fault: kill-one");
    }

    @Test
    void faultsAreLeftToTheWholeRun() {
        assertValid(Vacuity.ofOneWorkload(), run(Map.of("fault", 1L, "recovery", 1L), List.of(fault(false))));
    }

    @Test
    void longestBeginningCounts() {
        assertValid(checker, run(Map.of("fault", 100L, "fault: kill-one", 0L, "recovery", 1L), List.of(fault(true))));
    }

    @Test
    void phaseWithoutMinimumIsFound() {
        assertFound(
                checker,
                run(Map.of("fault", 1L), List.of(fault(true))),
                "nothing says how many operations must succeed in recovery");
    }

    @Test
    void unconfirmedAndMissingFaultsAreFound() {
        assertFound(
                checker,
                run(Map.of("fault", 1L, "recovery", 1L), List.of(fault(false))),
                "no probe saw that kill-one (process 1)",
                "connected to it");
        assertFound(
                checker, run(Map.of("fault", 1L, "recovery", 1L), List.of()), "faults were asked for and none struck");
        assertFound(
                checker,
                new History(Map.of("faults", "kill-one"), OPERATIONS, List.of(fault(true)), List.of()),
                "no phase is one of a fault");
    }

    @Test
    void runWithoutFaultsNeedsNone() {
        assertValid(checker, new History(Map.of("faults", "none"), OPERATIONS, List.of(), List.of()));
        assertFound(
                checker, new History(Map.of(), List.of(), List.of(), List.of()), "no operation was ever acknowledged");
    }
}
