package io.cairn.raft.shards;

import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.StateMachine.SnapshotDone;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.BitSet;
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

    /** Whether the slot shows no key here, expired ones counted, hidden ones not; part of what the log means. On the apply thread. */
    boolean isEmpty(int slot);

    /** Removes all keys of the slots, expired and hidden ones too. On the apply thread. */
    default void purge(BitSet slots) {
        throw new UnsupportedOperationException("no migrations here");
    }

    /** Keys of the slots are received from here on; none is there, and what was received of the id is forgotten. On the apply thread. */
    default void importBegin(String id, BitSet slots) {
        throw new UnsupportedOperationException("no migrations here");
    }

    /**
     * The next bytes of a migration's stream. On the apply thread.
     *
     * @param bytes valid during the call only
     * @return true once the stream has ended, with the source's freeze
     */
    default boolean importBytes(String id, ByteBuffer bytes) {
        throw new UnsupportedOperationException("no migrations here");
    }

    /** Slots of which all has come, and which are not shown yet; told whenever that changes. On the apply thread, also after a snapshot was loaded. */
    default void arrived(BitSet slots) {}

    /** No more comes of it. On the apply thread. */
    default void importOver(String id) {}

    /**
     * Begins to gather what the slots hold, and every change of them that is applied from then on. Any thread but the apply
     * thread and event loops; takes all stripe locks for a moment.
     */
    default SlotExport export(BitSet slots) {
        throw new UnsupportedOperationException("no migrations here");
    }

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

    /** This node has no replica of the shard any more: all data goes, as if there had never been any. On the cluster thread. */
    void givenUp();

    /** The replica is broken (failed disk, failed apply): the node must stop. */
    void broken(Throwable cause);
}
