package io.cairn.config;

/** How a primary of raft mode makes sure before a read that it still leads. */
public enum ReadConsistency {
    /** A round of the quorum, shared by the reads of an event loop's turn. */
    READINDEX,
    /** The promises of a majority by their monotonic clocks; a round where they do not suffice. */
    LEASE
}
