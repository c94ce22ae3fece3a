package io.cairn.cluster;

import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.LeaderClaim;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.shards.LeaderTable;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who serves what, as this node knows it now: the applied meta map for membership and slots, the leader table for the
 * primaries. Any thread.
 */
public final class Topology {
    private volatile ClusterNode self;
    private final Supplier<ClusterMap> map;
    private final LeaderTable leaders;
    private final NodeHealth health;
    private final IntSupplier servedHere;
    private volatile BooleanSupplier gone = () -> false;
    private volatile BooleanSupplier requireFullCoverage = () -> true;
    private volatile BooleanSupplier down = () -> false;

    /** @param servedHere number of slots that this node's own replica takes writes for now */
    public Topology(
            ClusterNode self,
            Supplier<ClusterMap> map,
            LeaderTable leaders,
            NodeHealth health,
            IntSupplier servedHere) {
        this.self = self;
        this.map = map;
        this.leaders = leaders;
        this.health = health;
        this.servedHere = servedHere;
    }

    /** @param wasRemoved whether this node knows that it was removed from its cluster: its map is of the past then */
    void gone(BooleanSupplier wasRemoved) {
        gone = wasRemoved;
    }

    /** This node announces itself so from now on. */
    void announce(ClusterNode now) {
        self = now;
    }

    /**
     * @param isRequired cluster-require-full-coverage
     * @param isDown whether this node answers calls with keys that the cluster is down
     */
    void coverage(BooleanSupplier isRequired, BooleanSupplier isDown) {
        requireFullCoverage = isRequired;
        down = isDown;
    }

    public ClusterMap map() {
        return map.get();
    }

    /** This node, as the map knows it, or as it announces itself before it is in a map. */
    public ClusterNode self() {
        ClusterNode announced = self;
        ClusterNode known = map().node(announced.id());
        return known == null ? announced : known;
    }

    public NodeHealth health() {
        return health;
    }

    /** The shard's serving primary, or null while none is known to be alive. */
    public @Nullable ClusterNode primary(Shard shard) {
        LeaderTable.Leader leader = leaders.leader(shard.id());
        if (leader == null) {
            return null;
        }
        ClusterNode node = map().node(leader.nodeId());
        return node != null && node.isActive() ? node : null;
    }

    /** The node to print as the shard's primary: the serving one, else the last one claimed, else the planned one. */
    public String printedPrimary(Shard shard) {
        ClusterNode primary = primary(shard);
        if (primary != null) {
            return primary.id();
        }
        LeaderClaim claim = map().leaderClaim(shard.id());
        return claim != null && shard.hasMember(claim.nodeId()) ? claim.nodeId() : shard.preferredPrimary();
    }

    /** The epoch to print for a shard: the term of its leader. */
    public long epoch(Shard shard) {
        LeaderTable.Leader leader = leaders.leader(shard.id());
        LeaderClaim claim = map().leaderClaim(shard.id());
        return Math.max(leader == null ? 0 : leader.term(), claim == null ? 0 : claim.term());
    }

    /** True when every shard is led by the node that the layout meant for it. */
    public boolean placed() {
        for (Shard shard : map().shards()) {
            ClusterNode primary = primary(shard);
            if (primary == null || !primary.id().equals(shard.preferredPrimary())) {
                return false;
            }
        }
        return true;
    }

    /**
     * What cluster_state says: with cluster-require-full-coverage as {@link #complete}; without, in a cluster that has slots
     * at all, whether this node answers for what is covered.
     */
    public boolean isUp() {
        if (requireFullCoverage.getAsBoolean()) {
            return complete();
        }
        return !gone.getAsBoolean() && map().ownedSlots() > 0 && !down.getAsBoolean();
    }

    /** True when every slot has an owner and every owner a live primary; where that is this node, it takes writes. */
    public boolean complete() {
        ClusterMap now = map();
        if (gone.getAsBoolean() || now.ownedSlots() < io.cairn.keyspace.Slots.COUNT) {
            return false;
        }
        for (Shard shard : now.shards()) {
            int slots =
                    now.slotsOf(shard.id()).stream().mapToInt(SlotRange::size).sum();
            ClusterNode primary = primary(shard);
            if (slots > 0 && (primary == null || (primary.id().equals(self.id()) && servedHere.getAsInt() < slots))) {
                return false;
            }
        }
        return true;
    }
}
