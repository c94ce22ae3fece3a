package io.cairn.raft.shards;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.ReadBarrier;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** This node's replica of one shard. All methods may be called from any thread and never block. */
public final class ShardGroup {
    /** Bytes that {@link #propose} fills in before the records. */
    public static final int HEADER_BYTES = 2;

    private final String shardId;

    ShardGroup(String shardId) {
        this.shardId = shardId;
    }

    public String shardId() {
        return shardId;
    }

    /** True while this replica leads and has applied its term's start entry: it may serve. */
    public boolean isServing() {
        return false;
    }

    /** The slot table as applied here: reads check it after their barrier. */
    public SlotTable slots() {
        return SlotTable.EMPTY;
    }

    /** The node id of the leader as this replica's Raft knows it, or null. */
    public @Nullable String leader() {
        return null;
    }

    public long term() {
        return 0;
    }

    /**
     * Proposes a batch of records as one entry; exactly one of {@link ShardApply#batch} with this proposal or
     * {@link Proposal#failed} follows.
     *
     * @param entry heap buffer, handed over: {@link #HEADER_BYTES} free bytes at its position, then the records
     */
    public void propose(ByteBuffer entry, Proposal proposal) {
        proposal.failed(Failure.NOT_LEADER);
    }

    /** Linearizable read barrier; those asked for while one is under way share the next one. */
    public void readBarrier(ReadBarrier done) {
        done.refused(Failure.NOT_LEADER);
    }

    /** Hands leadership to a member (CLUSTER FAILOVER); completes when this replica has stepped down. */
    public CompletableFuture<@Nullable Void> transferLeadership(String nodeId) {
        return CompletableFuture.failedFuture(new IllegalStateException(nodeId));
    }

    /** BGSAVE and BGREWRITEAOF: a snapshot, and the log before it is purged; completes with its index. */
    public CompletableFuture<Long> snapshot() {
        return CompletableFuture.failedFuture(new IllegalStateException(shardId));
    }

    public @Nullable GroupStatus status() {
        return null;
    }
}
