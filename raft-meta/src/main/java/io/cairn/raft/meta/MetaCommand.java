package io.cairn.raft.meta;

import java.util.List;

/**
 * A change of the cluster map. Each is idempotent: applied a second time it changes nothing, so whoever does not know
 * what became of one may propose it again.
 */
public sealed interface MetaCommand {
    /** Gives a map that has no cluster id yet its cluster id, nodes, shards and slots. */
    record Form(Layout layout) implements MetaCommand {}

    /** {@code nodeId} leads the shard from {@code term} on; only a higher term than the known one wins. */
    record ClaimLeader(String shardId, long term, String nodeId) implements MetaCommand {}

    /** A new member of the cluster, without a role yet. Refused for an id that was replaced or removed. */
    record AddNode(ClusterNode node) implements MetaCommand {}

    /** {@code node} takes the place of {@code oldId} in every shard; {@code oldId} never comes back. */
    record ReplaceNode(String oldId, ClusterNode node) implements MetaCommand {}

    /** Forgets a node for ever. Refused while a shard should have it as a member. */
    record RemoveNode(String nodeId) implements MetaCommand {}

    /** The desired membership of a shard. */
    record SetMembers(String shardId, List<String> voters, List<String> learners) implements MetaCommand {
        public SetMembers {
            voters = List.copyOf(voters);
            learners = List.copyOf(learners);
        }
    }

    /** The node's addresses, names and domain as it announces them now; its id and state stay. */
    record UpdateAddress(ClusterNode node) implements MetaCommand {}

    /** A cluster-wide setting; an empty value removes the key. */
    record SetConfig(String key, String value) implements MetaCommand {}
}
