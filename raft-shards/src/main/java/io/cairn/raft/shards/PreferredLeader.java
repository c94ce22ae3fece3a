package io.cairn.raft.shards;

import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.meta.MembershipStep;
import io.cairn.raft.meta.NodeDirectory;
import io.cairn.raft.meta.Shard;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a new shard's leadership to the node the layout meant for it, so that leaders spread over the processes. Only
 * while the shard is young: later a transfer costs its clients a moment without a primary and, for writes under way, an
 * unknown outcome, which nobody should get without having asked (CLUSTER FAILOVER asks). Cluster thread, on the leader.
 */
final class PreferredLeader {
    /** How long the preferred node must have been alive. */
    static final long ALIVE_MILLIS = 400;

    /** Pause between two tries, also across terms of this replica. */
    static final long PAUSE_MILLIS = 2_000;

    /** A shard with more entries than this in its log is left where it is. */
    static final long YOUNG_ENTRIES = 200;

    private static final Logger LOG = LoggerFactory.getLogger(PreferredLeader.class);

    private final NodeDirectory directory;
    private final LongSupplier clockMillis;
    private long lastTryMillis = Long.MIN_VALUE / 2;
    private long aliveSinceMillis;
    private @Nullable String watched;

    PreferredLeader(NodeDirectory directory, LongSupplier clockMillis) {
        this.directory = directory;
        this.clockMillis = clockMillis;
    }

    /**
     * Looks once; {@code settled} is false while the membership is being changed, or when leadership was handed to this
     * node on purpose.
     */
    void step(
            Shard shard,
            GroupStatus status,
            String selfId,
            boolean settled,
            Function<String, CompletableFuture<@Nullable Void>> transfer) {
        String preferred = shard.preferredPrimary();
        long now = clockMillis.getAsLong();
        boolean young = status.firstIndex() <= 1 && status.lastIndex() <= YOUNG_ENTRIES;
        if (!young || preferred.equals(selfId) || !isAlive(preferred)) {
            watched = null;
            return;
        }
        if (!preferred.equals(watched)) {
            watched = preferred;
            aliveSinceMillis = now;
        }
        boolean ready = settled
                && status.voters().contains(preferred)
                && MembershipStep.caughtUp(status, preferred)
                && now - aliveSinceMillis >= ALIVE_MILLIS
                && now - lastTryMillis >= PAUSE_MILLIS;
        if (!ready) {
            return;
        }
        lastTryMillis = now;
        LOG.info("shard {} term {}: leadership goes to its preferred node {}", shard.id(), status.term(), preferred);
        transfer.apply(preferred).whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.info("shard {}: leadership stays here: {}", shard.id(), failure.toString());
            }
        });
    }

    private boolean isAlive(String nodeId) {
        for (NodeDirectory.SeenNode seen : directory.seen()) {
            if (seen.id().equals(nodeId)) {
                return seen.alive();
            }
        }
        return false;
    }
}
