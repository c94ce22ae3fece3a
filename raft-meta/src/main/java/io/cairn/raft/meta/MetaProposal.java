package io.cairn.raft.meta;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.Proposal;
import java.util.concurrent.CompletableFuture;

/** A meta command on its way through the log of this node. */
final class MetaProposal implements Proposal {
    final CompletableFuture<MetaResult> result = new CompletableFuture<>();

    @Override
    public void failed(Failure failure) {
        result.complete(
                failure == Failure.OUTCOME_UNKNOWN
                        ? MetaResult.unknown("the meta group's leader changed meanwhile")
                        : MetaResult.notTaken("the meta group's leader refused: " + failure));
    }
}
