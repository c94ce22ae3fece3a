package io.cairn.raft.meta;

/**
 * A node's way out of a shard.
 *
 * @param fromShard the shard whose group must settle without the node, or empty when none has to (any more)
 * @param toShard the shard it follows then, or empty when it leaves the cluster
 */
public record Departure(String fromShard, String toShard) {
    /** True when the node is forgotten for good once all groups have settled without it. */
    public boolean leavesCluster() {
        return toShard.isEmpty();
    }
}
