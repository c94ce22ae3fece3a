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

    /** Joint-consensus change to these voters and learners (node ids). Refused while another change is under way. */
    CompletableFuture<@Nullable Void> changeMembers(Collection<String> voters, Collection<String> learners);

    /** Hands leadership to {@code nodeId}; completes when this replica has stepped down. */
    CompletableFuture<@Nullable Void> transferLeadership(String nodeId);

    /** Takes a snapshot and purges the log before it; completes with the index. Refused while one is under way. */
    CompletableFuture<Long> snapshot();

    /** A hint (closed connection, SWIM suspicion) that {@code nodeId} is gone; may only start an election earlier. */
    void suspect(String nodeId);

    GroupStatus status();

    /**
     * Bytes in the log that a snapshot taken now would make needless, those from before a restart included; 0 when
     * nothing was applied since the last snapshot.
     */
    long bytesSinceSnapshot();

    /** Counters of this replica's log. */
    LogStats logStats();

    /** Stops this replica; the log is synced and closed when the future completes. */
    CompletableFuture<@Nullable Void> stop();
}
