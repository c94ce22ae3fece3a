package io.cairn.raft.group;

import io.cairn.aof.LogStats;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** This node's replica of one Raft group. All methods may be called from any thread and never block. */
public interface RaftGroup {
    String id();

    /** True while this replica believes that it leads and has applied its term's first entry. */
    boolean isLeader();

    /** The node id of the leader as this replica knows it, or null. */
    @Nullable
    String leader();

    long term();

    /**
     * Proposes {@code data} (heap buffer, handed over) as one entry. Exactly one of these follows, on the apply thread
     * or the caller's: the state machine's {@code apply} with this very proposal, or {@link Proposal#failed}.
     */
    void propose(ByteBuffer data, Proposal proposal);

    /**
     * Linearizable read barrier: {@code done} runs once this replica has applied everything that was committed when the
     * call was made, or gets a failure. On a follower or learner it asks the leader.
     */
    void readBarrier(ReadBarrier done);

    /**
     * At the leader: lets all members know at once how far the log is committed; else they hear it with the next entry, or the
     * next heartbeat, a fifth of an election timeout later. Costs an empty entry where there are learners. For groups with few
     * proposals.
     */
    default void tellCommitted() {}

    /** Whether this replica, when it leads, gathers promises for {@link #holdsLease}; off at first. */
    void useLeases(boolean on);

    /**
     * Whether reads that have come by now may be answered from what this replica has applied, as after a barrier that has
     * passed. It rests on the monotonic clocks of the nodes: see the module's page for what that assumes.
     */
    boolean holdsLease();

    /** Joint-consensus change to these voters and learners (node ids). Refused while another change is under way. */
    CompletableFuture<@Nullable Void> changeMembers(Collection<String> voters, Collection<String> learners);

    /**
     * Hands leadership to the voter {@code nodeId}; completes when this replica has stepped down. Proposals under way are
     * applied before; while that is awaited, new ones are refused as NOT_LEADER. Fails, and the leader stays, when the
     * heir does not catch up within 1 s, or does not take over within about two election timeouts.
     *
     * @param hold runs, on a worker and quickly, once proposals are about to be refused: who has more may keep them until
     *     the future completes
     */
    CompletableFuture<@Nullable Void> transferLeadership(String nodeId, Runnable hold);

    /** As {@link #transferLeadership(String, Runnable)} with nothing to hold. */
    default CompletableFuture<@Nullable Void> transferLeadership(String nodeId) {
        return transferLeadership(nodeId, () -> {});
    }

    /** True while this replica leads because the leader before handed it its place, not for want of a leader. */
    boolean wasGiven();

    /** The node is about to stop: leadership that is offered to this replica is refused from now on. */
    void leave();

    /** Takes a snapshot and purges the log before it; completes with the index. Refused while one is under way. */
    CompletableFuture<Long> snapshot();

    /** A hint (closed connection, SWIM suspicion) that {@code nodeId} is gone; may only start an election earlier. */
    void suspect(String nodeId);

    /** Of a group that nobody has led yet: this voter stands for election soon, for 400 ms again and again, and no other is expected to. A hint as well. */
    default void goFirst() {}

    GroupStatus status();

    /** Snapshots that this replica was sent by a leader since the process started: whole copies of the group's state. */
    default long snapshotsReceived() {
        return 0;
    }

    /** What a start of this replica would replay now, and what it would load first; what was logged before a restart counts. */
    SinceSnapshot sinceSnapshot();

    /** Counters of this replica's log. */
    LogStats logStats();

    /**
     * The last entry that is in this replica's log as {@code appendfsync} says: with {@code always} on its disk. An entry can be
     * committed and applied here before, by the disks of others. Any thread, never blocks.
     */
    long durableIndex();

    /** Stops this replica; the log is synced and closed when the future completes. */
    CompletableFuture<@Nullable Void> stop();
}
