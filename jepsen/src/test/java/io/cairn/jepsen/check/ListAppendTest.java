package io.cairn.jepsen.check;

import static io.cairn.jepsen.check.Made.assertFound;
import static io.cairn.jepsen.check.Made.assertValid;
import static io.cairn.jepsen.check.Made.history;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ListAppendTest {
    private final ListAppend checker = new ListAppend();

    private static List<Object> a(String key, long element) {
        return List.of("append", key, element);
    }

    private static List<Object> r(String key, Object... elements) {
        return List.of("r", key, List.of(elements));
    }

    private static Operation txn(int client, long call, long ret, Object... steps) {
        return Made.ok(client, "txn", "{t}", List.of(steps), List.of(steps), call, ret);
    }

    private static Operation unknown(int client, long call, long ret, Object... steps) {
        return Made.info(client, "txn", "{t}", List.of(steps), call, ret);
    }

    private static Operation refused(int client, long call, long ret, Object... steps) {
        return Made.fail(client, "txn", "{t}", List.of(steps), call, ret);
    }

    @Test
    void readsThatPartAreFound() {
        assertFound(
                checker,
                history(
                        txn(1, 0, 9, a("x", 1)),
                        txn(2, 0, 9, a("x", 2)),
                        txn(3, 10, 20, r("x", 1L, 2L)),
                        txn(4, 10, 20, r("x", 2L))),
                "incompatible-order: two reads of x",
                "[2] and [1, 2] (at place 0: 2 and 1)");
    }

    @Test
    void duplicatesAreFound() {
        assertFound(
                checker,
                history(txn(1, 0, 1, a("x", 1)), txn(2, 2, 3, r("x", 1L, 1L))),
                "duplicate: 1 is there twice in x: [1, 1]");
    }

    @Test
    void abortedReadAndDirtyUpdateAreFound() {
        assertFound(
                checker,
                history(refused(1, 0, 1, a("x", 1)), txn(2, 2, 3, a("x", 2)), txn(3, 4, 5, r("x", 1L, 2L))),
                "G1a: aborted read: 1 in x was seen by client 3",
                "dirty-update: 2 in x was put on 1");
    }

    @Test
    void intermediateReadIsFound() {
        assertFound(
                checker,
                history(txn(1, 0, 9, a("x", 1), a("x", 2)), txn(2, 0, 9, r("x", 1L)), txn(2, 10, 19, r("x", 1L, 2L))),
                "G1b: intermediate read: client 2");
    }

    @Test
    void elementFromNowhereIsFound() {
        assertFound(checker, history(txn(1, 0, 1, r("x", 5L))), "garbage: 5 in x was appended by nobody");
    }

    @Test
    void contradictionsWithinATransactionAreFound() {
        assertFound(
                checker,
                history(txn(1, 0, 1, a("x", 1), r("x"))),
                "internal: a transaction contradicts itself: it appended [1] to x and then read []");
        assertFound(
                checker,
                history(txn(1, 0, 9, r("x"), r("x", 1L)), txn(2, 0, 9, a("x", 1))),
                "internal: a transaction contradicts itself: it read others' [] in x and later [1]");
        assertValid(checker, history(txn(1, 0, 9, r("x"), a("x", 1), r("x", 1L), a("x", 2), r("x", 1L, 2L))));
    }

    @Test
    void lostAppendsAndStaleReadsAreFound() {
        assertFound(
                checker,
                history(txn(1, 0, 1, a("x", 1)), txn(1, 2, 3, a("x", 2)), txn(2, 4, 5, r("x", 1L))),
                "lost: the append of 2 to x was acknowledged",
                "G-single-realtime");
        assertFound(
                checker,
                history(
                        txn(1, 0, 1, a("x", 1)),
                        txn(1, 2, 3, a("x", 2)),
                        txn(2, 4, 5, r("x", 1L)),
                        txn(2, 6, 7, r("x", 1L, 2L))),
                "stale-read: the append of 2 to x was acknowledged",
                "G-single-realtime: no order of these 2 transactions",
                "it read x as [1] without 2, appended there by the other (read-write)",
                "it had returned at 0.003000 s when the other was called at 0.004000 s (real time)");
    }

    @Test
    void writeCycleIsG0() {
        assertFound(
                checker,
                history(
                        txn(1, 0, 9, a("x", 1), a("y", 1)),
                        txn(2, 0, 9, a("x", 2), a("y", 2)),
                        txn(3, 10, 19, r("x", 1L, 2L), r("y", 2L, 1L))),
                "G0: no order of these 2 transactions",
                "in x its 1 is followed by 2 (write-write)",
                "in y its 2 is followed by 1 (write-write)");
    }

    @Test
    void seeingEachOtherIsG1c() {
        assertFound(
                checker,
                history(txn(1, 0, 9, a("x", 1), r("y", 1L)), txn(2, 0, 9, a("y", 1), r("x", 1L))),
                "G1c: no order",
                "whose read of y shows its 1 (write-read)");
    }

    @Test
    void readSkewIsGSingle() {
        assertFound(
                checker,
                history(
                        txn(1, 0, 9, a("x", 1), a("y", 1)),
                        txn(2, 0, 9, r("x", 1L), r("y")),
                        txn(3, 20, 21, r("y", 1L))),
                "G-single: no order",
                "it read y as [] without 1");
    }

    @Test
    void writeSkewIsG2() {
        assertFound(
                checker,
                history(
                        txn(1, 0, 9, r("x"), a("y", 1)),
                        txn(2, 0, 9, r("y"), a("x", 1)),
                        txn(3, 20, 21, r("x", 1L), r("y", 1L))),
                "G2-item: no order");
    }

    @Test
    void realTimeRunsAcrossKeys() {
        assertFound(
                checker,
                history(
                        txn(1, 0, 9, r("x"), r("y", 1L)),
                        txn(2, 0, 1, a("x", 1)),
                        txn(3, 2, 3, a("y", 1)),
                        txn(4, 10, 11, r("x", 1L))),
                "G-single-realtime: no order of these 3 transactions");
    }

    @Test
    void unknownTransactionsMayHappenLateOrNever() {
        Operation unknown = unknown(1, 0, 1, a("x", 1), a("y", 1));
        assertValid(checker, history(unknown, txn(2, 2, 3, r("x"), r("y")), txn(2, 4, 5, r("x", 1L), r("y", 1L))));
        assertValid(checker, history(unknown, txn(2, 2, 3, r("x"), r("y"))));
        assertFound(checker, history(unknown, txn(2, 2, 3, r("x", 1L)), txn(2, 4, 5, r("x", 1L), r("y"))), "G-single");
    }

    @Test
    void elementAppendedTwiceIsTheWorkloadsError() {
        assertFound(
                checker,
                history(txn(1, 0, 1, a("x", 1)), txn(1, 2, 3, a("x", 1))),
                "appended-twice: two appends of 1 to x");
    }

    @Test
    void validRunsPass() {
        for (int seed = 0; seed < 30; seed++) {
            AppendStore store = new AppendStore(1 + seed % 5, 20, 4);
            assertValid(checker, SimulatedRun.of(seed, store, 16, 1500, 0.03, 0.05));
        }
    }

    @Test
    void twentyThousandTransactionsPass() {
        assertValid(checker, SimulatedRun.of(5, new AppendStore(6, 60, 4), 16, 20_000, 0.01, 0.02));
    }

    @Test
    void brokenRunsAreFound() {
        for (int seed = 0; seed < 40; seed++) {
            AppendStore store = new AppendStore(3, 30, 3);
            History run = SimulatedRun.of(seed, store, 8, 600, 0.03, 0.05);
            List<Operation> longReads = run.operations().stream()
                    .filter(op -> op.outcome() == Outcome.OK && others(op).size() > 3)
                    .toList();
            Operation victim = longReads.get(new SplittableRandom(seed).nextInt(longReads.size()));
            List<?> read = others(victim);
            String key = (String) read(victim).get(1);
            // Stale: the read as it might have been long ago.
            assertFound(checker, told(run, victim, key, read.subList(0, 1)), "");
            // Swapped: two elements change places.
            List<Object> swapped = new ArrayList<>(read);
            swapped.set(0, read.get(1));
            swapped.set(1, read.get(0));
            assertFound(checker, told(run, victim, key, swapped), "incompatible-order");
            // Refused: an append that was seen is said not to have happened.
            Operation append = run.operations().stream()
                    .filter(op -> op.outcome() == Outcome.OK
                            && Made.in(op).toString().contains("append, " + key + ", " + read.get(0) + "]"))
                    .findFirst()
                    .orElse(null);
            if (append != null) {
                assertFound(checker, Made.ended(run, append, Outcome.FAIL), "G1a", "dirty-update");
            }
        }
    }

    @Test
    void lostAppendsOfWholeRunsAreFound() {
        for (int seed = 0; seed < 20; seed++) {
            AppendStore store = new AppendStore(3, 30, 3);
            History run = SimulatedRun.of(seed, store, 8, 300, 0.03, 0.05);
            AppendStore again = new AppendStore(3, 30, 3);
            long lost = 40L + seed;
            SimulatedRun.Store losing = new SimulatedRun.Store() {
                @Override
                public SimulatedRun.Request next(SplittableRandom random) {
                    return again.next(random);
                }

                @Override
                public Object apply(SimulatedRun.Request request, long nanos) {
                    List<Object> kept = new ArrayList<>((List<?>) Objects.requireNonNull(request.in()));
                    boolean loses = kept.removeIf(step -> ((List<?>) step).get(2) instanceof Long e && e == lost);
                    Object out = again.apply(new SimulatedRun.Request("txn", "{t}", kept), nanos);
                    return loses ? request.in() : out;
                }
            };
            History broken = SimulatedRun.of(seed, losing, 8, 300, 0.0, 0.0);
            assertThat(run.operations()).isNotEmpty();
            Finding finding = checker.check(onlyAppends(broken, lost));
            assertThat(finding.problems()).anyMatch(problem -> problem.startsWith("lost: the append of " + lost));
        }
    }

    /** The transaction that lost its append has no reads, which it was not told rightly either. */
    private static History onlyAppends(History run, long element) {
        for (Operation op : run.operations()) {
            boolean it =
                    Made.in(op).stream().anyMatch(step -> ((List<?>) step).get(2) instanceof Long e && e == element);
            if (it) {
                List<?> appends = Made.in(op).stream()
                        .filter(step -> ((List<?>) step).get(0).equals("append"))
                        .toList();
                return Made.told(run, op, appends);
            }
        }
        return run;
    }

    @Test
    void agreesWithTryingAllOrders() {
        SplittableRandom random = new SplittableRandom(11);
        int valid = 0;
        int invalid = 0;
        for (int round = 0; round < 20_000; round++) {
            History run = SimulatedRun.history(tiny(random));
            boolean expected = SerialOrders.strictlySerializable(run.operations());
            Finding finding = checker.check(run);
            assertThat(finding.valid())
                    .as(() -> finding.problems() + " in " + run.operations())
                    .isEqualTo(expected);
            valid += expected ? 1 : 0;
            invalid += expected ? 0 : 1;
        }
        assertThat(valid).isGreaterThan(2000);
        assertThat(invalid).isGreaterThan(2000);
    }

    /** Up to six transactions that really ran one after the other, with times and reads shaken a little. */
    private static List<Operation> tiny(SplittableRandom random) {
        AppendStore store = new AppendStore(2, 100, 3);
        List<Operation> operations = new ArrayList<>();
        int size = 2 + random.nextInt(5);
        int shake = random.nextInt(4) * 20;
        for (int client = 0; client < size; client++) {
            SimulatedRun.Request request = store.next(random);
            long call = Math.max(0, 10 * client - random.nextInt(12));
            long ret = 10L * client + 1 + random.nextInt(12);
            call = Math.max(0, call + random.nextInt(shake + 1) - shake / 2);
            ret = Math.max(call + 1, ret + random.nextInt(shake + 1) - shake / 2);
            int luck = random.nextInt(12);
            if (luck == 0) {
                operations.add(Made.fail(client, "txn", "{t}", request.in(), call, ret));
                if (random.nextInt(10) == 0) {
                    store.apply(request, 0);
                }
            } else if (luck < 3) {
                operations.add(Made.info(client, "txn", "{t}", request.in(), call, ret));
                if (random.nextBoolean()) {
                    store.apply(request, 0);
                }
            } else {
                Object out = store.apply(request, 0);
                operations.add(Made.ok(client, "txn", "{t}", request.in(), out, call, ret));
            }
        }
        if (random.nextBoolean()) {
            int at = random.nextInt(size);
            Operation op = operations.get(at);
            if (op.outcome() == Outcome.OK && !others(op).isEmpty()) {
                List<?> read = others(op);
                List<?> changed = read.subList(0, random.nextInt(read.size()));
                operations.set(
                        at,
                        told(SimulatedRun.history(List.of(op)), op, (String) read(op).get(1), changed)
                                .operations()
                                .get(0));
            }
        }
        return operations;
    }

    private static List<?> read(Operation op) {
        for (Object step : Made.out(op)) {
            if (((List<?>) step).get(0).equals("r")) {
                return (List<?>) step;
            }
        }
        return List.of("r", "none", List.of());
    }

    /** What the first read of a transaction was told, nothing if it appended or read more on that key. */
    private static List<?> others(Operation op) {
        List<?> first = read(op);
        long touched = Made.out(op).stream()
                .filter(step -> ((List<?>) step).get(1).equals(first.get(1)))
                .count();
        return touched == 1 ? (List<?>) first.get(2) : List.of();
    }

    private static History told(History run, Operation op, String key, List<?> elements) {
        List<Object> out = new ArrayList<>();
        for (Object step : Made.out(op)) {
            boolean it = step.equals(read(op)) && key.equals(((List<?>) step).get(1));
            out.add(it ? AppendStore.step("r", key, elements) : step);
        }
        return Made.told(run, op, out);
    }
}
