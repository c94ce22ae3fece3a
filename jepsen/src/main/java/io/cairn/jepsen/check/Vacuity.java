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
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whether a run could have shown anything. {@code about.minOk} maps beginnings of phase names to how many operations must have returned
 * OK within each such phase (0 where the fault leaves no quorum); the longest beginning that fits a phase counts. Every phase named {@code
 * fault: ...} or {@code recovery...} needs one that fits. As many operations must have been changes, except in phases named {@code final...}:
 * reads alone would show no loss (of one workload's history, in a phase of a fault, one). Every fault must be confirmed by its probe, and when {@code about.faults} names any (a list, or a text with
 * commas other than blank and {@code none}), each must have struck ({@code mix} stands for whatever it draws), in a phase of its own.
 */
public final class Vacuity implements Checker {
    private static final String FAULT = "fault";
    private static final String RECOVERY = "recovery";
    private static final String FINAL = "final";
    private static final String MIX = "mix";

    private final boolean wholeRun;

    /** Of a whole run. */
    public Vacuity() {
        this(true);
    }

    private Vacuity(boolean wholeRun) {
        this.wholeRun = wholeRun;
    }

    /** Of the history of one workload among several: the faults, which all of them share, are left to the whole run's. */
    public static Vacuity ofOneWorkload() {
        return new Vacuity(false);
    }

    @Override
    public Finding check(History history) {
        List<String> problems = new Problems();
        long[] returns = returns(history, operation -> true);
        long[] changes = returns(history, Vacuity::changes);
        if (returns.length == 0) {
            problems.add("no operation was ever acknowledged");
        } else if (changes.length == 0) {
            problems.add("no change was ever acknowledged, and reads alone show nothing");
        }
        Map<?, ?> minimums = history.about().get("minOk") instanceof Map<?, ?> map ? map : Map.of();
        Map<String, Object> byPhase = new LinkedHashMap<>();
        Map<String, Object> changesByPhase = new LinkedHashMap<>();
        for (Phase phase : history.phases()) {
            long ok = within(phase, returns);
            long changed = within(phase, changes);
            byPhase.merge(phase.name(), ok, (a, b) -> Math.min((Long) a, (Long) b));
            changesByPhase.merge(phase.name(), changed, (a, b) -> Math.min((Long) a, (Long) b));
            check(phase, ok, changed, minimum(phase.name(), minimums), problems);
        }
        if (wholeRun) {
            faults(history, problems);
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("ok", (long) returns.length);
        figures.put("changes", (long) changes.length);
        figures.put("faults", (long) history.faults().size());
        figures.put("leastOkByPhase", byPhase);
        figures.put("leastChangesByPhase", changesByPhase);
        return Finding.of("vacuity", figures, problems);
    }

    /** Whether an operation changes something when it happens: anything but a read, or a transaction that appends. */
    public static boolean changes(Operation operation) {
        if (operation.f().equals("txn") && operation.in() instanceof List<?> steps) {
            return steps.stream()
                    .anyMatch(
                            step -> step instanceof List<?> words && !words.isEmpty() && "append".equals(words.get(0)));
        }
        return !operation.f().equals("read");
    }

    /** When the OK operations of a kind returned, ascending. */
    private static long[] returns(History history, Predicate<Operation> kind) {
        return history.operations().stream()
                .filter(operation -> operation.outcome() == Outcome.OK && kind.test(operation))
                .mapToLong(Operation::ret)
                .sorted()
                .toArray();
    }

    private static long within(Phase phase, long[] returns) {
        return (long) countBelow(returns, phase.end()) - countBelow(returns, phase.begin());
    }

    private void check(Phase phase, long ok, long changes, @Nullable Long minimum, List<String> problems) {
        if (minimum == null) {
            if (phase.name().startsWith(FAULT) || phase.name().startsWith(RECOVERY)) {
                problems.add("nothing says how many operations must succeed in " + phase.name());
            }
        } else if (ok < minimum) {
            problems.add("only " + ok + " operations of at least " + minimum + " were acknowledged in " + where(phase));
        } else if (changes < leastChanges(phase, minimum)) {
            problems.add("only " + changes + " changes of at least " + leastChanges(phase, minimum)
                    + " were acknowledged in " + where(phase) + "; the other " + (ok - changes) + " only read");
        }
    }

    /** Where a fault makes all slow, one change of a workload shows that it was served; of the whole run more are asked. */
    private long leastChanges(Phase phase, long minimum) {
        if (phase.name().startsWith(FINAL)) {
            return 0;
        }
        return phase.name().startsWith(FAULT) && !wholeRun ? Math.min(1, minimum) : minimum;
    }

    private static String where(Phase phase) {
        return phase.name() + " [" + Words.seconds(phase.begin()) + " .. " + Words.seconds(phase.end()) + "]";
    }

    private static void faults(History history, List<String> problems) {
        for (FaultWindow fault : history.faults()) {
            if (!fault.confirmed()) {
                problems.add("no probe saw that " + fault.kind() + " (" + fault.what() + ") at "
                        + Words.seconds(fault.struck()) + " was in force: " + fault.probe());
            }
        }
        List<String> asked = asked(history.about().get("faults"));
        if (asked.isEmpty()) {
            return;
        }
        if (history.faults().isEmpty()) {
            problems.add("faults were asked for and none struck");
        } else {
            Set<String> struck =
                    history.faults().stream().map(FaultWindow::kind).collect(Collectors.toSet());
            asked.stream()
                    .filter(kind -> !kind.equals(MIX) && !struck.contains(kind))
                    .forEach(kind -> problems.add(kind + " was asked for and never struck"));
        }
        if (history.phases().stream().noneMatch(phase -> phase.name().startsWith(FAULT))) {
            problems.add("faults were asked for and no phase is one of a fault");
        }
    }

    private static List<String> asked(@Nullable Object faults) {
        Stream<?> names = faults instanceof Collection<?> list
                ? list.stream()
                : Arrays.stream(String.valueOf(faults == null ? "" : faults).split(","));
        return names.map(name -> String.valueOf(name).strip())
                .filter(name -> !name.isEmpty() && !name.equalsIgnoreCase("none"))
                .toList();
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
