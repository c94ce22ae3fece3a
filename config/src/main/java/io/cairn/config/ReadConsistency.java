package io.cairn.config;

/** How a primary in raft mode makes sure that its reads are linearizable. */
public enum ReadConsistency {
    /** One batched round to a quorum per event-loop turn. */
    READINDEX
}
