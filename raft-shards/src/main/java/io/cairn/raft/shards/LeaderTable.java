package io.cairn.raft.shards;

import org.jspecify.annotations.Nullable;

/** Who leads which shard, as far as this node has heard: the highest term wins. Any thread. */
public final class LeaderTable {
    /** A leader and its term. */
    public record Leader(long term, String nodeId) {}

    /** The shard's leader, or null when none is known or the known one is dead, replaced or removed. */
    public @Nullable Leader leader(String shardId) {
        return null;
    }

    /** Heard from another node, by message, gossip or the meta map. */
    public void heard(String shardId, long term, String nodeId) {}

    /** The failure detector's word: dead leaders are not named to clients until they live or are succeeded. */
    public void nodeAlive(String nodeId, boolean alive) {}
}
