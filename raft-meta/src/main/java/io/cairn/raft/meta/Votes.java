package io.cairn.raft.meta;

import java.util.ArrayList;
import java.util.List;

/**
 * Who may vote. A node that never does is a read replica: a learner of its shard and of the meta group, with a key of its
 * own among the map's settings. Pure.
 */
final class Votes {
    /** No name of a setting has this sign in it. */
    private static final String PREFIX = "no-vote/";

    private Votes() {}

    static String key(String nodeId) {
        return PREFIX + nodeId;
    }

    static ClusterMap set(ClusterMap map, MetaCommand.SetVote command, long index) throws Refused {
        String nodeId = command.nodeId();
        Refused.unless(!map.isForgotten(nodeId), "Unknown node " + nodeId);
        if (map.isReader(nodeId) == !command.votes()) {
            return map;
        }
        MapDraft draft = map.draft();
        if (command.votes()) {
            draft.values.remove(key(nodeId));
        } else {
            draft.values.put(key(nodeId), new ClusterValue(index, "yes"));
        }
        Shard shard = map.shardOfNode(nodeId);
        if (shard != null) {
            NodeChanges.put(
                    draft, shard, ShardMembers.plan(shard.voters(), shard.learners(), draft.nodes, draft::isReader));
        }
        return draft.map();
    }

    /** The spare takes the very place of the one that is lost; whoever asks again finds it done. */
    static ClusterMap swap(ClusterMap map, MetaCommand.SwapVoter command) throws Refused {
        Shard shard = map.shard(command.shardId());
        if (shard == null) {
            throw new Refused("no such shard: " + command.shardId());
        }
        if (shard.voters().contains(command.spareId()) && shard.learners().contains(command.lostId())) {
            return map;
        }
        Refused.unless(shard.voters().contains(command.lostId()), "no voter: " + command.lostId());
        Refused.unless(shard.learners().contains(command.spareId()), "no learner: " + command.spareId());
        Refused.unless(!map.isReader(command.spareId()), "never votes: " + command.spareId());
        List<String> voters = new ArrayList<>(shard.voters());
        List<String> learners = new ArrayList<>(shard.learners());
        voters.set(voters.indexOf(command.lostId()), command.spareId());
        learners.set(learners.indexOf(command.spareId()), command.lostId());
        MapDraft draft = map.draft();
        NodeChanges.put(draft, shard, new Members(voters, learners));
        return draft.map();
    }
}
