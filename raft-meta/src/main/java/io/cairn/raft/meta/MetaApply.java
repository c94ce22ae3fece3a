package io.cairn.raft.meta;

import io.cairn.raft.meta.Layout.ShardLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** What each command does to the map: a pure function, the same on every node. */
final class MetaApply {
    /** Bounds of the cluster-wide settings. */
    static final int MAX_CONFIG_KEYS = 10_000;

    static final int MAX_CONFIG_KEY_BYTES = 255;

    /** Bound of all node ids ever: those of gone nodes are kept, for removal is permanent (SAFETY 5). */
    static final int MAX_KNOWN_NODES = 60_000;

    /** The map after a command and what to tell its proposer. */
    record Applied(ClusterMap map, MetaResult result) {}

    /** A command that contradicts the map. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String reason) {
            super(reason, null, false, false);
        }
    }

    private MetaApply() {}

    static Applied apply(ClusterMap map, MetaCommand command, long index) {
        try {
            ClusterMap changed = change(map, command).withVersion(index);
            return new Applied(changed, MetaResult.applied(index));
        } catch (Refused e) {
            return new Applied(map.withVersion(index), MetaResult.refused(String.valueOf(e.getMessage()), index));
        }
    }

    private static ClusterMap change(ClusterMap map, MetaCommand command) throws Refused {
        if (command instanceof MetaCommand.Form form) {
            return form(map, form.layout());
        }
        require(map.isFormed(), "the cluster is not formed yet");
        if (command instanceof MetaCommand.ClaimLeader claim) {
            return claim(map, claim);
        } else if (command instanceof MetaCommand.AddNode add) {
            return add(map, add.node());
        } else if (command instanceof MetaCommand.ReplaceNode replace) {
            return replace(map, replace);
        } else if (command instanceof MetaCommand.RemoveNode remove) {
            return remove(map, remove.nodeId());
        } else if (command instanceof MetaCommand.SetMembers set) {
            return setMembers(map, set);
        } else if (command instanceof MetaCommand.UpdateAddress update) {
            return update(map, update.node());
        } else if (command instanceof MetaCommand.SetConfig set) {
            return setConfig(map, set);
        }
        throw new FormatException("no such command: " + command);
    }

    private static ClusterMap form(ClusterMap map, Layout layout) throws Refused {
        if (map.isFormed()) {
            require(map.clusterId().equals(layout.clusterId()), "this is cluster " + map.clusterId());
            return map;
        }
        NavigableMap<String, ClusterNode> nodes = new TreeMap<>();
        layout.nodes().forEach(node -> nodes.put(node.id(), node));
        List<Shard> shards = new ArrayList<>();
        short[] owners = new short[SlotRange.SLOTS];
        Arrays.fill(owners, (short) -1);
        long[] epochs = new long[SlotRange.SLOTS];
        for (ShardLayout shard : layout.shards()) {
            for (SlotRange range : shard.slots()) {
                Arrays.fill(owners, range.first(), range.last() + 1, (short) shards.size());
                Arrays.fill(epochs, range.first(), range.last() + 1, 1);
            }
            shards.add(new Shard(shard.id(), shard.voters(), shard.learners(), shard.voters()));
        }
        return new ClusterMap(
                layout.clusterId(),
                map.version(),
                map.activeFormat(),
                nodes,
                shards,
                owners,
                epochs,
                map.claims(),
                map.config());
    }

    private static ClusterMap claim(ClusterMap map, MetaCommand.ClaimLeader claim) throws Refused {
        require(map.shard(claim.shardId()) != null, "no such shard: " + claim.shardId());
        active(map, claim.nodeId());
        LeaderClaim known = map.leaderClaim(claim.shardId());
        LeaderClaim next = new LeaderClaim(claim.term(), claim.nodeId());
        if (next.equals(known)) {
            return map;
        }
        require(known == null || known.term() < claim.term(), "a leader of a later term is known");
        return map.withClaim(claim.shardId(), next);
    }

    private static ClusterMap add(ClusterMap map, ClusterNode node) throws Refused {
        ClusterNode known = map.node(node.id());
        if (known != null) {
            require(known.isActive(), "the node was removed: " + node.id());
            return map;
        }
        require(map.activeNodes().size() < Layout.MAX_NODES, "more than " + Layout.MAX_NODES + " nodes");
        requireRoom(map);
        requireFreeAddress(map, node);
        return withNode(map, node.withState(NodeState.ACTIVE));
    }

    private static ClusterMap replace(ClusterMap map, MetaCommand.ReplaceNode replace) throws Refused {
        String oldId = replace.oldId();
        ClusterNode node = replace.node().withState(NodeState.ACTIVE);
        ClusterNode old = map.node(oldId);
        ClusterNode known = map.node(node.id());
        require(old != null, "no such node: " + oldId);
        require(known == null || known.isActive(), "the node was removed: " + node.id());
        if (old == null || (old.state() == NodeState.REPLACED && known != null)) {
            return map;
        }
        require(old.isActive(), "no longer a member: " + oldId);
        require(!oldId.equals(node.id()), "a node cannot replace itself");
        require(map.shardOfNode(node.id()) == null, "already has a shard: " + node.id());
        requireRoom(map);
        ClusterNode holder = map.nodeAt(node.host(), node.port());
        require(
                holder == null || holder.id().equals(oldId) || holder.id().equals(node.id()),
                "the address belongs to another node");
        NavigableMap<String, ClusterNode> nodes = new TreeMap<>(map.nodesById());
        nodes.put(oldId, old.withState(NodeState.REPLACED));
        nodes.put(node.id(), node);
        List<Shard> shards = new ArrayList<>();
        for (Shard shard : map.shards()) {
            shards.add(new Shard(
                    shard.id(),
                    swap(shard.voters(), oldId, node.id()),
                    swap(shard.learners(), oldId, node.id()),
                    shard.initialVoters()));
        }
        return map.withNodes(nodes, shards);
    }

    private static ClusterMap remove(ClusterMap map, String nodeId) throws Refused {
        ClusterNode node = map.node(nodeId);
        require(node != null, "no such node: " + nodeId);
        if (node == null || !node.isActive()) {
            return map;
        }
        require(map.shardOfNode(nodeId) == null, "still has a shard: " + nodeId);
        require(map.activeNodes().size() > 1, "the last node stays");
        return withNode(map, node.withState(NodeState.REMOVED));
    }

    private static ClusterMap setMembers(ClusterMap map, MetaCommand.SetMembers set) throws Refused {
        require(!set.voters().isEmpty(), "a shard needs a voter");
        for (List<String> part : List.of(set.voters(), set.learners())) {
            for (String id : part) {
                active(map, id);
                Shard other = map.shardOfNode(id);
                require(other == null || other.id().equals(set.shardId()), "in another shard: " + id);
            }
        }
        require(map.shard(set.shardId()) != null, "no such shard: " + set.shardId());
        List<Shard> shards = new ArrayList<>();
        for (Shard shard : map.shards()) {
            if (!shard.id().equals(set.shardId())) {
                shards.add(shard);
                continue;
            }
            try {
                shards.add(new Shard(shard.id(), set.voters(), set.learners(), shard.initialVoters()));
            } catch (IllegalArgumentException e) {
                throw new Refused(String.valueOf(e.getMessage()));
            }
        }
        return map.withNodes(map.nodesById(), shards);
    }

    private static ClusterMap update(ClusterMap map, ClusterNode node) throws Refused {
        active(map, node.id());
        requireFreeAddress(map, node);
        return withNode(map, node.withState(NodeState.ACTIVE));
    }

    private static ClusterMap setConfig(ClusterMap map, MetaCommand.SetConfig set) throws Refused {
        int keyBytes = set.key().getBytes(StandardCharsets.UTF_8).length;
        require(keyBytes > 0 && keyBytes <= MAX_CONFIG_KEY_BYTES, "a key has 1 to 255 bytes");
        NavigableMap<String, String> config = new TreeMap<>(map.config());
        if (set.value().isEmpty()) {
            config.remove(set.key());
        } else {
            config.put(set.key(), set.value());
        }
        require(config.size() <= MAX_CONFIG_KEYS, "more than " + MAX_CONFIG_KEYS + " settings");
        return map.withConfig(config);
    }

    private static ClusterMap withNode(ClusterMap map, ClusterNode node) {
        NavigableMap<String, ClusterNode> nodes = new TreeMap<>(map.nodesById());
        nodes.put(node.id(), node);
        return map.withNodes(nodes, map.shards());
    }

    private static void requireRoom(ClusterMap map) throws Refused {
        require(map.nodes().size() < MAX_KNOWN_NODES, "more than " + MAX_KNOWN_NODES + " node ids were used");
    }

    private static void requireFreeAddress(ClusterMap map, ClusterNode node) throws Refused {
        ClusterNode holder = map.nodeAt(node.host(), node.port());
        require(holder == null || holder.id().equals(node.id()), "the address belongs to another node");
    }

    private static ClusterNode active(ClusterMap map, String nodeId) throws Refused {
        ClusterNode node = map.node(nodeId);
        if (node == null || !node.isActive()) {
            throw new Refused("not a member: " + nodeId);
        }
        return node;
    }

    private static List<String> swap(List<String> ids, String oldId, String newId) {
        return ids.stream().map(id -> id.equals(oldId) ? newId : id).toList();
    }

    private static void require(boolean holds, String reason) throws Refused {
        if (!holds) {
            throw new Refused(reason);
        }
    }
}
