package io.cairn.jepsen.report;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.history.FaultWindow;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Phase;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What came out of a run, as {@code verdict.json} has it.
 *
 * @param run the run's name, unique among those that are kept
 * @param workload the workload's name
 * @param faults what was asked for: a kind of fault, or the name of a mix
 * @param seed of everything that was left to chance
 * @param seconds that were asked for; 0 when a number of injections was
 * @param lasted seconds from the run's begin to its end
 * @param target {@code cairn}, or {@code redis} for a real Redis Cluster
 * @param nodes nodes of each process
 * @param commit the commit of Cairn that was run
 * @param jdk the Java that ran it
 * @param started when, in ISO 8601
 * @param operations operations by outcome: {@code ok}, {@code fail}, {@code info}
 * @param injections by kind of fault
 * @param findings what each checker found
 * @param valid whether nothing is wrong
 * @param command that repeats the run
 */
@JsonPropertyOrder({
    "valid",
    "run",
    "workload",
    "faults",
    "seed",
    "seconds",
    "lasted",
    "target",
    "nodes",
    "commit",
    "jdk",
    "started",
    "command"
})
public record Verdict(
        String run,
        String workload,
        String faults,
        long seed,
        long seconds,
        long lasted,
        String target,
        int nodes,
        String commit,
        String jdk,
        String started,
        Map<String, Long> operations,
        Map<String, Injections> injections,
        List<Finding> findings,
        boolean valid,
        String command) {

    /** Faults of one kind: those that a probe saw in force, and all that were tried. */
    public record Injections(int confirmed, int all) {}

    /**
     * The verdict of a history. {@code history.about()} has the components of the same names that are not counted here ({@code
     * run, workload, faults, seed, seconds, target, nodes, commit, jdk, started, command}); a string that is missing is empty, a
     * number 0, and {@code jdk} is the one that runs this.
     *
     * @param moreIsWrong true makes a run invalid whose findings are all valid, for reasons outside of them
     */
    public static Verdict of(History history, List<Finding> findings, boolean moreIsWrong) {
        Map<String, Object> about = history.about();
        return new Verdict(
                text(about, "run"),
                text(about, "workload"),
                text(about, "faults"),
                number(about, "seed"),
                number(about, "seconds"),
                lasted(history),
                text(about, "target"),
                (int) number(about, "nodes"),
                text(about, "commit"),
                about.containsKey("jdk")
                        ? text(about, "jdk")
                        : Runtime.version() + " (" + System.getProperty("java.vendor") + ")",
                text(about, "started"),
                operations(history),
                injections(history),
                List.copyOf(findings),
                !moreIsWrong && findings.stream().allMatch(Finding::valid),
                text(about, "command"));
    }

    /** Until the end of the last phase or the last operation. */
    private static long lasted(History history) {
        long phases = history.phases().stream().mapToLong(Phase::end).max().orElse(0);
        long operations =
                history.operations().stream().mapToLong(Operation::ret).max().orElse(0);
        return Math.round(Math.max(phases, operations) / 1e9);
    }

    private static Map<String, Long> operations(History history) {
        Map<String, Long> counts = new TreeMap<>(Map.of("ok", 0L, "fail", 0L, "info", 0L));
        for (Operation operation : history.operations()) {
            counts.merge(operation.outcome().name().toLowerCase(Locale.ROOT), 1L, Long::sum);
        }
        return counts;
    }

    private static Map<String, Injections> injections(History history) {
        Map<String, Injections> counts = new TreeMap<>();
        for (FaultWindow fault : history.faults()) {
            counts.merge(
                    fault.kind(),
                    new Injections(fault.confirmed() ? 1 : 0, 1),
                    (a, b) -> new Injections(a.confirmed + b.confirmed, a.all + b.all));
        }
        return counts;
    }

    private static String text(Map<String, Object> about, String name) {
        Object value = about.get(name);
        return value == null ? "" : value.toString();
    }

    private static long number(Map<String, Object> about, String name) {
        return about.get(name) instanceof Number number ? number.longValue() : 0;
    }
}
