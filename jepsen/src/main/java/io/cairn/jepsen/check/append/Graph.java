package io.cairn.jepsen.check.append;

import java.util.Arrays;
import java.util.List;

/** Transactions and what orders them: edges by their origin, and for each origin by kind. Not to be changed once built. */
final class Graph {
    private static final Dependency[] KINDS = Dependency.values();
    private static final int LABEL_BITS = KINDS.length;

    final List<Transaction> transactions;
    final List<Versions> keys;

    /** The edges of transaction t are those from {@code first[t]} on, before {@code first[t + 1]}. */
    final int[] first;

    final int[] to;
    private final byte[] kinds;
    private final int[] key;

    private Graph(List<Transaction> transactions, List<Versions> keys, int edges) {
        this.transactions = transactions;
        this.keys = keys;
        first = new int[transactions.size() + 1];
        to = new int[edges];
        kinds = new byte[edges];
        key = new int[edges];
    }

    int size() {
        return transactions.size();
    }

    int edges() {
        return to.length;
    }

    /** The {@link Dependency#bit} of its kind. */
    int bit(int edge) {
        return kinds[edge];
    }

    Dependency kind(int edge) {
        return KINDS[Integer.numberOfTrailingZeros(kinds[edge])];
    }

    /** The place in {@link #keys} of the key by which an edge is there; of no use for {@link Dependency#REAL_TIME}. */
    int key(int edge) {
        return key[edge];
    }

    /** Collects edges. */
    static final class Builder {
        private int[] from = new int[1024];
        private int[] to = new int[1024];
        private int[] labels = new int[1024];
        private int count;

        /** Nothing for an edge from a transaction to itself. */
        void add(int origin, int target, Dependency kind, int key) {
            if (origin == target) {
                return;
            }
            if (count == from.length) {
                from = Arrays.copyOf(from, 2 * count);
                to = Arrays.copyOf(to, 2 * count);
                labels = Arrays.copyOf(labels, 2 * count);
            }
            from[count] = origin;
            to[count] = target;
            labels[count++] = key << LABEL_BITS | kind.bit;
        }

        Graph build(List<Transaction> transactions, List<Versions> keys) {
            Graph graph = new Graph(transactions, keys, count);
            for (int edge = 0; edge < count; edge++) {
                graph.first[from[edge] + 1]++;
            }
            for (int t = 0; t < transactions.size(); t++) {
                graph.first[t + 1] += graph.first[t];
            }
            int[] next = Arrays.copyOf(graph.first, transactions.size());
            for (Dependency kind : KINDS) {
                for (int edge = 0; edge < count; edge++) {
                    if ((labels[edge] & kind.bit) != 0) {
                        int at = next[from[edge]]++;
                        graph.to[at] = to[edge];
                        graph.kinds[at] = (byte) kind.bit;
                        graph.key[at] = labels[edge] >>> LABEL_BITS;
                    }
                }
            }
            return graph;
        }
    }
}
