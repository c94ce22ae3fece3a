package io.cairn.raft.meta;

import io.cairn.raft.meta.Rollout.Attempt;
import io.cairn.raft.meta.Rollout.Consensus;
import io.cairn.raft.meta.Rollout.GossipShard;
import io.cairn.raft.meta.Rollout.RaftShard;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the commands of a rollout do to the map: each shard changes by one command, which an abort of its attempt excludes. Pure. */
final class RolloutChanges {
    private RolloutChanges() {}

    /** Null for a command of another kind. */
    static @Nullable ClusterMap apply(ClusterMap map, MetaCommand command, long index) throws Refused {
        if (command instanceof MetaCommand.BeginRollout begin) {
            return begin(map, begin, index);
        } else if (command instanceof MetaCommand.BeginAttempt begin) {
            return attempt(map, begin, index);
        } else if (command instanceof MetaCommand.BeginReturn begin) {
            return attempt(map, begin, index);
        } else if (command instanceof MetaCommand.AbortAttempt abort) {
            return abort(map, abort, index);
        } else if (command instanceof MetaCommand.ShardToRaft commit) {
            return toRaft(map, commit, index);
        } else if (command instanceof MetaCommand.ShardToGossip commit) {
            return toGossip(map, commit, index);
        } else if (command instanceof MetaCommand.AllRaft) {
            return finish(map, Consensus.RAFT, index);
        } else if (command instanceof MetaCommand.Dissolve) {
            return finish(map, Consensus.GOSSIP, index);
        }
        return null;
    }

    /** Slots and members of groups stay as they are while shards change their mode. */
    static void requireNone(ClusterMap map, MetaCommand command) throws Refused {
        boolean changes = command instanceof MetaCommand.Assign
                || command instanceof MetaCommand.Release
                || command instanceof MetaCommand.Move
                || command instanceof MetaCommand.Open
                || command instanceof MetaCommand.BeginMigrations
                || command instanceof MetaCommand.Replicate;
        if (changes) {
            Rollout rollout = Rollout.of(map);
            Refused.unless(rollout == null || rollout.isDone(), "a change of the cluster's consensus is under way");
        }
    }

    private static Rollout running(ClusterMap map, Consensus target) throws Refused {
        Rollout rollout = Rollout.of(map);
        if (rollout == null || rollout.target() != target || rollout.isDone()) {
            throw new Refused("the cluster is not on its way to " + target);
        }
        return rollout;
    }

    private static ClusterMap write(MapDraft draft, Rollout rollout, long index) {
        rollout.write(draft, index);
        return draft.map();
    }

    private static ClusterMap begin(ClusterMap map, MetaCommand.BeginRollout begin, long index) throws Refused {
        Rollout known = Rollout.of(map);
        boolean toGossip = begin.target() == Consensus.GOSSIP;
        if (known == null && !toGossip && !map.shards().isEmpty()) {
            throw new Refused("the cluster is in raft mode");
        }
        if (known != null && known.isDone()) {
            Refused.unless(known.target() == Consensus.RAFT, "the meta group is dissolved");
            if (!toGossip) {
                return map;
            }
        }
        if (toGossip) {
            Refused.unless(
                    map.moves().next().isEmpty()
                            && map.moves().open().isEmpty()
                            && map.migrations().running().isEmpty()
                            && map.departures().isEmpty(),
                    "slots or nodes are on their way");
        }
        List<SlotRange> scope = new ArrayList<>(begin.scope());
        boolean same = known != null && known.target() == begin.target() && !known.isDone();
        if (same && known != null) {
            if (known.scope().isEmpty() || (known.scope().containsAll(scope) && !scope.isEmpty())) {
                return map;
            }
            if (!scope.isEmpty()) {
                scope.addAll(0, known.scope());
            }
        }
        NavigableMap<String, RaftShard> raft = new TreeMap<>();
        if (known != null) {
            raft.putAll(known.raft());
            raft.entrySet().removeIf(entry -> {
                Shard shard = map.shard(entry.getKey());
                return shard == null || !shard.hasMember(entry.getValue().primaryId());
            });
        }
        long epoch =
                raft.values().stream().mapToLong(RaftShard::configEpoch).max().orElse(0);
        for (Shard shard : map.shards()) {
            if (!raft.containsKey(shard.id())) {
                epoch++;
                raft.put(
                        shard.id(),
                        new RaftShard(index, shard.preferredPrimary(), epoch, "", 0, 0, -1, shard.voters()));
            }
        }
        Attempt attempt = same && known != null ? known.attempt() : null;
        NavigableMap<String, GossipShard> back = known == null ? new TreeMap<>() : known.back();
        return write(map.draft(), new Rollout(begin.target(), false, scope, attempt, raft, back), index);
    }

    private static ClusterMap attempt(ClusterMap map, MetaCommand.BeginAttempt begin, long index) throws Refused {
        Rollout rollout = running(map, Consensus.RAFT);
        Attempt now = rollout.attempt();
        if (now != null && now.shardId().equals(begin.shardId())) {
            return map;
        }
        Refused.unless(now == null, "another shard is about to change");
        Refused.unless(map.shard(begin.shardId()) == null, "the shard is in raft mode");
        Refused.unless(
                !begin.members().isEmpty()
                        && begin.members().get(0).equals(begin.primaryId())
                        && new HashSet<>(begin.members()).size()
                                == begin.members().size(),
                "a shard's members are its primary and others");
        for (String member : begin.members()) {
            Refused.unless(!map.isForgotten(member), "not a member: " + member);
            Refused.unless(map.shardOfNode(member) == null, "in a raft shard: " + member);
        }
        Refused.unless(!begin.slots().isEmpty(), "it has no slots");
        for (SlotRange range : begin.slots()) {
            for (int slot = range.first(); slot <= range.last(); slot++) {
                Refused.unless(map.owner(slot) == null, "slot " + slot + " is a raft shard's");
            }
        }
        Attempt next = new Attempt(
                index,
                begin.shardId(),
                Consensus.RAFT,
                begin.primaryId(),
                begin.members(),
                begin.slots(),
                begin.configEpoch());
        return write(
                map.draft(),
                new Rollout(rollout.target(), false, rollout.scope(), next, rollout.raft(), rollout.back()),
                index);
    }

    private static ClusterMap attempt(ClusterMap map, MetaCommand.BeginReturn begin, long index) throws Refused {
        Rollout rollout = running(map, Consensus.GOSSIP);
        Attempt now = rollout.attempt();
        if (now != null
                && now.shardId().equals(begin.shardId())
                && now.primaryId().equals(begin.primaryId())) {
            return map;
        }
        Refused.unless(now == null, "another shard is about to change");
        Shard shard = map.shard(begin.shardId());
        if (shard == null || !shard.voters().contains(begin.primaryId())) {
            throw new Refused("no such shard, or no voter of it: " + begin.shardId() + " " + begin.primaryId());
        }
        List<String> members = new ArrayList<>(shard.voters());
        members.addAll(shard.learners());
        members.remove(begin.primaryId());
        members.add(0, begin.primaryId());
        Attempt next = new Attempt(
                index, shard.id(), Consensus.GOSSIP, begin.primaryId(), members, map.slotsOf(shard.id()), 0);
        return write(
                map.draft(),
                new Rollout(rollout.target(), false, rollout.scope(), next, rollout.raft(), rollout.back()),
                index);
    }

    private static ClusterMap abort(ClusterMap map, MetaCommand.AbortAttempt abort, long index) {
        Rollout rollout = Rollout.of(map);
        Attempt now = rollout == null ? null : rollout.attempt();
        if (rollout == null || now == null || now.number() != abort.attempt()) {
            return map;
        }
        MapDraft draft = map.draft();
        if (!abort.why().isEmpty()) {
            draft.values.put(Rollout.ERROR, new ClusterValue(index, abort.why()));
        }
        return write(
                draft,
                new Rollout(rollout.target(), false, rollout.scope(), null, rollout.raft(), rollout.back()),
                index);
    }

    private static ClusterMap toRaft(ClusterMap map, MetaCommand.ShardToRaft commit, long index) throws Refused {
        Rollout rollout = Rollout.of(map);
        RaftShard before = rollout == null ? null : rollout.raft().get(commit.shardId());
        if (before != null && before.attempt() == commit.attempt()) {
            return map;
        }
        Attempt now = rollout == null ? null : rollout.attempt();
        if (rollout == null || now == null || now.number() != commit.attempt() || now.target() != Consensus.RAFT) {
            throw new Refused("the attempt was aborted");
        }
        List<String> reached = commit.reached();
        Refused.unless(
                now.shardId().equals(commit.shardId())
                        && now.members().containsAll(reached)
                        && reached.contains(now.primaryId())
                        && new HashSet<>(reached).size() == reached.size()
                        && reached.size() >= now.members().size() / 2 + 1
                        && !commit.history().isEmpty(),
                "no majority of the shard's members is at the seal");
        for (String member : now.members()) {
            Refused.unless(!map.isForgotten(member), "not a member: " + member);
        }
        MapDraft draft = map.draft();
        List<String> others = new ArrayList<>(reached);
        others.remove(now.primaryId());
        // Only who has the data may vote at the base; the others are made voters once they have it, too.
        Members base = ShardMembers.plan(List.of(now.primaryId()), others, draft.nodes, draft::isReader);
        List<String> rest = new ArrayList<>(now.members());
        rest.removeAll(base.voters());
        Members wanted = ShardMembers.plan(base.voters(), rest, draft.nodes, draft::isReader);
        draft.shards.add(new Shard(now.shardId(), wanted.voters(), wanted.learners(), base.voters()));
        int shard = draft.shards.size() - 1;
        now.slots().forEach(range -> range.forEach(slot -> draft.give(slot, shard)));
        draft.claims.put(now.shardId(), new LeaderClaim(1, now.primaryId()));
        TreeMap<String, RaftShard> raft = new TreeMap<>(rollout.raft());
        raft.put(
                now.shardId(),
                new RaftShard(
                        now.number(),
                        now.primaryId(),
                        now.configEpoch(),
                        commit.history(),
                        commit.offset(),
                        commit.baseIndex(),
                        commit.pauseMillis(),
                        reached));
        TreeMap<String, GossipShard> back = new TreeMap<>(rollout.back());
        // Its slots are another shard's now.
        back.values()
                .removeIf(old -> old.slots().stream()
                        .anyMatch(range -> map.owner(range.first()) == null && draft.owners[range.first()] == shard));
        return write(draft, new Rollout(rollout.target(), false, rollout.scope(), null, raft, back), index);
    }

    private static ClusterMap toGossip(ClusterMap map, MetaCommand.ShardToGossip commit, long index) throws Refused {
        Rollout rollout = Rollout.of(map);
        if (rollout != null && rollout.back().containsKey(commit.shardId())) {
            return map;
        }
        Attempt now = rollout == null ? null : rollout.attempt();
        Shard shard = map.shard(commit.shardId());
        if (rollout == null
                || now == null
                || shard == null
                || now.number() != commit.attempt()
                || now.target() != Consensus.GOSSIP) {
            throw new Refused("the attempt was aborted");
        }
        Refused.unless(
                now.shardId().equals(shard.id())
                        && shard.hasMember(now.primaryId())
                        && commit.reached().contains(now.primaryId()),
                "the gossip primary is no member that is at the end");
        // Above whatever a claim of these slots can have.
        long epoch = commit.epochFloor();
        for (RaftShard other : rollout.raft().values()) {
            epoch = Math.max(epoch, other.configEpoch());
        }
        for (GossipShard other : rollout.back().values()) {
            epoch = Math.max(epoch, other.configEpoch());
        }
        TreeMap<String, GossipShard> back = new TreeMap<>(rollout.back());
        back.put(
                shard.id(),
                new GossipShard(
                        now.primaryId(),
                        epoch + 1,
                        commit.endIndex(),
                        commit.history(),
                        commit.offset(),
                        now.members(),
                        commit.reached(),
                        map.slotsOf(shard.id())));
        TreeMap<String, RaftShard> raft = new TreeMap<>(rollout.raft());
        raft.remove(shard.id());
        MapDraft draft = map.draft();
        int gone = draft.shardIndex(shard.id());
        for (int slot = 0; slot < SlotRange.SLOTS; slot++) {
            if (draft.owners[slot] == gone) {
                draft.owners[slot] = -1;
            }
        }
        NodeChanges.dissolve(draft, shard.id());
        return write(draft, new Rollout(rollout.target(), false, rollout.scope(), null, raft, back), index);
    }

    private static ClusterMap finish(ClusterMap map, Consensus target, long index) throws Refused {
        Rollout known = Rollout.of(map);
        if (known != null && known.target() == target && known.isDone()) {
            return map;
        }
        Rollout rollout = running(map, target);
        Refused.unless(rollout.attempt() == null && rollout.scope().isEmpty(), "shards are still about to change");
        Refused.unless(map.shards().isEmpty() == (target == Consensus.GOSSIP), "shards are still to change");
        return write(
                map.draft(),
                new Rollout(
                        target,
                        true,
                        rollout.scope(),
                        null,
                        rollout.raft(),
                        target == Consensus.RAFT ? new TreeMap<>() : rollout.back()),
                index);
    }
}
