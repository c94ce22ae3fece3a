package io.cairn.jepsen.check.append;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Strongly connected components: Tarjan (1972) with a stack of its own instead of recursion. */
final class Components {
    private final Graph graph;
    private final int kinds;
    private final boolean[] among;
    private final int[] index;
    private final int[] low;
    private final boolean[] open;
    private final int[] path;
    private final int[] nextEdge;
    private final int[] stack;
    private int stackSize;
    private int count;
    private final List<int[]> found = new ArrayList<>();

    private Components(Graph graph, int kinds, boolean[] among) {
        this.graph = graph;
        this.kinds = kinds;
        this.among = among;
        index = new int[graph.size()];
        Arrays.fill(index, -1);
        low = new int[graph.size()];
        open = new boolean[graph.size()];
        path = new int[graph.size()];
        nextEdge = new int[graph.size()];
        stack = new int[graph.size()];
    }

    /** Those of more than one transaction, by edges of these kinds (their bits) between these transactions. */
    static List<int[]> of(Graph graph, int kinds, boolean[] among) {
        Components components = new Components(graph, kinds, among);
        for (int t = 0; t < graph.size(); t++) {
            if (among[t] && components.index[t] < 0) {
                components.from(t);
            }
        }
        return components.found;
    }

    private void from(int root) {
        int depth = 0;
        path[0] = root;
        enter(root);
        while (depth >= 0) {
            int at = path[depth];
            if (nextEdge[at] < graph.first[at + 1]) {
                int edge = nextEdge[at]++;
                int target = graph.to[edge];
                if ((kinds & graph.bit(edge)) == 0 || !among[target]) {
                    continue;
                }
                if (index[target] < 0) {
                    path[++depth] = target;
                    enter(target);
                } else if (open[target]) {
                    low[at] = Math.min(low[at], index[target]);
                }
            } else {
                if (low[at] == index[at]) {
                    close(at);
                }
                depth--;
                if (depth >= 0) {
                    low[path[depth]] = Math.min(low[path[depth]], low[at]);
                }
            }
        }
    }

    private void enter(int t) {
        index[t] = count;
        low[t] = count++;
        nextEdge[t] = graph.first[t];
        open[t] = true;
        stack[stackSize++] = t;
    }

    private void close(int root) {
        int end = stackSize;
        int t;
        do {
            t = stack[--stackSize];
            open[t] = false;
        } while (t != root);
        if (end - stackSize > 1) {
            found.add(Arrays.copyOfRange(stack, stackSize, end));
        }
    }
}
