package io.cairn.raft.meta;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * The meta group's state as of one applied index: the only authority for who is in the cluster, which shard owns a slot
 * and who should be its members. Immutable; every order in it is the same on every node. Whether a shard may serve a
 * slot right now is said by that shard's own log, not here (SAFETY 13).
 */
public final class ClusterMap {
    /** The map before {@link MetaCommand.Form}. */
    public static final ClusterMap EMPTY = new ClusterMap(
            "",
            0,
            1,
            Collections.emptyNavigableMap(),
            List.of(),
            unowned(),
            new long[SlotRange.SLOTS],
            Collections.emptyNavigableMap(),
            Collections.emptyNavigableMap(),
            SlotMoves.NONE,
            Collections.emptyNavigableMap(),
            Collections.emptyNavigableMap(),
            Migrations.NONE);

    private final String clusterId;
    private final long version;
    private final int activeFormat;
    private final NavigableMap<String, ClusterNode> nodes;
    private final List<Shard> shards;
    private final short[] owners;
    private final long[] epochs;
    private final NavigableMap<String, LeaderClaim> claims;
    private final NavigableMap<String, ClusterValue> values;
    private final SlotMoves moves;
    private final NavigableMap<String, Departure> departures;
    private final NavigableMap<String, Long> configEpochs;
    private final Migrations migrations;

    /** Takes over the arrays and maps: nobody may change them any more. */
    ClusterMap(
            String clusterId,
            long version,
            int activeFormat,
            NavigableMap<String, ClusterNode> nodes,
            List<Shard> shards,
            short[] owners,
            long[] epochs,
            NavigableMap<String, LeaderClaim> claims,
            NavigableMap<String, ClusterValue> values,
            SlotMoves moves,
            NavigableMap<String, Departure> departures,
            NavigableMap<String, Long> configEpochs,
            Migrations migrations) {
        this.clusterId = clusterId;
        this.version = version;
        this.activeFormat = activeFormat;
        this.nodes = Collections.unmodifiableNavigableMap(nodes);
        this.shards = List.copyOf(shards);
        this.owners = owners;
        this.epochs = epochs;
        this.claims = Collections.unmodifiableNavigableMap(claims);
        this.values = Collections.unmodifiableNavigableMap(values);
        this.moves = moves;
        this.departures = Collections.unmodifiableNavigableMap(departures);
        this.configEpochs = Collections.unmodifiableNavigableMap(configEpochs);
        this.migrations = migrations;
    }

    /** Empty until the cluster is formed. */
    public String clusterId() {
        return clusterId;
    }

    public boolean isFormed() {
        return !clusterId.isEmpty();
    }

    /** The meta log's index that this map shows. */
    public long version() {
        return version;
    }

    /** The format version that records may use, the lowest of all nodes (DESIGN 10). */
    public int activeFormat() {
        return activeFormat;
    }

    /** All nodes ever known, also replaced and removed ones, ordered by id. */
    public Collection<ClusterNode> nodes() {
        return nodes.values();
    }

    /** The members of the cluster, ordered by id. */
    public List<ClusterNode> activeNodes() {
        return nodes.values().stream().filter(ClusterNode::isActive).toList();
    }

    public @Nullable ClusterNode node(String id) {
        return nodes.get(id);
    }

    /** The active node at this client address, or null. */
    public @Nullable ClusterNode nodeAt(String host, int port) {
        for (ClusterNode node : nodes.values()) {
            if (node.isActive() && node.port() == port && node.host().equals(host)) {
                return node;
            }
        }
        return null;
    }

    /** In the order in which they were made. */
    public List<Shard> shards() {
        return shards;
    }

    public @Nullable Shard shard(String id) {
        for (Shard shard : shards) {
            if (shard.id().equals(id)) {
                return shard;
            }
        }
        return null;
    }

    /** The shard that should have a replica on this node, or null. */
    public @Nullable Shard shardOfNode(String nodeId) {
        for (Shard shard : shards) {
            if (shard.hasMember(nodeId)) {
                return shard;
            }
        }
        return null;
    }

    /** The shard that owns the slot, or null. */
    public @Nullable Shard owner(int slot) {
        int index = owners[slot];
        return index < 0 ? null : shards.get(index);
    }

    /** How often the slot changed hands: 0 when never owned, 1 for its first owner. */
    public long slotEpoch(int slot) {
        return epochs[slot];
    }

    /** The slots a shard owns, in order, neighbours merged. */
    public List<SlotRange> slotsOf(String shardId) {
        List<SlotRange> ranges = new ArrayList<>();
        int slot = 0;
        while (slot < SlotRange.SLOTS) {
            int first = slot;
            short owner = owners[slot];
            while (slot < SlotRange.SLOTS && owners[slot] == owner) {
                slot++;
            }
            if (owner >= 0 && shards.get(owner).id().equals(shardId)) {
                ranges.add(new SlotRange(first, slot - 1));
            }
        }
        return ranges;
    }

    /** How many slots have an owner. */
    public int ownedSlots() {
        int owned = 0;
        for (short owner : owners) {
            if (owner >= 0) {
                owned++;
            }
        }
        return owned;
    }

    /** The last committed announcement of a leader; {@code LeaderTable} of raft-shards knows newer ones. */
    public @Nullable LeaderClaim leaderClaim(String shardId) {
        return claims.get(shardId);
    }

    /** What the cluster shares by name: settings, what nodes announce. */
    public NavigableMap<String, ClusterValue> values() {
        return values;
    }

    /** The value of a name, or null. */
    public @Nullable ClusterValue value(String name) {
        return values.get(name);
    }

    NavigableMap<String, ClusterNode> nodesById() {
        return nodes;
    }

    NavigableMap<String, LeaderClaim> claims() {
        return claims;
    }

    short[] owners() {
        return owners;
    }

    long[] epochs() {
        return epochs;
    }

    /** Slots on their way to another owner, and slots opened for a move key by key. */
    public SlotMoves moves() {
        return moves;
    }

    /** Atomic moves of slots, under way and ended. */
    public Migrations migrations() {
        return migrations;
    }

    /** Nodes that leave a shard or the cluster, by id: still members of groups, until these are settled without them. */
    public NavigableMap<String, Departure> departures() {
        return departures;
    }

    /** True once the node is forgotten: it is shown to nobody any more, although groups may still have to let it go. */
    public boolean isForgotten(String nodeId) {
        ClusterNode node = nodes.get(nodeId);
        Departure departure = departures.get(nodeId);
        return node == null || !node.isActive() || (departure != null && departure.leavesCluster());
    }

    /** True for a node that was told never to vote ({@code cluster-replica-no-failover}): a read replica. */
    public boolean isReader(String nodeId) {
        return values.containsKey(Votes.key(nodeId));
    }

    /** The members that are not forgotten, ordered by id. */
    public List<ClusterNode> shownNodes() {
        return nodes.values().stream().filter(node -> !isForgotten(node.id())).toList();
    }

    /** The node's config epoch as an operator set it (SET-CONFIG-EPOCH, BUMPEPOCH), or 0; nothing is decided by it. */
    public long configEpoch(String nodeId) {
        return configEpochs.getOrDefault(nodeId, 0L);
    }

    NavigableMap<String, Long> configEpochs() {
        return configEpochs;
    }

    /** A copy to change. */
    MapDraft draft() {
        return new MapDraft(this);
    }

    ClusterMap withVersion(long newVersion) {
        return draft().version(newVersion).map();
    }

    ClusterMap withNodes(NavigableMap<String, ClusterNode> newNodes, List<Shard> newShards) {
        MapDraft draft = draft();
        draft.nodes = newNodes;
        draft.shards = newShards;
        return draft.map();
    }

    ClusterMap withClaim(String shardId, LeaderClaim claim) {
        MapDraft draft = draft();
        draft.claims.put(shardId, claim);
        return draft.map();
    }

    private static short[] unowned() {
        short[] owners = new short[SlotRange.SLOTS];
        Arrays.fill(owners, (short) -1);
        return owners;
    }
}
