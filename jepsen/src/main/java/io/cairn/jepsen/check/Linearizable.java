package io.cairn.jepsen.check;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Words;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether each register behaved as if one client after the other had used it: {@code read}, {@code write} and {@code cas} of the register
 * workload. Linearizability is local (Herlihy and Wing 1990), so each key is judged alone; see {@link RegisterOps} for what is left out
 * before the search and {@link RegisterSearch} for the search. Every key begins as nil.
 *
 * <p>When a key is not linearizable, the shortest beginning of its history that is not either is found by halving: what is pending at its
 * end counts as unknown. The last operation of that beginning is the one at which it gets stuck.
 */
public final class Linearizable implements Checker {
    /** Beyond this many configurations in the cache of one key (16 bytes each, in a table at most eight times that) a key is undecided. */
    public static final int MOST_CONFIGURATIONS = 4_000_000;

    /** Values tried to tell which were possible at the operation that is stuck. */
    private static final int MOST_VALUES_TRIED = 64;

    /** Operations shown around the one that is stuck. */
    private static final int MOST_SHOWN = 10;

    /** Keys that are explained; of others that are not linearizable only the name is told. */
    private static final int MOST_EXPLAINED = 10;

    private final int mostConfigurations;

    public Linearizable() {
        this(MOST_CONFIGURATIONS);
    }

    /** With another bound than {@link #MOST_CONFIGURATIONS}. */
    public Linearizable(int mostConfigurations) {
        this.mostConfigurations = mostConfigurations;
    }

    @Override
    public Finding check(History history) {
        Map<String, List<Operation>> byKey = new TreeMap<>();
        int unknown = 0;
        for (Operation operation : history.operations()) {
            byKey.computeIfAbsent(operation.key(), k -> new ArrayList<>()).add(operation);
            unknown += operation.outcome() == Outcome.INFO ? 1 : 0;
        }
        long configurations = 0;
        int undecided = 0;
        int broken = 0;
        List<String> problems = new Problems();
        for (Map.Entry<String, List<Operation>> key : byKey.entrySet()) {
            RegisterSearch search = search(key.getValue());
            RegisterSearch.Verdict verdict = search.run();
            configurations += search.configurations();
            if (verdict == RegisterSearch.Verdict.UNDECIDED) {
                undecided++;
                problems.add("register " + key.getKey() + ": undecided, more than " + mostConfigurations
                        + " configurations; this is not a pass");
            } else if (verdict == RegisterSearch.Verdict.NOT_LINEARIZABLE) {
                broken++;
                String how = broken <= MOST_EXPLAINED ? ": " + explain(key.getValue()) : "";
                problems.add("register " + key.getKey() + " is not linearizable" + how);
            }
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("keys", (long) byKey.size());
        figures.put("operations", (long) history.operations().size());
        figures.put("unknown", (long) unknown);
        figures.put("configurations", configurations);
        figures.put("brokenKeys", (long) broken);
        figures.put("undecidedKeys", (long) undecided);
        return Finding.of("linearizable", figures, problems);
    }

    private RegisterSearch search(List<Operation> operations) {
        return new RegisterSearch(RegisterOps.of(operations), mostConfigurations);
    }

    private boolean fails(List<Operation> operations) {
        return search(operations).run() == RegisterSearch.Verdict.NOT_LINEARIZABLE;
    }

    private String explain(List<Operation> operations) {
        List<Operation> returned = operations.stream()
                .filter(operation -> operation.outcome() == Outcome.OK)
                .sorted((a, b) -> Long.compare(a.ret(), b.ret()))
                .toList();
        int passes = -1;
        int fails = returned.size() - 1;
        while (fails - passes > 1) {
            int middle = (passes + fails) >>> 1;
            if (fails(until(operations, returned.get(middle).ret()))) {
                fails = middle;
            } else {
                passes = middle;
            }
        }
        Operation stuck = returned.get(fails);
        StringBuilder words = new StringBuilder("stuck at ").append(Words.of(stuck));
        Object needed = stuck.f().equals("cas")
                ? Words.list(stuck.in(), stuck).get(0)
                : stuck.f().equals("read") ? stuck.out() : null;
        String never = whoWrote(operations, needed);
        if (!never.isEmpty()) {
            words.append("; ").append(never);
        }
        words.append("; values possible there: ").append(String.join(", ", possibleValues(operations, stuck)));
        words.append("; around it:");
        for (Operation operation : around(operations, stuck, needed)) {
            words.append("\n  ").append(operation.equals(stuck) ? "> " : "  ").append(Words.of(operation));
        }
        return words.toString();
    }

    /** What had been called by a time; what had not returned by then is pending. */
    private static List<Operation> until(List<Operation> operations, long time) {
        List<Operation> beginning = new ArrayList<>();
        for (Operation operation : operations) {
            if (operation.call() > time) {
                break;
            }
            boolean pending = operation.outcome() == Outcome.OK && operation.ret() > time;
            beginning.add(
                    pending
                            ? with(operation, operation.f(), operation.in(), operation.out(), Outcome.INFO)
                            : operation);
        }
        return beginning;
    }

    private static Operation with(
            Operation operation, String f, @Nullable Object in, @Nullable Object out, Outcome outcome) {
        return new Operation(
                operation.client(),
                f,
                operation.key(),
                in,
                out,
                operation.call(),
                operation.ret(),
                outcome,
                operation.node(),
                operation.error());
    }

    /** The values that the operation that is stuck could have found. */
    private List<String> possibleValues(List<Operation> operations, Operation stuck) {
        List<Operation> beginning = until(operations, stuck.ret());
        int at = beginning.indexOf(stuck);
        Set<@Nullable Object> tried = new LinkedHashSet<>();
        for (int op = beginning.size() - 1; op >= 0 && tried.size() < MOST_VALUES_TRIED; op--) {
            Operation operation = beginning.get(op);
            if (operation.equals(stuck) || operation.outcome() == Outcome.FAIL) {
                continue;
            }
            if (operation.f().equals("write")) {
                tried.add(operation.in());
            } else if (operation.f().equals("cas")) {
                tried.add(Words.list(operation.in(), operation).get(1));
            }
        }
        tried.add(null);
        List<String> possible = new ArrayList<>();
        for (Object value : tried) {
            beginning.set(at, finding(stuck, value));
            if (search(beginning).run() == RegisterSearch.Verdict.LINEARIZABLE) {
                possible.add(Words.value(value));
            }
        }
        return possible.isEmpty() ? List.of("none of the last " + tried.size()) : possible;
    }

    /** The operation that is stuck, had it found another value. */
    private static Operation finding(Operation stuck, @Nullable Object value) {
        if (!stuck.f().equals("cas")) {
            return with(stuck, "read", stuck.in(), value, Outcome.OK);
        }
        List<@Nullable Object> change = new ArrayList<>(Words.list(stuck.in(), stuck));
        change.set(0, value);
        return with(stuck, "cas", change, stuck.out(), Outcome.OK);
    }

    private static String whoWrote(List<Operation> operations, @Nullable Object needed) {
        if (needed == null) {
            return "";
        }
        Operation refused = null;
        for (Operation operation : operations) {
            if (leaves(operation, needed)) {
                if (operation.outcome() != Outcome.FAIL) {
                    return "";
                }
                refused = operation;
            }
        }
        return refused == null
                ? "nobody wrote " + Words.value(needed)
                : "only a refused operation wrote " + Words.value(needed) + ": " + Words.of(refused);
    }

    private static boolean leaves(Operation operation, @Nullable Object value) {
        Object left = switch (operation.f()) {
            case "write" -> operation.in();
            case "cas" -> Words.list(operation.in(), operation).get(1);
            default -> null;
        };
        return left != null && value != null && Words.plain(left).equals(Words.plain(value));
    }

    /** The operation that is stuck, who wrote what it needs, what ran beside it, and what last returned before it. */
    private static List<Operation> around(List<Operation> operations, Operation stuck, @Nullable Object needed) {
        Set<Operation> shown = new HashSet<>();
        shown.add(stuck);
        for (Operation operation : operations) {
            if (shown.size() < 3 && leaves(operation, needed)) {
                shown.add(operation);
            }
        }
        List<Operation> nearest = operations.stream()
                .filter(operation -> operation.outcome() == Outcome.OK && operation.call() <= stuck.ret())
                .sorted((a, b) -> Long.compare(b.ret(), a.ret()))
                .toList();
        for (Operation operation : nearest) {
            if (shown.size() >= MOST_SHOWN) {
                break;
            }
            shown.add(operation);
        }
        return operations.stream().filter(shown::contains).toList();
    }
}
