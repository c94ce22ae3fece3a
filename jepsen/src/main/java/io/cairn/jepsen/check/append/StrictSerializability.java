package io.cairn.jepsen.check.append;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The parts of the check put together. */
public final class StrictSerializability {
    /** Components whose cycle is told in words; of the others only the number. */
    private static final int MOST_CYCLES = 20;

    private final Map<String, Object> figures = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();

    /** Judges a history of list-append transactions. */
    public StrictSerializability(History history) {
        List<Transaction> transactions = new ArrayList<>(history.operations().size());
        long unknown = 0;
        for (var operation : history.operations()) {
            if (operation.f().equals("txn")) {
                transactions.add(Transaction.of(transactions.size(), operation));
                unknown += operation.outcome() == Outcome.INFO ? 1 : 0;
            }
        }
        List<Versions> keys = List.copyOf(Versions.of(transactions).values());
        DirectAnomalies direct = new DirectAnomalies(problems);
        direct.look(transactions, keys);
        Graph graph = Dependencies.of(transactions, keys);
        List<int[]> components = Cycles.components(graph);
        Map<String, Long> anomalies = direct.counts();
        tellCycles(graph, components, anomalies);
        figures.put("transactions", (long) transactions.size());
        figures.put("unknown", unknown);
        figures.put("keys", (long) keys.size());
        figures.put("edges", (long) graph.edges());
        figures.put("anomalies", anomalies);
    }

    private void tellCycles(Graph graph, List<int[]> components, Map<String, Long> anomalies) {
        Cycles cycles = new Cycles(graph);
        CycleWords words = new CycleWords(graph);
        for (int i = 0; i < components.size() && i < MOST_CYCLES; i++) {
            int[] cycle = cycles.simplest(components.get(i));
            anomalies.merge(words.name(cycle), 1L, Long::sum);
            problems.add(words.of(cycle));
        }
        if (components.size() > MOST_CYCLES) {
            long untold = (long) components.size() - MOST_CYCLES;
            anomalies.put("more-cycles", untold);
            problems.add(untold + " more groups of transactions that form cycles");
        }
    }

    /** Counts for the verdict. */
    public Map<String, Object> figures() {
        return figures;
    }

    /** What is wrong, in words. */
    public List<String> problems() {
        return problems;
    }
}
