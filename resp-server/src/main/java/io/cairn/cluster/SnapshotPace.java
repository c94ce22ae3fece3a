package io.cairn.cluster;

/**
 * When a snapshot is taken by itself: once the log has grown enough, and after one that failed (a full disk) only after
 * a pause, for each writes and syncs as much as one that succeeds. Any thread.
 */
final class SnapshotPace {
    /** The pause after a failure, in rounds of about a second: starts with one and doubles up to this. */
    static final int MAX_PAUSE_ROUNDS = 60;

    private int pauseRounds;
    private int roundsLeft;

    /** Asked once a round. */
    synchronized boolean due(long grownBytes, long maxBytes) {
        if (roundsLeft > 0) {
            roundsLeft--;
            return false;
        }
        return grownBytes > maxBytes;
    }

    /** A snapshot ended, one that was asked for included. */
    synchronized void ended(boolean ok) {
        pauseRounds = ok ? 0 : Math.min(MAX_PAUSE_ROUNDS, Math.max(1, pauseRounds * 2));
        roundsLeft = pauseRounds;
    }
}
