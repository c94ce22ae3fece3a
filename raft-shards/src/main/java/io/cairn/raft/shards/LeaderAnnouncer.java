package io.cairn.raft.shards;

/** Spreads "this node leads the shard" by ways quicker than the meta group, such as gossip. Any thread, no wait. */
@FunctionalInterface
public interface LeaderAnnouncer {
    void announce(String shardId, long term, String nodeId);
}
