package io.cairn.cluster;

import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Shard;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The error lines that send a client elsewhere or make it wait. MOVED always names another endpoint than this one, and
 * one that is believed to be alive and leading. Any thread.
 */
public final class Redirects {
    private static final String DOWN = "CLUSTERDOWN The cluster is down";
    private static final String NOT_SERVED = "CLUSTERDOWN Hash slot not served";
    private static final String NO_LEADER = "CLUSTERDOWN The shard of this slot has no leader right now";
    private static final String NOT_READY = "TRYAGAIN This node is not ready to serve the slot yet";

    private final Topology topology;
    private final BooleanSupplier requireFullCoverage;
    private final Supplier<EndpointStyle> style;

    /** How redirects name a node ({@code cluster-preferred-endpoint-type}). */
    public enum EndpointStyle {
        IP,
        HOSTNAME,
        UNKNOWN
    }

    public Redirects(Topology topology, BooleanSupplier requireFullCoverage, Supplier<EndpointStyle> style) {
        this.topology = topology;
        this.requireFullCoverage = requireFullCoverage;
        this.style = style;
    }

    /** For a slot that this node does not serve now; -1 for a command without keys. */
    public String forSlot(int slot) {
        ClusterMap map = topology.map();
        if (!map.isFormed() || slot < 0) {
            return slot < 0 ? forOwnShard() : DOWN;
        }
        Shard owner = map.owner(slot);
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
