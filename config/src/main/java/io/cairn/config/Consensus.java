package io.cairn.config;

/** Who owns slots and elects primaries in a cluster. */
public enum Consensus {
    /** Redis Cluster's contract over SWIM gossip: the highest config epoch wins. */
    GOSSIP,
    /** The meta Raft group owns the slot map, one Raft group per shard owns its data. */
    RAFT
}
