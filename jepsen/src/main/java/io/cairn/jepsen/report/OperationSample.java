package io.cairn.jepsen.report;

import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.history.FaultWindow;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which operations a page shows when they are too many for it: those of the keys that problems name, and whole stretches around
 * the begin and the end of faults. Within a stretch nothing is left out, so that what looks idle was idle.
 */
final class OperationSample {
    /** Operations in a page. */
    static final int MOST = 20_000;
    /** Of these, operations of keys that problems name. */
    static final int MOST_OF_PROBLEMS = 8_000;

    private static final int MOST_PROBLEM_KEYS = 16;
    /** A stretch shorter than this tells no story. */
    private static final int LEAST_STRETCH = 400;

    /** What is kept of each of {@code history.operations()}. */
    final BitSet kept = new BitSet();
    /** First and last index of the stretches within which everything is kept, ascending and apart. */
    final List<int[]> stretches = new ArrayList<>();
    /** Keys that problems name, with the index of their first operation. */
    final Map<String, Integer> problemKeys = new LinkedHashMap<>();

    private final List<Operation> operations;

    OperationSample(History history, List<Finding> findings) {
        operations = history.operations();
        findProblemKeys(findings);
        if (operations.size() <= MOST) {
            kept.set(0, operations.size());
            if (!operations.isEmpty()) {
                stretches.add(new int[] {0, operations.size() - 1});
            }
            return;
        }
        keepProblems();
        keepStretches(moments(history));
    }

    private void findProblemKeys(List<Finding> findings) {
        Set<String> words = new TreeSet<>();
        for (Finding finding : findings) {
            for (String problem : finding.problems()) {
                for (String word : problem.split("[\\s\"',;()\\[\\]=]+")) {
                    words.add(word);
                    words.add(word.replaceAll("[:.]+$", ""));
                    int open = word.indexOf('{');
                    int close = word.indexOf('}', open + 1);
                    if (open >= 0 && close > open) {
                        words.add(word.substring(open + 1, close));
                        words.add(word.substring(open, close + 1));
                    }
                }
            }
        }
        words.remove("");
        for (int i = 0; i < operations.size() && problemKeys.size() < MOST_PROBLEM_KEYS; i++) {
            if (words.contains(operations.get(i).key())) {
                problemKeys.putIfAbsent(operations.get(i).key(), i);
            }
        }
    }

    private void keepProblems() {
        if (problemKeys.isEmpty()) {
            return;
        }
        Map<String, Integer> left = new HashMap<>();
        problemKeys.keySet().forEach(key -> left.put(key, MOST_OF_PROBLEMS / problemKeys.size()));
        for (int i = 0; i < operations.size(); i++) {
            Integer share = left.get(operations.get(i).key());
            if (share != null && share > 0) {
                kept.set(i);
                left.put(operations.get(i).key(), share - 1);
            }
        }
    }

    /** The moments worth seeing: the first fault of each kind, then the second of each, and so on; the run's begin if none. */
    private static List<Long> moments(History history) {
        Map<String, Integer> seen = new HashMap<>();
        List<List<FaultWindow>> rounds = new ArrayList<>();
        for (FaultWindow fault : history.faults()) {
            int round = seen.merge(fault.kind(), 1, Integer::sum) - 1;
            if (rounds.size() == round) {
                rounds.add(new ArrayList<>());
            }
            rounds.get(round).add(fault);
        }
        List<Long> moments = new ArrayList<>();
        rounds.forEach(round -> round.forEach(fault -> {
            moments.add(fault.begin());
            moments.add(fault.healed());
        }));
        return moments.isEmpty() ? List.of(0L) : moments;
    }

    private void keepStretches(List<Long> moments) {
        int budget = MOST - kept.cardinality();
        int share = Math.max(LEAST_STRETCH, budget / moments.size());
        BitSet whole = new BitSet();
        for (long moment : moments) {
            int middle = indexOf(moment);
            int from = Math.max(0, middle - share / 4);
            int to = Math.min(operations.size(), from + share);
            int fresh = (to - from) - kept.get(from, to).cardinality();
            if (fresh > budget) {
                break;
            }
            budget -= fresh;
            kept.set(from, to);
            whole.set(from, to);
        }
        for (int from = whole.nextSetBit(0); from >= 0; from = whole.nextSetBit(whole.nextClearBit(from))) {
            stretches.add(new int[] {from, whole.nextClearBit(from) - 1});
        }
    }

    /** Of the first operation that was called at {@code nanos} or later. */
    private int indexOf(long nanos) {
        int low = 0;
        int high = operations.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (operations.get(middle).call() < nanos) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
