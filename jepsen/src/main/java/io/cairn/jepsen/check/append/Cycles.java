package io.cairn.jepsen.check.append;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The simplest cycle of each strongly connected component. What is looked for first is the worst: cycles of writes alone, of writes and
 * what was seen of them, with one unseen write, with several; then the same with real time.
 */
final class Cycles {
    /** Beginnings tried for a shortest cycle. With more, a cycle is still found, but perhaps not the shortest one, nor one with a single unseen write. */
    private static final int MOST_BEGINNINGS = 200;

    private static final int WW = Dependency.WRITE_WRITE.bit;
    private static final int WR = Dependency.WRITE_READ.bit;
    private static final int RW = Dependency.READ_WRITE.bit;
    private static final int RT = Dependency.REAL_TIME.bit;

    /** The kinds of edges allowed, one search after the other, and whether one {@link #RW} edge is allowed beside them. */
    private static final int[] ALLOWED = {
        WW, WW | WR, WW | WR, WW | WR | RW, WW | RT, WW | WR | RT, WW | WR | RT, WW | WR | RW | RT
    };

    private static final boolean[] ONE_UNSEEN = {false, false, true, false, false, false, true, false};

    private final Graph graph;
    private final boolean[] inside;
    private final int[] reachedBy;
    private final int[] stamps;
    private final int[] queue;
    private final int[] distance;
    private int stamp;

    Cycles(Graph graph) {
        this.graph = graph;
        inside = new boolean[graph.size()];
        reachedBy = new int[graph.size()];
        stamps = new int[graph.size()];
        queue = new int[graph.size()];
        distance = new int[graph.size()];
    }

    /** The components in which there are cycles of any kind. */
    static List<int[]> components(Graph graph) {
        boolean[] all = new boolean[graph.size()];
        Arrays.fill(all, true);
        return Components.of(graph, WW | WR | RW | RT, all);
    }

    /** The edges of the simplest cycle within a component. */
    int[] simplest(int[] component) {
        for (int t : component) {
            inside[t] = true;
        }
        int[] cycle = null;
        for (int search = 0; search < ALLOWED.length && cycle == null; search++) {
            cycle = ONE_UNSEEN[search]
                    ? throughOneUnseen(component, ALLOWED[search])
                    : shortest(Components.of(graph, ALLOWED[search], inside), ALLOWED[search]);
        }
        for (int t : component) {
            inside[t] = false;
        }
        if (cycle == null) {
            throw new IllegalStateException("a component without a cycle");
        }
        return cycle;
    }

    private int @Nullable [] shortest(List<int[]> components, int allowed) {
        int[] best = null;
        int beginnings = 0;
        for (int[] component : components) {
            int[] sorted = component.clone();
            Arrays.sort(sorted);
            for (int t : sorted) {
                if (best != null && (beginnings++ > MOST_BEGINNINGS || best.length == 2)) {
                    return best;
                }
                int[] cycle = path(t, t, allowed, best == null ? Integer.MAX_VALUE : best.length - 1);
                best = cycle == null ? best : cycle;
            }
        }
        return best;
    }

    private int @Nullable [] throughOneUnseen(int[] component, int allowed) {
        int[] best = null;
        int beginnings = 0;
        int[] sorted = component.clone();
        Arrays.sort(sorted);
        for (int t : sorted) {
            for (int edge = graph.first[t]; edge < graph.first[t + 1]; edge++) {
                if (graph.kind(edge) != Dependency.READ_WRITE || !inside[graph.to[edge]]) {
                    continue;
                }
                if (beginnings++ > MOST_BEGINNINGS) {
                    return best;
                }
                int[] back = path(graph.to[edge], t, allowed, best == null ? Integer.MAX_VALUE : best.length - 2);
                if (back != null) {
                    best = new int[back.length + 1];
                    best[0] = edge;
                    System.arraycopy(back, 0, best, 1, back.length);
                }
            }
        }
        return best;
    }

    /** The edges of a shortest path of at least one and at most so many edges, breadth first; null when there is none. */
    private int @Nullable [] path(int from, int goal, int allowed, int longest) {
        stamp++;
        int head = 0;
        int tail = 0;
        queue[tail++] = from;
        distance[from] = 0;
        if (from != goal) {
            stamps[from] = stamp;
        }
        while (head < tail) {
            int at = queue[head++];
            if (distance[at] >= longest) {
                return null;
            }
            for (int edge = graph.first[at]; edge < graph.first[at + 1]; edge++) {
                int target = graph.to[edge];
                if ((allowed & graph.bit(edge)) == 0 || !inside[target] || stamps[target] == stamp) {
                    continue;
                }
                reachedBy[target] = edge;
                if (target == goal) {
                    return back(from, goal, distance[at] + 1);
                }
                stamps[target] = stamp;
                distance[target] = distance[at] + 1;
                queue[tail++] = target;
            }
        }
        return null;
    }

    private int[] back(int from, int goal, int length) {
        int[] edges = new int[length];
        int at = goal;
        for (int i = length - 1; i >= 0; i--) {
            edges[i] = reachedBy[at];
            at = origin(edges[i]);
        }
        assert at == from;
        return edges;
    }

    /** From which transaction an edge leads. */
    int origin(int edge) {
        int found = Arrays.binarySearch(graph.first, edge);
        if (found < 0) {
            return -found - 2;
        }
        while (graph.first[found + 1] == edge) {
            found++;
        }
        return found;
    }
}
