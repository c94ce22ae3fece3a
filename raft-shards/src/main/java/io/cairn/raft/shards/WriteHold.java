package io.cairn.raft.shards;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.GroupException;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.ReadBarrier;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a shard's writes back for a moment, so that a backup can fix one point in all shards: while every shard holds,
 * nothing is acknowledged anywhere. A hold is a leader's own affair and ends by itself; whether it lasted, and was the
 * shard's and not a deposed leader's, is said at its end. Any thread.
 */
final class WriteHold {
    /** Longest hold: calls are kept that long, and then go on. */
    static final int MAX_MILLIS = 10_000;

    private final HandOver kept;
    private final Supplier<RaftGroup> raft;
    private final LongSupplier servingTerm;
    private @Nullable Active active;

    /** @param kept what keeps calls back */
    WriteHold(HandOver kept, Supplier<RaftGroup> raft, LongSupplier servingTerm) {
        this.kept = kept;
        this.raft = raft;
        this.servingTerm = servingTerm;
    }

    private static final class Active {
        private final String id;
        private final long term;

        Active(String id, long term) {
            this.id = id;
            this.term = term;
        }
    }

    /** Holds from now on; completes once all that was proposed before is applied here, with the term. */
    CompletableFuture<Long> begin(String id, int millis) {
        long term = servingTerm.getAsLong();
        if (term == 0) {
            return failed(Failure.NOT_LEADER, "this node is no primary");
        }
        if (millis < 1 || millis > MAX_MILLIS) {
            return failed(Failure.BUSY, "writes are held for 1 to " + MAX_MILLIS + " ms");
        }
        Active begun = new Active(id, term);
        synchronized (this) {
            if (active != null || kept.isKeeping()) {
                return failed(Failure.BUSY, "writes are held already, or leadership is being handed over");
            }
            active = begun;
            kept.begin(begun);
        }
        CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS).execute(() -> end(begun));
        // It changes nothing; it is applied after all that was let through.
        return LoggedControl.propose(raft.get(), new ShardEntry.Activate(List.of()), millis)
                .thenApply(applied -> term);
    }

    /** True if just this hold was still on. */
    private synchronized boolean end(Active which) {
        if (which != active) {
            return false;
        }
        active = null;
        kept.end(which);
        return true;
    }

    /** Ends the hold, whosever it is: leadership is about to be handed over. */
    synchronized void cancel() {
        if (active != null) {
            end(active);
        }
    }

    /**
     * Lets the writes go on; completes once it is certain that the hold has lasted until now in the one leader that the
     * shard had, and fails when it did not.
     */
    CompletableFuture<@Nullable Void> release(String id) {
        Active held;
        synchronized (this) {
            held = active;
            if (held == null || !held.id.equals(id)) {
                return CompletableFuture.failedFuture(new GroupException(
                        Failure.BUSY, "the hold has ended before: it took too long, or was cancelled"));
            }
            end(held);
        }
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        long term = held.term;
        raft.get().readBarrier(new ReadBarrier() {
            @Override
            public void passed() {
                if (servingTerm.getAsLong() == term) {
                    done.completeAsync(() -> null);
                } else {
                    refused(Failure.NOT_LEADER);
                }
            }

            @Override
            public void refused(Failure failure) {
                done.completeExceptionally(
                        new GroupException(failure, "the shard's primary has changed meanwhile, or may have"));
            }
        });
        return done.orTimeout(MAX_MILLIS, TimeUnit.MILLISECONDS);
    }

    private static <T> CompletableFuture<T> failed(Failure failure, String why) {
        return CompletableFuture.failedFuture(new GroupException(failure, why));
    }
}
