package io.cairn.raft.meta;

/** A node's announcement that it leads a shard from {@code term} on. */
public record LeaderClaim(long term, String nodeId) {}
