package io.cairn.raft.meta;

import java.util.ArrayList;
import java.util.List;

/**
 * FORGET while the cluster's active version is 1, which has no command for it ({@link MetaCommand.Leave}): of members that are
 * lost and would keep the version from rising for ever. As when an empty node takes a lost one's place, the groups settle
 * without the node afterwards. Pure.
 */
public final class Forgetting {
    private Forgetting() {}

    /**
     * What to propose, one after the other, so that an active node is no member any more; nothing for one that is alone in
     * its shard, for a shard cannot be taken away in that version.
     */
    public static List<MetaCommand> inFirstFormat(ClusterMap map, String nodeId) {
        List<MetaCommand> commands = new ArrayList<>();
        Shard shard = map.shardOfNode(nodeId);
        if (shard != null) {
            List<String> voters = new ArrayList<>(shard.voters());
            List<String> learners = new ArrayList<>(shard.learners());
            voters.remove(nodeId);
            learners.remove(nodeId);
            if (voters.isEmpty() && learners.isEmpty()) {
                return List.of();
            }
            MapDraft draft = map.draft();
            Members left = ShardMembers.plan(voters, learners, draft.nodes, draft::isReader);
            commands.add(new MetaCommand.SetMembers(shard.id(), left.voters(), left.learners()));
        }
        commands.add(new MetaCommand.RemoveNode(nodeId));
        return commands;
    }
}
