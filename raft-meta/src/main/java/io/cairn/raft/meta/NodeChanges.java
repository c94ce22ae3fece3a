package io.cairn.raft.meta;

import io.cairn.raft.meta.MetaCommand.EpochRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the commands about members do to the map; refusals are worded as Redis's where it has them. Pure. */
final class NodeChanges {
    private NodeChanges() {}

    static ClusterMap admit(ClusterMap map, MetaCommand.Admit command, long index) throws Refused {
        ClusterNode node = command.node().withState(NodeState.ACTIVE);
        ClusterNode known = map.node(node.id());
        if (known != null) {
            Refused.unless(known.isActive(), "the node was removed: " + node.id());
            return admitAgain(map, command, index);
        }
        Refused.unless(map.activeNodes().size() < Layout.MAX_NODES, "more than " + Layout.MAX_NODES + " nodes");
        Refused.unless(map.nodes().size() < MetaApply.MAX_KNOWN_NODES, "too many node ids were used");
        Refused.unless(map.nodeAt(node.host(), node.port()) == null, "the address belongs to another node");
        MapDraft draft = map.draft();
        draft.nodes.put(node.id(), node);
        if (command.configEpoch() > 0) {
            draft.configEpochs.put(node.id(), command.configEpoch());
        }
        if (!command.shardId().isEmpty()) {
            Refused.unless(draft.shardIndex(command.shardId()) < 0, "its shard is here already");
            int shard = SlotChanges.shardFor(draft, node.id(), command.shardId());
            SlotFloors.raise(draft, command.shardId(), floor(command), index);
            for (EpochRange part : command.slots()) {
                for (int slot = part.range().first(); slot <= part.range().last(); slot++) {
                    Refused.unless(draft.owners[slot] < 0, "both clusters have slot " + slot);
                    // Above what its own log has: whatever became of the slot there, it is activated anew.
                    draft.give(slot, shard);
                }
            }
        }
        return draft.map();
    }

    private static long floor(MetaCommand.Admit command) {
        long floor = command.floor();
        for (EpochRange part : command.slots()) {
            floor = Math.max(floor, part.epoch());
        }
        return floor;
    }

    /**
     * The node has not heard that it was admitted. It may have gone on by itself in between, if an operator broke its seal:
     * so what it has now must be what the map gives it, else its log would serve a slot beside another's.
     */
    private static ClusterMap admitAgain(ClusterMap map, MetaCommand.Admit command, long index) throws Refused {
        MapDraft draft = map.draft();
        int shard = draft.shardIndex(command.shardId());
        for (EpochRange part : command.slots()) {
            for (int slot = part.range().first(); slot <= part.range().last(); slot++) {
                Refused.unless(
                        shard >= 0 && draft.owners[slot] == shard,
                        "the node was admitted before, without slot " + slot + ": CLUSTER DELSLOTS it there first");
            }
        }
        if (shard >= 0) {
            long floor = floor(command);
            SlotFloors.raise(draft, command.shardId(), floor, index);
            for (int slot = 0; slot < SlotRange.SLOTS; slot++) {
                if (draft.owners[slot] == shard && draft.epochs[slot] <= floor) {
                    draft.epochs[slot] = floor + 1;
                }
            }
        }
        return draft.map();
    }

    static ClusterMap replicate(ClusterMap map, MetaCommand.Replicate command) throws Refused {
        String nodeId = command.nodeId();
        Refused.unless(!map.isForgotten(command.primaryId()), "Unknown node " + command.primaryId());
        Refused.unless(!map.isForgotten(nodeId), "Unknown node " + nodeId);
        Refused.unless(!nodeId.equals(command.primaryId()), "Can't replicate myself");
        MapDraft draft = map.draft();
        int to = SlotChanges.shardFor(draft, command.primaryId(), command.newShardId());
        Shard target = draft.shards.get(to);
        if (target.hasMember(nodeId)) {
            return map;
        }
        Departure under = draft.departures.get(nodeId);
        if (under != null) {
            Refused.unless(under.toShard().equals(target.id()), "the node is on its way to another shard");
            return map;
        }
        Refused.unless(
                !FormerShards.has(draft, nodeId, target.id()),
                "The node has left this shard before and its vote there is void."
                        + " To come back it must be forgotten, CLUSTER RESET, and meet the cluster as a new node.");
        Shard from = map.shardOfNode(nodeId);
        if (from == null) {
            join(draft, target, nodeId);
            return draft.map();
        }
        boolean alone = from.voters().size() + from.learners().size() == 1;
        if (alone) {
            Refused.unless(
                    map.slotsOf(from.id()).isEmpty(),
                    "To set a master the node must be empty and without assigned slots.");
            Refused.unless(
                    !map.moves().next().containsValue(from.id())
                            && !map.migrations().arriveAt(from.id()),
                    "slots are on their way to the node");
            ClusterChanges.requireConfirmed(map);
            dissolve(draft, from.id());
            join(draft, draft.shards.get(draft.shardIndex(target.id())), nodeId);
            return draft.map();
        }
        leaveShard(draft, from, nodeId);
        draft.departures.put(nodeId, new Departure(from.id(), target.id()));
        return draft.map();
    }

    static ClusterMap leave(ClusterMap map, String nodeId) throws Refused {
        ClusterNode node = map.node(nodeId);
        if (node == null) {
            throw new Refused("Unknown node " + nodeId);
        }
        if (map.isForgotten(nodeId)) {
            return map;
        }
        Refused.unless(map.shownNodes().size() > 1, "the last node stays");
        MapDraft draft = map.draft();
        Departure under = draft.departures.get(nodeId);
        Shard shard = map.shardOfNode(nodeId);
        String from = under == null ? "" : under.fromShard();
        if (shard != null) {
            if (shard.voters().size() + shard.learners().size() == 1) {
                Refused.unless(
                        map.slotsOf(shard.id()).isEmpty(),
                        "Node " + nodeId + " has slots: move them away first, or give it a replica");
                Refused.unless(
                        !map.moves().next().containsValue(shard.id())
                                && !map.migrations().arriveAt(shard.id()),
                        "slots are on their way to the node");
                ClusterChanges.requireConfirmed(map);
                dissolve(draft, shard.id());
            } else {
                leaveShard(draft, shard, nodeId);
                from = shard.id();
            }
        }
        draft.configEpochs.remove(nodeId);
        draft.departures.put(nodeId, new Departure(from, ""));
        return draft.map();
    }

    static ClusterMap departed(ClusterMap map, MetaCommand.Departed command, long index) throws Refused {
        String nodeId = command.nodeId();
        Departure way = map.departures().get(nodeId);
        if (way == null || !way.fromShard().equals(command.shardId())) {
            return map;
        }
        MapDraft draft = map.draft();
        if (way.leavesCluster()) {
            draft.departures.put(nodeId, new Departure("", ""));
            return draft.map();
        }
        draft.departures.remove(nodeId);
        FormerShards.add(draft, nodeId, way.fromShard(), index);
        int to = draft.shardIndex(way.toShard());
        if (to >= 0) {
            join(draft, draft.shards.get(to), nodeId);
        }
        return draft.map();
    }

    static ClusterMap configEpoch(ClusterMap map, MetaCommand.ConfigEpoch command) throws Refused {
        Refused.unless(!map.isForgotten(command.nodeId()), "Unknown node " + command.nodeId());
        long highest = 0;
        boolean shared = false;
        for (var known : map.configEpochs().entrySet()) {
            highest = Math.max(highest, known.getValue());
        }
        long own = map.configEpoch(command.nodeId());
        for (var known : map.configEpochs().entrySet()) {
            shared |= known.getValue() == own && !known.getKey().equals(command.nodeId());
        }
        if (command.epoch() == 0 && own > 0 && own == highest && !shared) {
            return map;
        }
        MapDraft draft = map.draft();
        draft.configEpochs.put(command.nodeId(), command.epoch() == 0 ? highest + 1 : command.epoch());
        return draft.map();
    }

    private static void join(MapDraft draft, Shard shard, String nodeId) throws Refused {
        List<String> others = new ArrayList<>(shard.learners());
        others.add(nodeId);
        Refused.unless(shard.voters().size() + others.size() <= Members.MAX_MEMBERS, "the shard has too many members");
        put(draft, shard, ShardMembers.plan(shard.voters(), others, draft.nodes, draft::isReader));
    }

    /** Takes away a shard that owns nothing. Nobody is left who could say that its group has let a node go: it has. */
    static void dissolve(MapDraft draft, String shardId) throws Refused {
        draft.dissolve(shardId);
        for (Map.Entry<String, Departure> leaving : new TreeMap<>(draft.departures).entrySet()) {
            Departure way = leaving.getValue();
            if (!way.fromShard().equals(shardId)) {
                continue;
            }
            int to = way.leavesCluster() ? -1 : draft.shardIndex(way.toShard());
            if (way.leavesCluster()) {
                draft.departures.put(leaving.getKey(), new Departure("", ""));
            } else {
                draft.departures.remove(leaving.getKey());
            }
            // Where there is no room any more it is a node without a shard.
            if (to >= 0 && size(draft.shards.get(to)) < Members.MAX_MEMBERS) {
                join(draft, draft.shards.get(to), leaving.getKey());
            }
        }
    }

    private static int size(Shard shard) {
        return shard.voters().size() + shard.learners().size();
    }

    private static void leaveShard(MapDraft draft, Shard shard, String nodeId) {
        List<String> voters = new ArrayList<>(shard.voters());
        List<String> learners = new ArrayList<>(shard.learners());
        voters.remove(nodeId);
        learners.remove(nodeId);
        put(draft, shard, ShardMembers.plan(voters, learners, draft.nodes, draft::isReader));
    }

    static void put(MapDraft draft, Shard shard, Members members) {
        draft.shards.set(
                draft.shardIndex(shard.id()),
                new Shard(shard.id(), members.voters(), members.learners(), shard.initialVoters()));
    }
}
