package io.cairn.raft.group;

/** Why a proposal or a read did not succeed. */
public enum Failure {
    /** Surely not in the log: refused before it was submitted (not the leader, no quorum contact). */
    NOT_LEADER,
    /** Surely not in the log: the bounded queue is full. */
    BUSY,
    /** Surely not in the log: no disk space. */
    DISK_FULL,
    /** May or may not take effect (SAFETY 6). */
    OUTCOME_UNKNOWN
}
