package io.cairn.raft.meta;

import io.cairn.raft.meta.Layout.ShardLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** What each command does to the map: a pure function, the same on every node. */
final class MetaApply {
    /** Bound of all node ids ever: those of gone nodes are kept, for removal is permanent (SAFETY 5). */
    static final int MAX_KNOWN_NODES = 60_000;

    /** The map after a command and what to tell its proposer. */
    record Applied(ClusterMap map, MetaResult result) {}

    private MetaApply() {}

    static Applied apply(ClusterMap map, MetaCommand command, long index) {
        if (command instanceof MetaCommand.Batch batch) {
            return applyEach(map, batch, index);
        }
        try {
            ClusterMap changed = change(map, command, index).withVersion(index);
            return new Applied(changed, MetaResult.applied(index));
        } catch (Refused e) {
            return new Applied(map.withVersion(index), MetaResult.refused(String.valueOf(e.getMessage()), index));
        }
    }

    private static Applied applyEach(ClusterMap map, MetaCommand.Batch batch, long index) {
        ClusterMap changed = map;
        List<String> reasons = new ArrayList<>();
        for (MetaCommand command : batch.commands()) {
            try {
                changed = change(changed, command, index);
                reasons.add("");
            } catch (Refused e) {
                reasons.add(String.valueOf(e.getMessage()));
            }
        }
        MetaResult result = new MetaResult(MetaResult.Outcome.APPLIED, String.join("\n", reasons), index);
        return new Applied(changed.withVersion(index), result);
    }

    private static ClusterMap change(ClusterMap map, MetaCommand command, long index) throws Refused {
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
            return ClusterChanges.set(
                    map,
                    List.of(new MetaCommand.Change(set.key(), MetaCommand.Change.ANY, set.value())),
                    // Snapshots of the first version hold no versions.
                    map.activeFormat() == ClusterFormat.FIRST ? 0 : index);
        } else if (command instanceof MetaCommand.SetVote vote) {
            return Votes.set(map, vote, index);
        } else if (command instanceof MetaCommand.SwapVoter swap) {
            return Votes.swap(map, swap);
        }
        return changeSlotsOrNodes(map, command, index);
    }

    private static ClusterMap changeSlotsOrNodes(ClusterMap map, MetaCommand command, long index) throws Refused {
        ClusterChanges.requireConfirmed(map, command);
        RolloutChanges.requireNone(map, command);
        if (command instanceof MetaCommand.Admit admit) {
            return NodeChanges.admit(map, admit, index);
        } else if (command instanceof MetaCommand.Assign assign) {
            return SlotChanges.assign(map, assign);
        } else if (command instanceof MetaCommand.Release release) {
            return SlotChanges.release(map, release);
        } else if (command instanceof MetaCommand.Move move) {
            return SlotChanges.move(map, move);
        } else if (command instanceof MetaCommand.Released released) {
            return SlotChanges.released(map, released);
        } else if (command instanceof MetaCommand.Keep keep) {
            return SlotChanges.keep(map, keep);
        } else if (command instanceof MetaCommand.Replicate replicate) {
            return NodeChanges.replicate(map, replicate);
        } else if (command instanceof MetaCommand.Leave leave) {
            return NodeChanges.leave(map, leave.nodeId());
        } else if (command instanceof MetaCommand.Departed departed) {
            return NodeChanges.departed(map, departed, index);
        } else if (command instanceof MetaCommand.Open open) {
            return SlotChanges.open(map, open);
        } else if (command instanceof MetaCommand.ConfigEpoch epoch) {
            return NodeChanges.configEpoch(map, epoch);
        }
        return changeMigrations(map, command, index);
    }

    private static ClusterMap changeMigrations(ClusterMap map, MetaCommand command, long index) throws Refused {
        if (command instanceof MetaCommand.BeginMigrations begin) {
            return MigrationChanges.begin(map, begin);
        } else if (command instanceof MetaCommand.StartMigration start) {
            return MigrationChanges.start(map, start);
        } else if (command instanceof MetaCommand.CommitMigration commit) {
            return MigrationChanges.commit(map, commit);
        } else if (command instanceof MetaCommand.EndMigration end) {
            return MigrationChanges.end(map, end);
        }
        ClusterMap rolled = RolloutChanges.apply(map, command, index);
        return rolled != null ? rolled : ClusterChanges.apply(map, command, index);
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
        MapDraft draft = map.draft();
        draft.clusterId = layout.clusterId();
        draft.nodes = nodes;
        draft.shards = shards;
        System.arraycopy(owners, 0, draft.owners, 0, owners.length);
        System.arraycopy(epochs, 0, draft.epochs, 0, epochs.length);
        return draft.map();
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
        require(!map.departures().containsKey(oldId), "it is leaving: " + oldId);
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
        MapDraft draft = map.draft();
        draft.nodes = nodes;
        draft.shards = shards;
        ClusterChanges.forget(draft, oldId);
        return draft.map();
    }

    private static ClusterMap remove(ClusterMap map, String nodeId) throws Refused {
        ClusterNode node = map.node(nodeId);
        require(node != null, "no such node: " + nodeId);
        if (node == null || !node.isActive()) {
            return map;
        }
        require(map.shardOfNode(nodeId) == null, "still has a shard: " + nodeId);
        require(map.activeNodes().size() > 1, "the last node stays");
        Departure way = map.departures().get(nodeId);
        require(way == null || way.fromShard().isEmpty(), "a shard has not let it go yet: " + nodeId);
        MapDraft draft = map.draft();
        draft.departures.remove(nodeId);
        draft.values.remove(Votes.key(nodeId));
        ClusterChanges.forget(draft, nodeId);
        draft.nodes.put(nodeId, node.withState(NodeState.REMOVED));
        return draft.map();
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
