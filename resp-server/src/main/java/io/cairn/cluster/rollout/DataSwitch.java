package io.cairn.cluster.rollout;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A node's data on its way from the one data path to the other. What is decided is decided by the meta group's log; this only does it.
 * Methods may be called from any thread and return at once; a future that fails means that nothing was changed, but where a method says
 * otherwise. Every wait in them is bounded.
 */
public interface DataSwitch {
    /**
     * A place in the stream of a gossip primary's changes.
     *
     * @param history its replication id, 40 hex digits
     * @param offset bytes of the stream up to it
     */
    record Position(String history, long offset) {}

    /**
     * A shard that the meta group has made raft's.
     *
     * @param shardId 40 hex digits, the raft shard's
     * @param attempt its number; another attempt of the same shard has another shard id, too
     * @param position of the seal
     * @param reached the members whose data is at the seal, node ids: only these go on with what they have
     * @param voters the group's configuration at its base: of {@code reached}, the gossip primary first
     * @param baseIndex the group's log begins above it, in term 1; above all local indexes of {@code reached}
     */
    record RaftStart(
            String shardId, long attempt, Position position, List<String> reached, List<String> voters, long baseIndex) {
        public RaftStart {
            reached = List.copyOf(reached);
            voters = List.copyOf(voters);
        }
    }

    /**
     * Where a raft shard ended.
     *
     * @param endIndex of the END entry in the shard's log
     * @param primaryId the gossip primary that END names: whoever led when it was proposed
     * @param reached members that are known to have applied END, the primary among them
     */
    record GossipEnd(String shardId, long endIndex, String primaryId, List<String> reached) {
        public GossipEnd {
            reached = List.copyOf(reached);
        }
    }

    /**
     * A shard that the meta group has given back to gossip mode.
     *
     * @param configEpoch of the primary's claim, which the claims take over by themselves
     */
    record GossipStart(String shardId, String primaryId, long configEpoch, long endIndex, List<String> reached) {
        public GossipStart {
            reached = List.copyOf(reached);
        }
    }

    /** Whether calls go through raft mode here. */
    boolean isRaft();

    /**
     * Primary only: a mark in the stream of changes, at which this node and every replica that the stream comes to begin to compute the
     * digest of their data. Completes with the mark's place once it is in the stream.
     *
     * @param markId 40 hex digits, new
     */
    CompletableFuture<Position> mark(String markId);

    /**
     * Any member: the exact digest of the data at the mark. Completes once it is computed; fails where the mark does not come, or the link to
     * the primary was not up from the mark on (a full sync came between).
     */
    CompletableFuture<byte[]> digestAt(String markId);

    /**
     * Primary only: from here on nothing changes the data or the stream: no call, no expiry, no eviction, no ping of the stream. Calls on keys
     * wait, reads too (a raft leader elsewhere may have gone on). Completes with the final place, with all of it on this node's disk.
     *
     * <p>{@code holdMillis} bounds how long a <em>call</em> waits before it is answered TRYAGAIN (it was not run); it never ends the seal. Only
     * {@link #unseal} and {@link #toRaft} do: the commit may be under way, and what the old path took after it would be lost.
     */
    CompletableFuture<Position> seal(long holdMillis);

    /** The attempt was aborted by the meta log: what waits goes on in gossip mode. Does nothing when it is not sealed. */
    void unseal();

    /**
     * Any member, the primary too: completes once the data up to the seal is applied and on this node's disk, with the last index of its local
     * log, which does not grow any more until the attempt is over. Fails for a replica that follows another history.
     */
    CompletableFuture<Long> reach(Position seal);

    /**
     * Committed. Swaps the data path and completes once the shard's group is open; does nothing when it has happened already. Also called at
     * the start of a node, before it serves, when it crashed after the commit. A member that is not in {@code reached} begins empty, as a learner.
     */
    CompletableFuture<@Nullable Void> toRaft(RaftStart start);

    /** Milliseconds for which calls waited in the last seal or end, until it was over; -1 before the first. */
    long lastPauseMillis();

    /**
     * Raft leader: END becomes the last entry of the shard's log. Completes when it is applied here and by a majority of the voters, as many as
     * can be had in {@code holdMillis}. After a failure the outcome is unknown: the entry may be applied yet; {@link #end} tells.
     */
    CompletableFuture<GossipEnd> endRaft(long holdMillis);

    /** Where this replica's shard ended, once END is applied here, or null. It takes nothing more from then on, whoever leads. */
    @Nullable
    GossipEnd end();

    /** Committed. Swaps back; does nothing when it has happened already. Also called at start after a crash. */
    CompletableFuture<@Nullable Void> toGossip(GossipStart start);
}
