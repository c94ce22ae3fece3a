package io.cairn.mode;

import io.cairn.raft.group.Failure;

/** The error lines of calls that did not succeed in raft mode. */
final class FailureText {
    /** Begins the error of a write that may or may not take effect (SAFETY 6). */
    static final String UNKNOWN =
            "UNKNOWNOUTCOME The write may or may not take effect: its log entry was not confirmed";

    static final String NO_LEADER = "CLUSTERDOWN The shard of this slot has no leader right now";

    /** To clients that waited at a primary that is none any more. Redis: disconnectAllBlockedClients. */
    static final String DEPOSED =
            "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";

    static final String BUSY = "TRYAGAIN The shard's queue of writes is full";

    static final String DISK_FULL =
            "MISCONF No space is left on the disk for the log: writes are refused until there is some";

    private FailureText() {}

    /** @param redirect what to say when this node surely does not lead */
    static String of(Failure failure, String redirect) {
        return switch (failure) {
            case NOT_LEADER -> redirect;
            case BUSY -> BUSY;
            case DISK_FULL -> DISK_FULL;
            case OUTCOME_UNKNOWN -> UNKNOWN;
        };
    }
}
