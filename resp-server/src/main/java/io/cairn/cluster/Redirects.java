package io.cairn.cluster;

import io.cairn.keyspace.Slots;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.OpenSlot;
import io.cairn.raft.meta.Shard;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The error lines that send a client elsewhere or make it wait. MOVED always names another endpoint than this one, and
 * one that is believed to be alive and leading. Any thread.
 */
public final class Redirects {
    private static final String DOWN = "CLUSTERDOWN The cluster is down";
    private static final String DOWN_FOR_WRITES = "CLUSTERDOWN The cluster is down and only accepts read commands";
    private static final String REMOVED = "CLUSTERDOWN This node was removed from its cluster";
    private static final String NOT_SERVED = "CLUSTERDOWN Hash slot not served";
    private static final String NO_LEADER = "CLUSTERDOWN The shard of this slot has no leader right now";
    /** For a slot that the map gives this node: its log is about to serve it. */
    public static final String NOT_READY = "TRYAGAIN This node is not ready to serve the slot yet";

    private final Topology topology;
    private final BooleanSupplier requireFullCoverage;
    private final Supplier<EndpointStyle> style;
    private final BooleanSupplier gone;
    /** Since when shards have no primary, milliseconds; confined to who looks. */
    private final Map<String, Long> leaderless = new HashMap<>();

    private volatile @Nullable Elsewhere elsewhere;
    private volatile boolean down;
    private volatile boolean ownFailed;
    private volatile boolean allowReads;

    /** Slots that are not the map's, while shards are still, or again, in gossip mode. */
    interface Elsewhere {
        /** The error line for a slot that no raft shard owns. */
        String redirect(int slot);

        /** Whether all such slots have a living owner. */
        boolean isCovered();
    }

    /** How redirects name a node ({@code cluster-preferred-endpoint-type}). */
    public enum EndpointStyle {
        IP,
        HOSTNAME,
        UNKNOWN
    }

    /** As the next constructor, of a node that nobody removes. */
    public Redirects(Topology topology, BooleanSupplier requireFullCoverage, Supplier<EndpointStyle> style) {
        this(topology, requireFullCoverage, style, () -> false);
    }

    /** @param gone whether this node was removed from its cluster, as far as it knows */
    Redirects(
            Topology topology,
            BooleanSupplier requireFullCoverage,
            Supplier<EndpointStyle> style,
            BooleanSupplier gone) {
        this.topology = topology;
        this.requireFullCoverage = requireFullCoverage;
        this.style = style;
        this.gone = gone;
    }

    /** @param others null when all slots are the map's */
    void elsewhere(@Nullable Elsewhere others) {
        elsewhere = others;
    }

    /**
     * Judges anew whether the cluster is down: with {@code cluster-require-full-coverage} while a slot has no owner or a
     * shard with slots has had no primary for so long; in any case while that is so of this node's own shard, which in Redis
     * is a node cut off from the majority. Some times a second, on one thread.
     *
     * @param nowMillis of a monotonic clock
     * @param timeoutMillis cluster-node-timeout
     * @param reads cluster-allow-reads-when-down
     */
    void look(long nowMillis, long timeoutMillis, boolean reads) {
        ClusterMap map = topology.map();
        allowReads = reads;
        if (!map.isFormed() || gone.getAsBoolean()) {
            // Every redirect says so by itself.
            down = false;
            return;
        }
        Shard own = map.shardOfNode(topology.self().id());
        Elsewhere others = elsewhere;
        boolean uncovered = others == null ? map.ownedSlots() < Slots.COUNT : !others.isCovered();
        boolean failed = false;
        Set<String> seen = new HashSet<>();
        for (Shard shard : map.shards()) {
            seen.add(shard.id());
            if (topology.primary(shard) != null) {
                leaderless.remove(shard.id());
                continue;
            }
            long since = leaderless.computeIfAbsent(shard.id(), id -> nowMillis);
            if (nowMillis - since >= timeoutMillis && !map.slotsOf(shard.id()).isEmpty()) {
                uncovered = true;
                failed |= shard.equals(own);
            }
        }
        leaderless.keySet().retainAll(seen);
        ownFailed = failed;
        down = failed || (uncovered && requireFullCoverage.getAsBoolean());
    }

    /** Whether {@link #whileDown} is to be asked. */
    public boolean isDown() {
        return down;
    }

    /** The error line for a call with keys while the cluster is down, or null. Redis: getNodeByQuery. */
    public @Nullable String whileDown(boolean writes) {
        if (!allowReads) {
            return DOWN;
        }
        return writes ? DOWN_FOR_WRITES : null;
    }

    /** Whether reads of this node's shard, which has no primary, are answered from what the replica has. */
    public boolean readsWithoutPrimary() {
        return ownFailed && allowReads;
    }

    /** Whether the slot is that of this node's shard, as the applied map has it. */
    public boolean isOurs(int slot) {
        Shard owner = topology.map().owner(slot);
        return owner != null && owner.hasMember(topology.self().id());
    }

    /** For a slot that this node does not serve now; -1 for a command without keys. */
    public String forSlot(int slot) {
        ClusterMap map = topology.map();
        if (gone.getAsBoolean()) {
            // Its map is of the past.
            return REMOVED;
        }
        if (!map.isFormed() || slot < 0) {
            return slot < 0 ? forOwnShard() : DOWN;
        }
        Shard owner = map.owner(slot);
        Elsewhere others = elsewhere;
        if (owner == null && others != null) {
            return others.redirect(slot);
        }
        if (owner == null) {
            return requireFullCoverage.getAsBoolean() ? DOWN : NOT_SERVED;
        }
        ClusterNode primary = topology.primary(owner);
        if (primary == null) {
            return NO_LEADER;
        }
        if (primary.id().equals(topology.self().id())) {
            return NOT_READY;
        }
        return "MOVED " + slot + " " + endpoint(primary) + ":" + primary.port();
    }

    /** For a key of a slot that is on its way to another shard and has gone there, or never was. */
    public String ask(int slot) {
        ClusterMap map = topology.map();
        OpenSlot open = map.moves().openSlot(slot);
        Shard to = open == null ? null : map.shard(open.migratingTo());
        ClusterNode primary = to == null ? null : topology.primary(to);
        return primary == null || primary.id().equals(topology.self().id())
                ? NOT_READY
                : "ASK " + slot + " " + endpoint(primary) + ":" + primary.port();
    }

    /** The cluster's active version: what all nodes can read. */
    public int activeFormat() {
        return topology.map().activeFormat();
    }

    /** For a write of this node's own shard that was surely not taken. */
    public String forOwnShard() {
        Shard own = topology.map().shardOfNode(topology.self().id());
        if (own == null) {
            return DOWN;
        }
        ClusterNode primary = topology.primary(own);
        return primary == null || primary.id().equals(topology.self().id())
                ? NO_LEADER
                : "TRYAGAIN The shard's leader has changed";
    }

    /** What redirects name for a node. Redis: getPreferredEndpoint. */
    public String endpoint(ClusterNode node) {
        return switch (style.get()) {
            case IP -> node.host();
            case HOSTNAME -> node.hostname().isEmpty() ? "?" : node.hostname();
            case UNKNOWN -> "";
        };
    }
}
