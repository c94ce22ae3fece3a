package io.cairn.raft.meta;

import java.util.List;

/**
 * A shard's desired membership. The order of the lists is part of the state: the first voter is the node on which the
 * shard's leadership should come to sit, and a replacement takes the place of the node it replaces.
 *
 * @param id 40 hex digits; its Raft group is called {@link #groupId}
 * @param voters node ids that should vote
 * @param learners node ids that should follow without a vote
 * @param initialVoters node ids the group was formed with; never changes
 */
public record Shard(String id, List<String> voters, List<String> learners, List<String> initialVoters) {
    public Shard {
        Ids.check(id);
        voters = List.copyOf(voters);
        learners = List.copyOf(learners);
        initialVoters = List.copyOf(initialVoters);
        Members.check(voters, learners);
    }

    /** The name of the shard's Raft group. */
    public String groupId() {
        return "shard-" + id;
    }

    /** True if {@code nodeId} should have a replica of this shard. */
    public boolean hasMember(String nodeId) {
        return voters.contains(nodeId) || learners.contains(nodeId);
    }

    /** Where leadership should sit when nothing speaks against it. */
    public String preferredPrimary() {
        return voters.get(0);
    }
}
