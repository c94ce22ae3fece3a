package io.cairn.raft.shards;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.GroupException;
import io.cairn.raft.group.RaftGroup;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A control entry that somebody waits for, outside the apply thread. */
final class LoggedControl extends ControlProposal {
    private final CompletableFuture<@Nullable Void> done;

    private LoggedControl(CompletableFuture<@Nullable Void> done) {
        super(() -> done.completeAsync(() -> null));
        this.done = done;
    }

    /** Completes once the entry, and so all that was proposed before it, is applied here; it may take effect after it failed. */
    static CompletableFuture<@Nullable Void> propose(RaftGroup raft, ShardEntry.Control entry, int millis) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        raft.propose(ShardEntry.encode(entry), new LoggedControl(done));
        return done.orTimeout(millis, TimeUnit.MILLISECONDS);
    }

    @Override
    public void failed(Failure failure) {
        super.failed(failure);
        done.completeExceptionally(new GroupException(failure, "the shard's log does not take entries: " + failure));
    }
}
