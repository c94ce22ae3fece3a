package io.cairn.mode;

import io.cairn.cluster.Redirects;
import io.cairn.command.CommandTable;
import io.cairn.command.KeyEvents;
import io.cairn.keyspace.Keyspace;
import io.cairn.metrics.NodeStats;
import io.cairn.raft.shards.ShardGroup;
import java.time.Clock;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A node's data in raft mode: what the shard's log changes ({@link #store}), the mode its connections call, and active
 * expiry, which share the stamps and the large arguments under way.
 */
public final class RaftData {
    private final Keyspace keyspace;
    private final NodeStats stats;
    private final KeyEvents events;
    private final Stamps stamps;
    private final OwnBlobs ownBlobs = new OwnBlobs();
    private final ShardStore store;

    /** {@code events}: told of what happens to keys: of changes by the apply thread, on every replica; of misses by any event loop. */
    public RaftData(
            Keyspace keyspace,
            CommandTable table,
            NodeStats stats,
            KeyEvents events,
            Clock clock,
            ShardStore.Listener listener) {
        this.keyspace = keyspace;
        this.stats = stats;
        this.events = events;
        this.stamps = new Stamps(clock::millis);
        this.store = new ShardStore(keyspace, table, stamps, ownBlobs, clock, events, listener);
    }

    public ShardStore store() {
        return store;
    }

    /**
     * @param shard this node's replica, null while it has none
     * @param memory the node's maxmemory
     * @param linearizableReplicaReads cluster-replica-reads linearizable
     * @param replicaReadBound of cluster-replica-reads bounded, milliseconds, 0 for none
     * @param proposalNanos told how long each entry of writes took from proposing to its replies
     */
    public RaftMode mode(
            Supplier<@Nullable ShardGroup> shard,
            Redirects redirects,
            MemoryLimit memory,
            BooleanSupplier linearizableReplicaReads,
            IntSupplier replicaReadBound,
            LongConsumer proposalNanos) {
        return new RaftMode(
                keyspace,
                shard,
                redirects,
                stamps,
                ownBlobs,
                memory,
                linearizableReplicaReads,
                replicaReadBound,
                stats,
                events,
                proposalNanos,
                store.open());
    }

    /** What is logged when the primary's settings say so. */
    public RaftLimits limits(Supplier<@Nullable ShardGroup> shard) {
        return new RaftLimits(keyspace, shard, stamps);
    }

    /** One round of active expiry; called by one timer thread. */
    public Runnable expiry(Supplier<@Nullable ShardGroup> shard) {
        return new RaftExpiry(keyspace, shard, stamps, stats);
    }
}
