package io.cairn.raft.meta;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a fresh cluster is formed from; the same on every node of it.
 *
 * @param clusterId 40 hex digits
 * @param meta first members of the meta group
 */
public record Layout(String clusterId, List<ClusterNode> nodes, Members meta, List<ShardLayout> shards) {
    /** Bound of the nodes and of the shards of a cluster. */
    public static final int MAX_NODES = Members.MAX_MEMBERS;

    /** One shard: its voters, the preferred primary first, and the slots it starts with. */
    public record ShardLayout(String id, List<String> voters, List<String> learners, List<SlotRange> slots) {
        public ShardLayout {
            Ids.check(id);
            voters = List.copyOf(voters);
            learners = List.copyOf(learners);
            slots = List.copyOf(slots);
            Members.check(voters, learners);
        }
    }

    public Layout {
        Ids.check(clusterId);
        nodes = List.copyOf(nodes);
        shards = List.copyOf(shards);
        if (nodes.size() > MAX_NODES || shards.size() > MAX_NODES) {
            throw new IllegalArgumentException("more than " + MAX_NODES + " nodes or shards");
        }
        Set<String> ids = new HashSet<>();
        for (ClusterNode node : nodes) {
            if (!ids.add(node.id()) || !node.isActive()) {
                throw new IllegalArgumentException("node named twice or not active: " + node.id());
            }
        }
        requireKnown(ids, meta.voters(), meta.learners());
        boolean[] owned = new boolean[SlotRange.SLOTS];
        Set<String> shardIds = new HashSet<>();
        for (ShardLayout shard : shards) {
            if (!shardIds.add(shard.id())) {
                throw new IllegalArgumentException("shard named twice: " + shard.id());
            }
            requireKnown(ids, shard.voters(), shard.learners());
            for (SlotRange range : shard.slots()) {
                for (int slot = range.first(); slot <= range.last(); slot++) {
                    if (owned[slot]) {
                        throw new IllegalArgumentException("slot " + slot + " has two owners");
                    }
                    owned[slot] = true;
                }
            }
        }
    }

    /** Of a meta group without shards: one voter per failure domain, everyone else a learner. */
    public static Layout withoutShards(String clusterId, List<ClusterNode> nodes) {
        return new Layout(clusterId, nodes, MetaMembers.plan(nodes, List.of(), node -> true), List.of());
    }

    /** The node with this id, if it is part of the layout. */
    public Optional<ClusterNode> node(String id) {
        return nodes.stream().filter(n -> n.id().equals(id)).findFirst();
    }

    private static void requireKnown(Set<String> ids, List<String> voters, List<String> learners) {
        if (!ids.containsAll(voters) || !ids.containsAll(learners)) {
            throw new IllegalArgumentException("a member is not among the nodes");
        }
    }
}
