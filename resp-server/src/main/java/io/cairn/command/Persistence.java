package io.cairn.command;

import org.jspecify.annotations.Nullable;

/** Snapshots and the log of a node. Any thread. */
public interface Persistence {
    /**
     * SAVE: writes dump.rdb and returns when it is there; blocks, so call it away from event loops.
     *
     * @return null, or the error line
     */
    @Nullable
    String save();

    /**
     * BGSAVE: starts writing dump.rdb in the background.
     *
     * @param schedule wait for another snapshot under way instead of refusing
     * @return "Background saving started" or "Background saving scheduled"
     * @throws Refused with the error line
     */
    String backgroundSave(boolean schedule) throws Refused;

    /**
     * BGREWRITEAOF: a snapshot, then the log before it is dropped.
     *
     * @return "Background append only file rewriting started" or "... scheduled"
     * @throws Refused with the error line
     */
    String rewriteLog() throws Refused;

    /** Index of the last record in the log, 0 without one. */
    default long logIndex() {
        return 0;
    }

    /** Index up to which the log is on disk, whatever appendfsync says of acknowledging. */
    default long syncedIndex() {
        return 0;
    }

    /**
     * DEBUG RELOAD: the data goes through a file and back; nobody sees or changes it meanwhile. Blocks, so call it away from
     * event loops.
     *
     * @return null, or the error line
     */
    @Nullable
    String reload(Reload how);

    /**
     * DEBUG LOADAOF: the data is what snapshot and log say. Blocks.
     *
     * @return null, or the error line
     */
    @Nullable
    String reloadLog();

    /**
     * How to reload.
     *
     * @param save false takes the file that is there
     * @param flush false leaves the data there is, and fails on a key that is in the file, too
     * @param merge keys of the file replace those of the same name
     */
    record Reload(boolean save, boolean flush, boolean merge) {}

    Status status();

    /** Why not; the message is an error line with its code. */
    final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        public Refused(String errorLine) {
            super(errorLine);
        }
    }

    /**
     * INFO's persistence section. Times in seconds unless said otherwise.
     *
     * @param loading replaying at start
     * @param changesSinceSave records since the last dump.rdb
     * @param saveInProgress dump.rdb is being written
     * @param lastSaveSeconds Unix time of the last dump.rdb (LASTSAVE)
     * @param lastSaveOk false when the last one failed
     * @param lastSaveDuration -1 when there was none
     * @param currentSaveDuration -1 when none is under way
     * @param logEnabled appendonly
     * @param rewriteInProgress BGREWRITEAOF
     * @param lastRewriteDuration -1 when there was none
     * @param lastRewriteOk false when the last one failed
     * @param lastWriteOk false while the log refuses writes (disk full)
     * @param logBytes bytes of records in the log since its base
     * @param logBaseBytes bytes at the last rewrite
     */
    record Status(
            boolean loading,
            long changesSinceSave,
            boolean saveInProgress,
            long lastSaveSeconds,
            boolean lastSaveOk,
            long lastSaveDuration,
            long currentSaveDuration,
            boolean logEnabled,
            boolean rewriteInProgress,
            boolean rewriteScheduled,
            long lastRewriteDuration,
            long currentRewriteDuration,
            boolean lastRewriteOk,
            boolean lastWriteOk,
            long logBytes,
            long logBaseBytes,
            long saves) {}
}
