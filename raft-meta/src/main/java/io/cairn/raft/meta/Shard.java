package io.cairn.raft.meta;

import java.util.List;
import org.jspecify.annotations.Nullable;

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

    /**
     * As a record's own, the id first: owners of all slots are compared at each change of the map, and a record compares its last
     * component first (JDK 17), here lists of ids that most shards differ in late.
     */
    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof Shard shard
                        && id.equals(shard.id)
                        && voters.equals(shard.voters)
                        && learners.equals(shard.learners)
                        && initialVoters.equals(shard.initialVoters));
    }

    @Override
    public int hashCode() {
        return id.hashCode();
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
