package io.cairn.raft.shards;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.Proposal;

/** A control entry of this replica on its way; whatever becomes of it, the reconciler looks again. */
class ControlProposal implements Proposal {
    private final Runnable whenApplied;
    private volatile boolean settled;

    /** @param whenApplied called on the apply thread */
    ControlProposal(Runnable whenApplied) {
        this.whenApplied = whenApplied;
    }

    /** True once it was applied, or failed in whatever way. */
    final boolean isSettled() {
        return settled;
    }

    final void applied() {
        settled = true;
        whenApplied.run();
    }

    @Override
    public void failed(Failure failure) {
        settled = true;
    }
}
