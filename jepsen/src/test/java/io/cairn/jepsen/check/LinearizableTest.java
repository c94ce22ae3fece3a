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
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LinearizableTest {
    private final Linearizable checker = new Linearizable();

    private static Operation write(int client, long value, long call, long ret) {
        return ok(client, "write", "x", value, null, call, ret);
    }

    private static Operation read(int client, @Nullable Object value, long call, long ret) {
        return ok(client, "read", "x", null, value, call, ret);
    }

    @Test
    void staleReadIsFoundAndExplained() {
        assertFound(
                checker,
                history(write(1, 1, 0, 1), write(1, 2, 2, 3), read(2, 1L, 4, 5), write(1, 3, 6, 7)),
                "register x is not linearizable",
                "stuck at client 2 read x -> 1 [0.004000 s .. 0.005000 s]",
                "values possible there: 2;",
                "client 1 write x 2");
    }

    @Test
    void readsThatGoBackAreFound() {
        assertFound(
                checker,
                history(write(1, 1, 0, 1), write(1, 2, 2, 20), read(2, 2L, 3, 4), read(3, 1L, 5, 6)),
                "stuck at client 3 read x -> 1");
    }

    @Test
    void lostWriteIsFound() {
        assertFound(checker, history(write(1, 1, 0, 1), read(2, null, 2, 3)), "read x -> nil", "possible there: 1;");
    }

    @Test
    void valueFromNowhereIsFound() {
        assertFound(checker, history(write(1, 1, 0, 1), read(2, 7L, 2, 3)), "nobody wrote 7");
    }

    @Test
    void valueOfRefusedWriteIsFound() {
        assertFound(
                checker,
                history(fail(1, "write", "x", 1L, 0, 1), read(2, 1L, 2, 3)),
                "only a refused operation wrote 1: client 1 write x 1 -> refused (CLUSTERDOWN)");
    }

    @Test
    void twoCasOfTheSameValueAreFound() {
        assertFound(
                checker,
                history(
                        write(1, 1, 0, 1),
                        ok(2, "cas", "x", List.of(1L, 2L), null, 2, 9),
                        ok(3, "cas", "x", List.of(1L, 3L), null, 2, 8)),
                "stuck at client 2 cas x [1, 2]",
                "values possible there: 3;");
    }

    @Test
    void unknownWriteMayHappenLateOrNever() {
        Operation unknown = info(1, "write", "x", 1L, 0, 1);
        assertValid(checker, history(unknown, write(2, 2, 2, 3), read(2, 2L, 4, 5), read(2, 1L, 6, 7)));
        assertValid(checker, history(unknown, write(2, 2, 2, 3), read(2, 2L, 4, 5)));
        assertFound(
                checker,
                history(unknown, write(2, 2, 2, 3), read(2, 1L, 4, 5), read(2, 2L, 6, 7)),
                "stuck at client 2 read x -> 2");
    }

    @Test
    void unknownReadsAndKeysDoNotMeet() {
        assertValid(
                checker,
                history(
                        write(1, 1, 0, 1),
                        info(2, "read", "x", null, 2, 3),
                        ok(3, "read", "y", null, null, 2, 3),
                        fail(3, "cas", "x", List.of(1L, 5L), 4, 5)));
    }

    @Test
    void wholeNumbersAreEqualWhateverTheirWidth() {
        assertValid(checker, history(write(1, 1, 0, 1), read(2, 1, 2, 3)));
    }

    @Test
    void validRunsPass() {
        for (int seed = 0; seed < 40; seed++) {
            int values = seed % 4 == 3 ? 5 : 0;
            History run = SimulatedRun.of(seed, new RegisterStore(2, values), 8, 1000, 0.03, 0.05);
            assertThat(run.operations()).hasSize(1000);
            assertValid(checker, run);
        }
    }

    @Test
    void manyClientsAndManyUnknownsAreDecidedQuickly() {
        for (int seed = 0; seed < 10; seed++) {
            History run = SimulatedRun.of(seed, new RegisterStore(1, 0), 30, 3000, 0.04, 0.05);
            Finding finding = checker.check(run);
            assertThat(finding.problems()).isEmpty();
            assertThat((Long) finding.figures().get("unknown")).isGreaterThan(60);
            assertThat((Long) finding.figures().get("configurations")).isLessThan(200_000);
        }
    }

    @Test
    void brokenRunsOfManyClientsAreDecidedToo() {
        for (int seed = 0; seed < 30; seed++) {
            History run = SimulatedRun.of(seed, new RegisterStore(1, 0), 30, 3000, 0.04, 0.05);
            List<Operation> reads = run.operations().stream()
                    .filter(op -> op.f().equals("read") && op.outcome() == Outcome.OK && op.out() != null)
                    .toList();
            SplittableRandom random = new SplittableRandom(seed);
            Operation late = reads.get(reads.size() / 2 + random.nextInt(reads.size() / 2));
            Operation early = reads.get(random.nextInt(reads.size() / 4));
            String problems = assertFound(checker, Made.told(run, late, early.out()), "is not linearizable: stuck at");
            assertThat(problems).doesNotContain("undecided");
        }
    }

    @Test
    void twentyThousandOperationsOnFourKeysPass() {
        assertValid(checker, SimulatedRun.of(5, new RegisterStore(4, 0), 16, 20_000, 0.02, 0.05));
    }

    @Test
    void droppedAcknowledgedWriteIsFound() {
        for (int seed = 0; seed < 20; seed++) {
            History run = SimulatedRun.of(seed, new RegisterStore(1, 0), 5, 300, 0.03, 0.05);
            Operation seen = run.operations().stream()
                    .filter(op -> op.f().equals("read") && op.outcome() == Outcome.OK && op.out() != null)
                    .skip(20)
                    .findFirst()
                    .orElseThrow();
            Operation write = run.operations().stream()
                    .filter(op -> op.outcome() == Outcome.OK && made(op, seen.out()))
                    .findFirst()
                    .orElse(null);
            if (write != null) {
                assertFound(checker, Made.ended(run, write, Outcome.FAIL), "only a refused operation wrote");
            }
        }
    }

    private static boolean made(Operation op, @Nullable Object value) {
        return (op.f().equals("write") && Objects.equals(op.in(), value))
                || (op.in() instanceof List<?> change && Objects.equals(change.get(1), value));
    }

    @Test
    void overTheBoundIsUndecidedWhichIsInvalid() {
        List<Operation> operations = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            operations.add(write(i, i % 12, 0, 100));
            operations.add(ok(100 + i, "cas", "x", List.of((long) (i % 12), 50L + i % 12), null, 0, 100));
        }
        operations.add(read(99, 1L, 101, 102));
        operations.add(read(99, 2L, 103, 104));
        Finding finding = new Linearizable(100).check(history(operations.toArray(new Operation[0])));
        assertThat(finding.valid()).isFalse();
        assertThat(finding.problems().get(0)).contains("register x: undecided, more than 100 configurations");
    }

    @Test
    void agreesWithTryingAllOrders() {
        SplittableRandom random = new SplittableRandom(7);
        int valid = 0;
        int invalid = 0;
        for (int round = 0; round < 20_000; round++) {
            List<Operation> operations = tiny(random, 2 + random.nextInt(6), random.nextInt(3));
            History run = SimulatedRun.history(operations);
            boolean expected = AllOrders.linearizable(run.operations());
            assertThat(checker.check(run).valid())
                    .as(() -> "" + run.operations())
                    .isEqualTo(expected);
            valid += expected ? 1 : 0;
            invalid += expected ? 0 : 1;
        }
        assertThat(valid).isGreaterThan(3000);
        assertThat(invalid).isGreaterThan(3000);
    }

    /** Operations on one key that were told anything. */
    private static List<Operation> tiny(SplittableRandom random, int size, int uniqueness) {
        List<Operation> operations = new ArrayList<>();
        int values = uniqueness == 0 ? 2 : 4;
        for (int client = 0; client < size; client++) {
            long call = random.nextInt(20);
            long ret = call + 1 + random.nextInt(10);
            Object fresh =
                    uniqueness == 2 ? (Object) (long) (client + 1) : (Object) (long) (1 + random.nextInt(values));
            long any = 1L + random.nextInt(uniqueness == 2 ? size : values);
            String f = List.of("read", "write", "cas").get(random.nextInt(3));
            Object in = f.equals("write") ? fresh : f.equals("cas") ? List.of(any, fresh) : null;
            Object out = f.equals("read") && random.nextInt(8) > 0 ? any : null;
            int luck = random.nextInt(10);
            if (luck < 2) {
                operations.add(info(client, f, "x", in, call, ret));
            } else if (luck == 2) {
                operations.add(fail(client, f, "x", in, call, ret));
            } else {
                operations.add(ok(client, f, "x", in, out, call, ret));
            }
        }
        return operations;
    }
}
