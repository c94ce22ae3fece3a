package io.cairn.cluster.rollout;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One node's data path, as the rollout drives it (SAFETY 19). Any thread; nothing blocks the caller. What fails, fails the future: the caller tries again or
 * aborts. Everything may be asked again after a restart of the node.
 */
public interface DataSwitch {
    /**
     * A place in the stream of a primary's changes.
     *
     * @param history the primary's replication id
     * @param offset bytes
     */
    record Position(String history, long offset) {}

    /**
     * A shard becomes raft: what the meta group has committed. Equal at all members.
     *
     * @param shardId 40 hex digits
     * @param attempt of the rollout
     * @param index of the base; the raft log begins after it. Above every {@link #reach} that a member has answered
     * @param voters node ids of the members that reached {@code position} with equal digests: they begin with their own data
     * @param position where the gossip primary's stream ended
     * @param first node id of who leads first, if it can
     */
    record RaftStart(String shardId, long attempt, long index, List<String> voters, Position position, String first) {}

    /**
     * The last entry of a shard's raft log.
     *
     * @param index of the entry
     * @param history replication id under which its gossip primary goes on
     * @param offset at which it does
     */
    record GossipEnd(long index, String history, long offset) {}

    /**
     * A shard becomes gossip again: what the meta group has committed.
     *
     * @param primary node id
     * @param end who has applied it holds the same as the primary
     */
    record GossipStart(String shardId, String primary, long configEpoch, GossipEnd end) {}

    /** Whether the node's calls go through its shard's raft log. */
    boolean isRaft();

    /** Calls wait at this node since {@link #seal}, or since it restarted after one: the attempt; null when none do. */
    @Nullable
    Long sealed();

    /**
     * At the gossip primary: puts a mark into its stream of changes, and begins to make its own digest from that moment.
     *
     * @param markId letters, digits and '-', at most 64
     */
    CompletableFuture<Position> mark(String markId);

    /** The exact digest of the data at the mark: values, order of elements, expiries; without access data. Fails when the mark does not come within 30 s. */
    CompletableFuture<byte[]> digestAt(String markId);

    /**
     * At the gossip primary: calls on keys wait from now on, and what was acknowledged is on its disk, durably noted as the end of this attempt. After
     * {@code holdMillis} they are answered TRYAGAIN, but go on only after {@link #unseal} or {@link #toRaft}, also after a restart.
     */
    CompletableFuture<Position> seal(long attempt, long holdMillis);

    /** The attempt is aborted, as the meta group has committed: whatever waits at its seal goes on in gossip mode. Durable. */
    CompletableFuture<@Nullable Void> unseal(long attempt);

    /**
     * Any member: all up to the seal is applied here and on the disk; durably noted. Fails when it does not come within 5 s.
     *
     * @return this node's last local log index; the base's index has to be above it
     */
    CompletableFuture<Long> reach(long attempt, Position seal);

    /**
     * The switch is committed: the node goes on with its own data when it is one of the voters and has reached the position; else its data goes, and it joins by a
     * snapshot. Idempotent; to be called at each start as well, until the shard's raft snapshot is there. Completes when the node's replica is, or may be, opened.
     */
    CompletableFuture<@Nullable Void> toRaft(RaftStart start);

    /** At the shard's raft leader: calls wait, and the last entry is logged and applied here. */
    CompletableFuture<GossipEnd> endRaft(long attempt, long holdMillis);

    /** The attempt of a way back for which calls wait here, or after whose end the shard that this node leads takes nothing; null for none. */
    @Nullable
    Long ended();

    /** The way back is aborted, as the meta group has committed: what {@link #endRaft} holds goes on, and the log of the shard that this node leads. */
    CompletableFuture<@Nullable Void> resumeRaft(long attempt);

    /**
     * The switch back is committed. Idempotent, also called at start.
     *
     * @param elsewhere another node has the shard's slots and data in gossip mode: who has not applied the end does a full sync. It fails there otherwise,
     *     for what such a node has may be needed to find the end
     */
    CompletableFuture<@Nullable Void> toGossip(GossipStart start, boolean elsewhere);

    /** Milliseconds that calls waited at the last seal or end of this node, -1 for never. */
    long pauseMillis();
}
