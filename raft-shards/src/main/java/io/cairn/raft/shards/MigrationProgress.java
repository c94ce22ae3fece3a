package io.cairn.raft.shards;

/**
 * How far a source has come with the present attempt.
 *
 * @param state {@code connecting}, {@code snapshot}, {@code stream} or {@code handoff}
 * @param keysSent of the keys that there were at the beginning; one may count twice
 * @param waitingBytes not yet confirmed by the target
 * @param lastAnswerMillis wall clock, 0 for never
 */
public record MigrationProgress(
        String id,
        String state,
        long keysSent,
        long keysTotal,
        long sentBytes,
        long waitingBytes,
        long lastAnswerMillis,
        long updatedMillis) {
    static MigrationProgress begin(String id) {
        return new MigrationProgress(id, "connecting", 0, 0, 0, 0, 0, 0);
    }
}
