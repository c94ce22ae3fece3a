package io.cairn.raft.group;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** What a group replicates. All calls come from the group's one apply thread, in log order. */
public interface StateMachine {
    /**
     * Applies a committed data entry.
     *
     * @param data valid during the call only
     * @param local the proposal, if this replica proposed the entry and still waits for it
     */
    void apply(long index, long term, ByteBuffer data, @Nullable Proposal local);

    /**
     * Starts a snapshot of the state as it is now into the empty directory {@code dir}; must return fast and write on
     * another thread. {@code done} is told once, from any thread.
     */
    void saveSnapshot(Path dir, long index, SnapshotDone done);

    /** Replaces the state by a snapshot's. False if the snapshot is unusable: the node then stops. */
    boolean loadSnapshot(Path dir);

    /** This replica leads from {@code term} on, and everything before that term is applied. */
    void leaderStart(long term);

    /** This replica no longer leads. */
    void leaderStop();

    /** The leader changed, as this replica sees it. */
    void leaderChanged(@Nullable String nodeId, long term);

    /** These members (node ids) are now committed. */
    void membersCommitted(Collection<String> voters, Collection<String> learners, long index);

    /** The group is broken (failed disk, failed apply): the node must stop. */
    void broken(Throwable cause);

    /** Told when a snapshot is complete on disk, or failed. */
    interface SnapshotDone {
        void done(@Nullable Throwable failure);
    }
}
