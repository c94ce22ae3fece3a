package io.cairn.jepsen.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Histories made by hand. Times are milliseconds. */
final class Made {
    private static final long MILLI = 1_000_000;

    private Made() {}

    static Operation ok(
            int client, String f, String key, @Nullable Object in, @Nullable Object out, long call, long ret) {
        return new Operation(client, f, key, in, out, call * MILLI, ret * MILLI, Outcome.OK, "n1", null);
    }

    static Operation info(int client, String f, String key, @Nullable Object in, long call, long ret) {
        return new Operation(client, f, key, in, null, call * MILLI, ret * MILLI, Outcome.INFO, null, "timeout");
    }

    static Operation fail(int client, String f, String key, @Nullable Object in, long call, long ret) {
        return new Operation(client, f, key, in, null, call * MILLI, ret * MILLI, Outcome.FAIL, "n1", "CLUSTERDOWN");
    }

    static History history(Operation... operations) {
        return new History(Map.of(), List.of(operations), List.of(), List.of());
    }

    /** The same, with one operation told something else. */
    static History told(History history, Operation operation, @Nullable Object out) {
        return replaced(
                history,
                operation,
                new Operation(
                        operation.client(),
                        operation.f(),
                        operation.key(),
                        operation.in(),
                        out,
                        operation.call(),
                        operation.ret(),
                        operation.outcome(),
                        operation.node(),
                        operation.error()));
    }

    /** The same, with one operation ended otherwise. */
    static History ended(History history, Operation operation, Outcome outcome) {
        return replaced(
                history,
                operation,
                new Operation(
                        operation.client(),
                        operation.f(),
                        operation.key(),
                        operation.in(),
                        null,
                        operation.call(),
                        operation.ret(),
                        outcome,
                        operation.node(),
                        "changed by the test"));
    }

    static History replaced(History history, Operation operation, Operation by) {
        List<Operation> operations = new ArrayList<>(history.operations());
        operations.set(operations.indexOf(operation), by);
        return SimulatedRun.history(operations);
    }

    /** What it was told, as a list. */
    static List<?> out(Operation operation) {
        return (List<?>) Objects.requireNonNull(operation.out());
    }

    /** What it asked, as a list. */
    static List<?> in(Operation operation) {
        return (List<?>) Objects.requireNonNull(operation.in());
    }

    static void assertValid(Checker checker, History history) {
        Finding finding = checker.check(history);
        assertThat(finding.problems()).isEmpty();
        assertThat(finding.valid()).isTrue();
    }

    /** That it is invalid, and that its words hold each of these. */
    static String assertFound(Checker checker, History history, String... words) {
        Finding finding = checker.check(history);
        String problems = String.join("\n", finding.problems());
        assertThat(finding.valid()).as(problems).isFalse();
        assertThat(problems).contains(words);
        return problems;
    }
}
