package io.cairn.cluster;

import io.cairn.raft.group.SinceSnapshot;

/**
 * When a snapshot is taken by itself: once the log has grown by enough bytes, or by so many entries that a start would
 * apply them for seconds (a replica of a cold JVM applies some thousand a second). For the sake of entries it writes no
 * more than the log itself did, and not often, for a snapshot delays the log's own syncs. After one that failed (a full
 * disk) comes a pause, for each writes and syncs as much as one that succeeds. Any thread.
 */
final class SnapshotPace {
    /** The pause after a failure, in rounds of about a second: starts with one and doubles up to this. */
    static final int MAX_PAUSE_ROUNDS = 60;

    /** Between snapshots that entries alone ask for. */
    static final int ENTRIES_PAUSE_ROUNDS = 30;

    private int pauseRounds;
    private int roundsLeft;
    private int roundsForEntries;

    /** Asked once a round. */
    synchronized boolean due(SinceSnapshot grown, long maxBytes, long maxEntries) {
        if (roundsForEntries > 0) {
            roundsForEntries--;
        }
        if (roundsLeft > 0) {
            roundsLeft--;
            return false;
        }
        boolean longToApply = grown.entries() > maxEntries && grown.bytes() >= grown.snapshotBytes();
        return grown.bytes() > maxBytes || (longToApply && roundsForEntries == 0);
    }

    /** A snapshot ended, one that was asked for included. */
    synchronized void ended(boolean ok) {
        pauseRounds = ok ? 0 : Math.min(MAX_PAUSE_ROUNDS, Math.max(1, pauseRounds * 2));
        roundsLeft = pauseRounds;
        roundsForEntries = ENTRIES_PAUSE_ROUNDS;
    }
}
