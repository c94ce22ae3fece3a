package io.cairn.raft.group;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.core.State;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Hands a leader's place to another voter so that no proposal is lost on the way. The library answers what it has in
 * flight when it steps down as it answers what it never took; so the heir is let catch up first, then proposals are
 * refused for certain while those in flight are applied and reach the heir, and only then is it told to campaign. Every
 * step is bounded in time; one that takes longer leaves the leader where it is.
 */
final class Handover {
    static final int POLL_MILLIS = 2;

    /** How long the heir may take to come near, while proposals still go on. */
    static final int CATCH_UP_MILLIS = 1_000;

    /** So many entries behind is near. */
    static final long NEAR_ENTRIES = 64;

    private final HostedGroup group;
    private final AtomicBoolean active = new AtomicBoolean();
    private volatile boolean draining;

    /** One hand-over under way. */
    private record Run(String heir, Runnable hold, CompletableFuture<@Nullable Void> done, long startNanos) {
        boolean lasted(long millis) {
            return System.nanoTime() - startNanos > TimeUnit.MILLISECONDS.toNanos(millis);
        }

        Run next() {
            return new Run(heir, hold, done, System.nanoTime());
        }
    }

    Handover(HostedGroup group) {
        this.group = group;
    }

    /** True while proposals are refused for certain. */
    boolean isDraining() {
        return draining;
    }

    /** @param hold runs once proposals are about to be refused; never when the hand-over ends before */
    CompletableFuture<@Nullable Void> to(String heir, Runnable hold) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        if (!active.compareAndSet(false, true)) {
            done.completeExceptionally(new GroupException(Failure.BUSY, "a transfer is under way"));
            return done;
        }
        done.whenComplete((ok, failure) -> {
            draining = false;
            active.set(false);
        });
        Run run = new Run(heir, hold, done, System.nanoTime());
        group.onWorker(() -> step(run, this::catchUp));
        return done;
    }

    private interface Step {
        /** Null to look again, else the next step. */
        @Nullable
        Step look(Run run);
    }

    private void step(Run run, Step step) {
        if (run.done().isDone()) {
            return;
        }
        if (group.isStopped()) {
            fail(run, Failure.NOT_LEADER, "the replica stops");
            return;
        }
        Step next;
        try {
            next = step.look(run);
        } catch (RuntimeException e) {
            run.done().completeExceptionally(e);
            return;
        }
        if (next == null) {
            group.onWorkerLater(() -> step(run, step), POLL_MILLIS);
        } else if (!run.done().isDone()) {
            step(run.next(), next);
        }
    }

    private @Nullable Step catchUp(Run run) {
        if (group.leaderTerm() == 0) {
            fail(run, Failure.NOT_LEADER, "this replica does not lead");
        } else if (!group.members().voters().contains(run.heir())) {
            fail(run, Failure.NOT_LEADER, run.heir() + " is no voter of the group");
        } else if (!group.isSettled()) {
            fail(run, Failure.BUSY, "the group's members are being changed");
        } else if (run.heir().equals(group.host().nodeId())) {
            run.done().complete(null);
        } else if (group.lag(run.heir()) <= NEAR_ENTRIES) {
            run.hold().run();
            draining = true;
            return this::drain;
        } else if (run.lasted(CATCH_UP_MILLIS)) {
            fail(run, Failure.BUSY, run.heir() + " lags too far behind");
        }
        return null;
    }

    private @Nullable Step drain(Run run) {
        if (group.leaderTerm() == 0) {
            fail(run, Failure.NOT_LEADER, "this replica does not lead any more");
        } else if (group.isIdle() && group.lag(run.heir()) <= 0) {
            group.leases().renounce();
            Status status = group.node().transferLeadershipTo(Peers.of(run.heir()));
            if (status.isOk()) {
                return this::awaitStepDown;
            }
            fail(run, Failure.NOT_LEADER, status.toString());
        } else if (run.lasted(group.options().electionTimeoutMillis())) {
            fail(run, Failure.BUSY, run.heir() + " or the proposals under way took too long");
        }
        return null;
    }

    /** The library gives up by itself after an election timeout. */
    private @Nullable Step awaitStepDown(Run run) {
        State state = group.node().getNodeState();
        if (state == State.STATE_LEADER) {
            fail(run, Failure.BUSY, run.heir() + " did not take over in time");
        } else if (state != State.STATE_TRANSFERRING) {
            run.done().complete(null);
        }
        return null;
    }

    private static void fail(Run run, Failure why, String text) {
        run.done().completeExceptionally(new GroupException(why, text));
    }
}
