package io.cairn.jepsen.check.append;

import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Words;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One list-append transaction, taken apart.
 *
 * @param id its place in the history
 * @param appends what it appends, by key, in its order
 * @param reads what it was told; none unless it is OK
 * @param contradiction how it contradicts itself, or null
 */
record Transaction(
        int id,
        Operation operation,
        Map<String, List<Object>> appends,
        List<Read> reads,
        @Nullable String contradiction) {
    /**
     * A list that a transaction was told.
     *
     * @param elements the whole list
     * @param own how many elements at its end it appended itself before it read
     * @param first whether it had not read the key before
     */
    record Read(Transaction by, String key, List<?> elements, int own, boolean first) {
        /** How many elements were there from others. */
        int others() {
            return elements.size() - own;
        }
    }

    boolean ok() {
        return operation.outcome() == Outcome.OK;
    }

    boolean refused() {
        return operation.outcome() == Outcome.FAIL;
    }

    static Transaction of(int id, Operation operation) {
        boolean ok = operation.outcome() == Outcome.OK;
        Map<String, List<Object>> appends = new LinkedHashMap<>(4);
        Map<String, List<?>> told = new HashMap<>(4);
        List<Read> reads = new ArrayList<>(2);
        List<String> contradictions = new ArrayList<>(0);
        Transaction transaction = new Transaction(id, operation, appends, reads, null);
        for (Object step : Words.list(ok ? operation.out() : operation.in(), operation)) {
            List<?> words = Words.list(step, operation);
            String key = String.valueOf(words.get(1));
            List<Object> own = appends.getOrDefault(key, List.of());
            if ("append".equals(words.get(0))) {
                appends.computeIfAbsent(key, k -> new ArrayList<>(2)).add(Words.plain(words.get(2)));
            } else if ("r".equals(words.get(0)) && ok) {
                List<?> elements = words.get(2) == null ? List.of() : Words.list(words.get(2), operation);
                List<?> before = told.get(key);
                String wrong = contradiction(key, before, own, elements);
                if (wrong != null) {
                    contradictions.add(wrong);
                }
                reads.add(new Read(transaction, key, elements, Math.min(own.size(), elements.size()), before == null));
                told.put(key, elements.subList(0, elements.size() - Math.min(own.size(), elements.size())));
            } else if (!"r".equals(words.get(0))) {
                throw new IllegalArgumentException("neither append nor r: " + Words.of(operation));
            }
        }
        return contradictions.isEmpty() ? transaction : transaction.contradicting(String.join("; ", contradictions));
    }

    private Transaction contradicting(String how) {
        List<Read> own = new ArrayList<>(reads.size());
        Transaction changed = new Transaction(id, operation, appends, own, how);
        for (Read read : reads) {
            own.add(new Read(changed, read.key(), read.elements(), read.own(), read.first()));
        }
        return changed;
    }

    /** {@code before} is what others had appended when it read the key before, or null. */
    private static @Nullable String contradiction(
            String key, @Nullable List<?> before, List<Object> own, List<?> elements) {
        int others = elements.size() - own.size();
        boolean ends = others >= 0 && sameElements(elements.subList(others, elements.size()), own);
        if (!ends) {
            return "it appended " + Words.value(own) + " to " + key + " and then read " + Words.value(elements);
        }
        if (before != null && !sameElements(elements.subList(0, others), before)) {
            return "it read others' " + Words.value(before) + " in " + key + " and later "
                    + Words.value(elements.subList(0, others));
        }
        return null;
    }

    static boolean sameElements(List<?> left, List<?> right) {
        return left.size() == right.size() && isPrefix(left, right);
    }

    static boolean isPrefix(List<?> prefix, List<?> of) {
        if (prefix.size() > of.size()) {
            return false;
        }
        for (int i = 0; i < prefix.size(); i++) {
            if (!Words.plain(prefix.get(i)).equals(Words.plain(of.get(i)))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return Words.of(operation);
    }
}
