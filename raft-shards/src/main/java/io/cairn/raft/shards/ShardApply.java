package io.cairn.raft.shards;

import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.StateMachine.SnapshotDone;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The data of a shard's replica: what its log's records change. All calls come from the shard's one apply thread. */
public interface ShardApply {
    /**
     * Applies a committed batch of records.
     *
     * @param records what {@link ShardGroup#propose} was given; valid during the call only
     * @param slots the slot table at this point of the log: a record of a slot it does not serve must be refused
     * @param local the proposal if this replica proposed it and still waits
     */
    void batch(long index, long term, ByteBuffer records, SlotTable slots, @Nullable Proposal local);

    /** Starts a snapshot of the data as it is now; see {@link io.cairn.raft.group.StateMachine#saveSnapshot}. */
    void saveSnapshot(Path dir, long index, SnapshotDone done);

    /** Replaces the data by a snapshot's. False if it is unusable: the node stops. */
    boolean loadSnapshot(Path dir);

    /** On every replica, in log order: from this entry on all records are of {@code term} or later. */
    void termStarted(long index, long term);

    /** The slots this shard serves changed, in log order. Also told after a snapshot was loaded. */
    void slotsChanged(long index, SlotTable slots);

    /** This replica leads, its term's start is applied: it may serve. */
    void leaderStart(long term);

    /** This replica no longer leads: what still waits for an answer gets "unknown" or "not leader". */
    void leaderStop();

    /** The replica is broken (failed disk, failed apply): the node must stop. */
    void broken(Throwable cause);
}
