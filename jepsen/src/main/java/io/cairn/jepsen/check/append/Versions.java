package io.cairn.jepsen.check.append;

import io.cairn.jepsen.history.Words;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The versions of one key, in the order in which they came. A list only grows, so the longest one read holds all versions read: the first element is
 * the first version and so on. Elements nobody read came after it, if they came.
 */
final class Versions {
    final String key;

    /** Who appends an element, whatever became of it. */
    final Map<Object, Transaction> appenders = new HashMap<>();

    /** Whether an element is followed by another of the same transaction on this key. */
    final Set<Object> intermediate = new HashSet<>();

    /** Elements that two transactions append: an error of the workload. */
    final List<Object> appendedTwice = new ArrayList<>(0);

    /** All that were told something of this key, in the order of their calls. */
    final List<Transaction.Read> reads = new ArrayList<>();

    /** The reads that are no beginning of {@link #longest}. */
    final List<Transaction.Read> incompatible = new ArrayList<>(0);

    private Transaction.@Nullable Read longest;
    private final Map<Object, Integer> places = new HashMap<>();

    private Versions(String key) {
        this.key = key;
    }

    /** By key; the transactions in the order of their calls. */
    static Map<String, Versions> of(List<Transaction> transactions) {
        Map<String, Versions> byKey = new TreeMap<>();
        for (Transaction transaction : transactions) {
            transaction
                    .appends()
                    .forEach((key, elements) ->
                            byKey.computeIfAbsent(key, Versions::new).addAppends(transaction, elements));
            for (Transaction.Read read : transaction.reads()) {
                byKey.computeIfAbsent(read.key(), Versions::new).reads.add(read);
            }
        }
        byKey.values().forEach(Versions::order);
        return byKey;
    }

    private void addAppends(Transaction transaction, List<Object> elements) {
        for (int i = 0; i < elements.size(); i++) {
            if (appenders.putIfAbsent(elements.get(i), transaction) != null) {
                appendedTwice.add(elements.get(i));
            }
            if (i + 1 < elements.size()) {
                intermediate.add(elements.get(i));
            }
        }
    }

    private void order() {
        for (Transaction.Read read : reads) {
            if (longest == null || read.elements().size() > longest.elements().size()) {
                longest = read;
            }
        }
        List<?> order = longest();
        for (int i = 0; i < order.size(); i++) {
            places.putIfAbsent(Words.plain(order.get(i)), i);
        }
        for (Transaction.Read read : reads) {
            if (!Transaction.isPrefix(read.elements(), order)) {
                incompatible.add(read);
            }
        }
    }

    /** The longest list that was read. */
    List<?> longest() {
        return longest == null ? List.of() : longest.elements();
    }

    /** Who read {@link #longest()}, or null when nobody read the key. */
    Transaction.@Nullable Read longestRead() {
        return longest;
    }

    /** Where an element is in {@link #longest()}, or -1. */
    int place(Object element) {
        return places.getOrDefault(element, -1);
    }

    /** Who appended the element at a place, or null when nobody did. */
    @Nullable
    Transaction appender(int place) {
        return appenders.get(Words.plain(longest().get(place)));
    }
}
