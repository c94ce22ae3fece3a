package io.cairn.raft.shards;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.Proposal;

/** A control entry of this replica on its way; whatever becomes of it, the reconciler looks again. */
final class ControlProposal implements Proposal {
    private volatile boolean settled;

    /** True once it was applied, or failed in whatever way. */
    boolean isSettled() {
        return settled;
    }

    void applied() {
        settled = true;
    }

    @Override
    public void failed(Failure failure) {
        settled = true;
    }
}
