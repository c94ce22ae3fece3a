package io.cairn.jepsen.rollout;

import java.util.ArrayList;
import java.util.List;

/** What became of writes. Any thread. */
final class Tally {
    private static final int MOST_EXAMPLES = 10;

    private long acknowledged;
    private long unknown;
    private long lostRaft;
    private long lostGossip;
    private long doubled;
    private final List<String> problems = new ArrayList<>();

    synchronized void acknowledged() {
        acknowledged++;
    }

    synchronized void unknown() {
        unknown++;
    }

    /** An acknowledged write is not there. */
    synchronized void lost(boolean ofRaft, String what) {
        if (ofRaft) {
            lostRaft++;
        } else {
            lostGossip++;
        }
        example((ofRaft ? "lost, acknowledged by a raft shard: " : "lost: ") + what);
    }

    /** So many writes took effect once more than they were sent. */
    synchronized void doubled(long count, String what) {
        doubled += count;
        example("doubled: " + what);
    }

    /** The harness, or a node in a way that has no number. */
    synchronized void problem(String what) {
        example(what);
        broken++;
    }

    private long broken;

    private void example(String what) {
        if (problems.size() < MOST_EXAMPLES) {
            problems.add(what);
        }
    }

    synchronized long acknowledgedCount() {
        return acknowledged;
    }

    synchronized long lostOfRaft() {
        return lostRaft;
    }

    synchronized long lostOfGossip() {
        return lostGossip;
    }

    synchronized long doubledCount() {
        return doubled;
    }

    synchronized long brokenCount() {
        return broken;
    }

    synchronized List<String> problems() {
        return List.copyOf(problems);
    }

    @Override
    public synchronized String toString() {
        return acknowledged + " acknowledged, " + unknown + " unknown, lost: " + lostRaft
                + " that a raft shard acknowledged, " + lostGossip + " others; doubled: " + doubled;
    }
}
