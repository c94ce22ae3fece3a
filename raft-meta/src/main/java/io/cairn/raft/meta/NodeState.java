package io.cairn.raft.meta;

/** Where a node id stands in its life; it only ever moves downwards (SAFETY 5: removal is permanent). */
public enum NodeState {
    /** A member of the cluster. */
    ACTIVE,
    /** Its disk was wiped: another node id took its place at its address. */
    REPLACED,
    /** Forgotten by an operator. */
    REMOVED
}
