package io.cairn.gossip.claims;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A primary that has lost all its replicas gets one of a primary that has more than cluster-migration-barrier: of those with most, the
 * replica with the lowest id. Redis: clusterHandleSlaveMigration.
 */
final class ReplicaMove {
    /** How long a primary must have been without. Redis: CLUSTER_SLAVE_MIGRATION_DELAY. */
    private static final long DELAY_MILLIS = 5_000;

    private final Registry registry;
    private final ClaimSettings settings;
    private final Promises promises;

    ReplicaMove(Registry registry, ClaimSettings settings, Promises promises) {
        this.registry = registry;
        this.settings = settings;
        this.promises = promises;
    }

    /** The primary that this replica is to go to, or null. */
    @Nullable
    Claim target(long now) {
        Known orphan = null;
        int most = 0;
        for (Known other : registry.others()) {
            String id = other.claim.id();
            int replicas = working(id);
            other.hadReplicas |= !registry.replicasOf(id).isEmpty();
            boolean isOrphan = replicas == 0
                    && other.hadReplicas
                    && !other.failed
                    && !registry.owned(id).isEmpty()
                    && !promises.bindShard(id);
            if (!isOrphan) {
                other.orphanedMillis = Long.MIN_VALUE;
            } else if (other.orphanedMillis == Long.MIN_VALUE) {
                other.orphanedMillis = now;
            } else if (now - other.orphanedMillis > DELAY_MILLIS && orphan == null) {
                orphan = other;
            }
            most = Math.max(most, replicas);
        }
        Claim self = registry.self();
        Known mine = registry.other(self.primaryId());
        if (orphan == null || mine == null || mine.failed || !settings.allowReplicaMigration()) {
            return null;
        }
        int brothers = working(self.primaryId());
        return brothers == most && brothers > settings.migrationBarrier() && isFirst(most) ? orphan.claim : null;
    }

    private int working(String primary) {
        int count = registry.self().primaryId().equals(primary) ? 1 : 0;
        for (Known replica : registry.replicasOf(primary)) {
            count += replica.failed ? 0 : 1;
        }
        return count;
    }

    private boolean isFirst(int most) {
        for (Known other : registry.others()) {
            List<Known> replicas =
                    working(other.claim.id()) == most ? registry.replicasOf(other.claim.id()) : List.of();
            for (Known replica : replicas) {
                if (!replica.failed && replica.claim.id().compareTo(registry.id()) < 0) {
                    return false;
                }
            }
        }
        return true;
    }
}
