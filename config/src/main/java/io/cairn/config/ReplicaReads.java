package io.cairn.config;

/** What a READONLY connection gets at a replica in raft mode. */
public enum ReplicaReads {
    STALE,
    LINEARIZABLE
}
