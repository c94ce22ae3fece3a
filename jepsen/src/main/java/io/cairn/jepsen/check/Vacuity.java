package io.cairn.jepsen.check;

import io.cairn.jepsen.history.FaultWindow;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Phase;
import io.cairn.jepsen.history.Words;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether a run could have shown anything. {@code about.minOk} maps beginnings of phase names to how many operations must have returned
 * OK within each such phase (0 where the fault leaves no quorum); the longest beginning that fits a phase counts. Every phase named {@code
 * fault: ...} or {@code recovery...} needs one that fits. Every fault must be confirmed by its probe, and when {@code about.faults} names any
 * (a list, or a text other than blank and {@code none}), at least one must have struck, in a phase of its own.
 */
public final class Vacuity implements Checker {
    private static final String FAULT = "fault";
    private static final String RECOVERY = "recovery";

    @Override
    public Finding check(History history) {
        List<String> problems = new Problems();
        long[] returns = history.operations().stream()
                .filter(operation -> operation.outcome() == Outcome.OK)
                .mapToLong(Operation::ret)
                .sorted()
                .toArray();
        if (returns.length == 0) {
            problems.add("no operation was ever acknowledged");
        }
        Map<?, ?> minimums = history.about().get("minOk") instanceof Map<?, ?> map ? map : Map.of();
        Map<String, Object> byPhase = new LinkedHashMap<>();
        for (Phase phase : history.phases()) {
            long ok = (long) countBelow(returns, phase.end()) - countBelow(returns, phase.begin());
            byPhase.merge(phase.name(), ok, (a, b) -> Math.min((Long) a, (Long) b));
            check(phase, ok, minimum(phase.name(), minimums), problems);
        }
        faults(history, problems);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("ok", (long) returns.length);
        figures.put("faults", (long) history.faults().size());
        figures.put("leastOkByPhase", byPhase);
        return Finding.of("vacuity", figures, problems);
    }

    private static void check(Phase phase, long ok, @Nullable Long minimum, List<String> problems) {
        if (minimum == null) {
            if (phase.name().startsWith(FAULT) || phase.name().startsWith(RECOVERY)) {
                problems.add("nothing says how many operations must succeed in " + phase.name());
            }
        } else if (ok < minimum) {
            problems.add("only " + ok + " operations of at least " + minimum + " were acknowledged in " + phase.name()
                    + " [" + Words.seconds(phase.begin()) + " .. " + Words.seconds(phase.end()) + "]");
        }
    }

    private static void faults(History history, List<String> problems) {
        for (FaultWindow fault : history.faults()) {
            if (!fault.confirmed()) {
                problems.add("no probe saw that " + fault.kind() + " (" + fault.what() + ") at "
                        + Words.seconds(fault.struck()) + " was in force: " + fault.probe());
            }
        }
        if (asked(history.about().get("faults"))) {
            if (history.faults().isEmpty()) {
                problems.add("faults were asked for and none struck");
            }
            if (history.phases().stream().noneMatch(phase -> phase.name().startsWith(FAULT))) {
                problems.add("faults were asked for and no phase is one of a fault");
            }
        }
    }

    private static boolean asked(@Nullable Object faults) {
        if (faults instanceof Collection<?> list) {
            return list.stream().anyMatch(fault -> !"none".equals(fault));
        }
        return faults != null
                && !faults.toString().isBlank()
                && !faults.toString().toLowerCase(Locale.ROOT).equals("none");
    }

    private static @Nullable Long minimum(String phase, Map<?, ?> minimums) {
        String longest = null;
        Long minimum = null;
        for (Map.Entry<?, ?> entry : minimums.entrySet()) {
            String beginning = String.valueOf(entry.getKey());
            boolean better = longest == null || beginning.length() > longest.length();
            if (phase.startsWith(beginning) && better && entry.getValue() instanceof Number number) {
                longest = beginning;
                minimum = number.longValue();
            }
        }
        return minimum;
    }

    private static int countBelow(long[] sorted, long time) {
        int at = Arrays.binarySearch(sorted, time);
        if (at < 0) {
            return -at - 1;
        }
        while (at > 0 && sorted[at - 1] == time) {
            at--;
        }
        return at;
    }
}
