package io.cairn.raft.shards;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.Proposal;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A piece of a migration on its way into the target's log. */
final class ImportProposal implements Proposal {
    /** The import as it is then, null if there is none; fails when the piece was perhaps not logged. */
    final CompletableFuture<Imports.@Nullable Import> done = new CompletableFuture<>();

    /** On the apply thread. */
    void applied(Imports.@Nullable Import state) {
        done.complete(state);
    }

    @Override
    public void failed(Failure failure) {
        done.completeExceptionally(new IllegalStateException("not logged: " + failure));
    }
}
