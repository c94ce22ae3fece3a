package io.cairn.jepsen.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Compares the logs of one group's replicas. Up to the committed index every replica has every entry (in its log or in a
 * snapshot), and all the same. Beyond it Raft's Log Matching holds: two logs with an entry of the same index and term are
 * the same in it and in all before it; what differs after the last such entry is an uncommitted tail.
 */
final class LogComparison {
    private static final int SHOWN = 5;

    private final String group;
    private final Map<String, ReplicaLog> replicas;
    private final long committed;
    private final List<String> problems = new ArrayList<>();
    private long compared;

    /**
     * @param group its name for people
     * @param replicas logs by node
     * @param committed index that every replica has applied; 0 when it is not known
     */
    LogComparison(String group, Map<String, ReplicaLog> replicas, long committed) {
        this.group = group;
        this.replicas = replicas;
        this.committed = committed;
    }

    /** What differs. */
    List<String> run() {
        List<String> nodes = List.copyOf(replicas.keySet());
        for (String node : nodes) {
            holdsWhatIsCommitted(node, log(node));
        }
        for (int i = 0; i < nodes.size(); i++) {
            for (int j = i + 1; j < nodes.size(); j++) {
                pair(nodes.get(i), nodes.get(j));
            }
        }
        return problems;
    }

    /** Pairs of entries that were compared. */
    long compared() {
        return compared;
    }

    private ReplicaLog log(String node) {
        ReplicaLog log = replicas.get(node);
        if (log == null) {
            throw new IllegalArgumentException("no log of " + node);
        }
        return log;
    }

    private void holdsWhatIsCommitted(String node, ReplicaLog log) {
        ReplicaLog.Snapshot snapshot = log.newestSnapshot();
        long holds = Math.max(log.last(), snapshot == null ? 0 : snapshot.index());
        if (holds < committed) {
            problems.add(group + ": all replicas said that they had applied entry " + committed + ", but the log of "
                    + node + " ends with entry " + holds);
        }
    }

    private void pair(String a, String b) {
        ReplicaLog left = log(a);
        ReplicaLog right = log(b);
        snapshotTerm(a, left, b, right);
        snapshotTerm(b, right, a, left);
        long from = Math.max(left.firstKept(), right.firstKept());
        long to = Math.min(left.last(), right.last());
        long matching = to;
        while (matching >= from && left.term(matching) != right.term(matching)) {
            matching--;
        }
        long limit = Math.max(matching, Math.min(committed, to));
        long differing = 0;
        StringBuilder shown = new StringBuilder();
        for (long index = from; index <= limit; index++) {
            compared++;
            if (left.term(index) != right.term(index) || left.content(index) != right.content(index)) {
                if (differing++ < SHOWN) {
                    shown.append("; entry %d: %s at %s, %s at %s"
                            .formatted(index, left.describe(index), a, right.describe(index), b));
                }
            }
        }
        if (differing > 0) {
            problems.add("%s: the logs of %s and %s differ in %d entries up to %d (committed %d, same term up to %d)%s"
                    .formatted(group, a, b, differing, limit, committed, matching, shown));
        }
    }

    /** A snapshot's last entry has the term that another's log has there. */
    private void snapshotTerm(String a, ReplicaLog left, String b, ReplicaLog right) {
        ReplicaLog.Snapshot snapshot = left.newestSnapshot();
        if (snapshot == null || snapshot.index() < right.firstKept() || snapshot.index() > right.last()) {
            return;
        }
        int term = right.term(snapshot.index());
        if (term != snapshot.term()) {
            problems.add("%s: the snapshot of %s ends with entry %d of term %d, the log of %s has term %d there"
                    .formatted(group, a, snapshot.index(), snapshot.term(), b, term));
        }
    }
}
