package io.cairn.jepsen.check;

import static io.cairn.jepsen.check.Made.assertFound;
import static io.cairn.jepsen.check.Made.assertValid;
import static io.cairn.jepsen.check.Made.history;
import static io.cairn.jepsen.check.Made.info;
import static io.cairn.jepsen.check.Made.ok;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TtlTest {
    private final Ttl checker = new Ttl();
    private static final Operation SET = ok(1, "set", "k", List.of(7L, 1000L), null, 0, 10);
    private static final Operation EARLY = read(7L, 20, 30);
    private static final Operation LATE = read(null, 2000, 2010);

    private static Operation read(@Nullable Long told, long call, long ret) {
        return ok(2, "read", "k", null, told, call, ret);
    }

    private static Operation incr(long told, long call, long ret) {
        return ok(3, "incr", "k", 1L, told, call, ret);
    }

    @Test
    void keyThatLivesAsLongAsItShouldIsFine() {
        assertValid(checker, history(SET, EARLY, read(7L, 980, 1005), read(null, 1001, 1002), LATE));
        assertValid(checker, history(SET, EARLY, incr(8, 40, 50), read(8L, 60, 70), LATE));
    }

    @Test
    void keyThatDiesEarlyIsFound() {
        assertFound(
                checker,
                history(SET, EARLY, read(null, 500, 510), LATE),
                "key k is lost before its time: client 2 read");
    }

    @Test
    void keyThatLivesTooLongIsFound() {
        assertFound(
                checker,
                history(SET, EARLY, read(7L, 1070, 1071), LATE),
                "there 60 ms after it had to expire (by 1.010000 s)");
        Operation unknown = info(1, "set", "k", List.of(7L, 1000L), 0, 1);
        assertValid(checker, history(unknown, read(7L, 500, 510), read(7L, 600, 610), read(7L, 1500, 1510), LATE));
        assertFound(
                checker, history(unknown, read(7L, 500, 510), read(7L, 1570, 1580), LATE), "after it had to expire");
    }

    @Test
    void keyThatComesBackIsFound() {
        assertFound(
                checker,
                history(SET, EARLY, read(null, 1000, 1001), read(7L, 1005, 1006), LATE),
                "there again after client 2 read k -> nil");
    }

    @Test
    void wrongNumbersAreFound() {
        assertFound(
                checker, history(SET, EARLY, incr(8, 40, 50), read(7L, 60, 70), LATE), "key k is not within 8 to 8");
        assertFound(checker, history(SET, EARLY, incr(1, 40, 50), LATE), "key k is made anew before its time");
        assertFound(
                checker,
                history(SET, EARLY, incr(8, 40, 50), incr(8, 40, 51), read(9L, 60, 70), LATE),
                "told the same to two increments");
        assertFound(
                checker,
                history(SET, EARLY, Made.fail(3, "incr", "k", 1L, 40, 50), read(8L, 60, 70), LATE),
                "key k is not within 7 to 7");
        assertValid(checker, history(SET, EARLY, info(3, "incr", "k", 1L, 40, 50), read(8L, 60, 70), LATE));
    }

    @Test
    void lateIncrementMayMakeTheKeyAnew() {
        assertValid(checker, history(SET, EARLY, info(3, "incr", "k", 1L, 40, 50), LATE, read(1L, 3000, 3001)));
        assertValid(checker, history(SET, EARLY, read(null, 1100, 1101), incr(1, 1200, 1201), read(1L, 3000, 3001)));
    }

    @Test
    void keyMadeAnewStaysAndTheOriginalDoesNotComeBack() {
        Operation anew = incr(1, 1200, 1201);
        assertFound(
                checker,
                history(SET, EARLY, anew, read(null, 3000, 3001)),
                "gone although it had been made anew without an end: client 3 incr k 1 -> 1");
        assertFound(
                checker,
                history(SET, EARLY, anew, read(8L, 1300, 1301)),
                "ms after it had to expire",
                "there again after client 3 incr k 1 -> 1");
        assertFound(checker, history(SET, EARLY, anew, incr(2, 1300, 1301), read(1L, 3000, 3001)), "not within 2 to 2");
        assertFound(checker, history(SET, EARLY, LATE, read(2L, 3000, 3001)), "not within 1 to 0");
    }

    @Test
    void keyThatNobodySetIsFound() {
        Operation refused = Made.fail(1, "set", "j", List.of(7L, 1000L), 0, 10);
        assertFound(
                checker,
                history(SET, EARLY, LATE, refused, ok(2, "read", "j", null, 7L, 20, 30)),
                "key j was set by nobody, or refused, and has a value");
    }

    @Test
    void runWithoutReadsOnBothSidesOfAnExpiryIsVacuous() {
        assertFound(checker, history(SET, EARLY), "0 after one were judged, so the run is vacuous");
        assertFound(checker, history(SET, LATE), "0 reads before an expiry");
    }

    @Test
    void validRunsPassAndBrokenOnesDoNot() {
        for (int seed = 0; seed < 30; seed++) {
            History run = SimulatedRun.history(run(new SplittableRandom(seed)));
            assertValid(checker, run);
            List<Operation> alive = run.operations().stream()
                    .filter(op -> op.f().equals("read") && op.out() != null && op.outcome() == Outcome.OK)
                    .toList();
            Operation first = alive.get(seed % (alive.size() / 2));
            Operation after = run.operations().stream()
                    .filter(op -> op.f().equals("read")
                            && op.out() == null
                            && op.key().equals(first.key()))
                    .reduce((a, b) -> b)
                    .orElseThrow();
            assertFound(checker, Made.told(run, after, first.out()), "after it had to expire");
            assertFound(checker, Made.told(run, first, 99_000L), "not within");
        }
    }

    /** Keys one after the other, each set, read, incremented and read until well after its expiry. */
    private static List<Operation> run(SplittableRandom random) {
        List<Operation> operations = new ArrayList<>();
        for (int key = 0; key < 20; key++) {
            long call = random.nextInt(1000);
            long effect = call + random.nextInt(20);
            long ret = effect + 1 + random.nextInt(20);
            long ttl = 500L + random.nextInt(500);
            boolean unknown = random.nextInt(6) == 0;
            operations.add(
                    unknown
                            ? info(1, "set", "k" + key, List.of(700L, ttl), call, ret)
                            : ok(1, "set", "k" + key, List.of(700L, ttl), null, call, ret));
            long value = 700;
            for (long time = ret + 1; time < ret + 2 * ttl; time += 1 + random.nextInt(60)) {
                boolean increments = random.nextInt(5) == 0 && time < call + ttl / 2 && !unknown;
                boolean there = time + 5 < effect + ttl;
                value += increments ? 1 : 0;
                Object told = there ? (Object) value : null;
                Object step = increments ? 1L : null;
                operations.add(ok(2, increments ? "incr" : "read", "k" + key, step, told, time, time + 10));
            }
            operations.add(ok(2, "read", "k" + key, null, null, 10_000, 10_001));
        }
        return operations;
    }
}
