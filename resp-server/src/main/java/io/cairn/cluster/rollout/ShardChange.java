package io.cairn.cluster.rollout;

import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.Rollout;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to change a shard, at the node that drives it. Whatever happens, it ends by the meta group's log: with the commit, or with an
 * abort. So what it proposes it proposes again until the map shows the one or the other. One thread; a tick never waits.
 */
abstract class ShardChange {
    private static final Logger log = LoggerFactory.getLogger(ShardChange.class);
    /** Pause between two proposals of the same. */
    static final long AGAIN_MILLIS = 500;

    /** A commit that nobody has taken for so long is given up: its abort is proposed, and one of the two will come. */
    static final long COMMIT_MILLIS = 5_000;

    final Rollout.Attempt attempt;
    final RolloutPorts ports;
    final DataSwitch data;
    private final Runnable wake;
    private String why = "";
    private boolean over;
    private @Nullable MetaCommand wanted;
    private @Nullable CompletableFuture<MetaResult> proposed;
    private long proposedMillis;
    private long commitUntil = Long.MAX_VALUE;

    /** @param wake asks for a tick soon, from any thread */
    ShardChange(Rollout.Attempt attempt, RolloutPorts ports, DataSwitch data, Runnable wake) {
        this.attempt = attempt;
        this.ports = ports;
        this.data = data;
        this.wake = wake;
    }

    /** The word that STATUS shows. */
    abstract String step();

    /** Does what can be done now. */
    abstract void go(long now);

    /** Whether the map has what this attempt was to bring. */
    abstract boolean isCommitted(Rollout rollout);

    /** The log has spoken. */
    void decided(boolean committed, long now) {}

    String why() {
        return why;
    }

    boolean isOver() {
        return over;
    }

    boolean isAborting() {
        return !why.isEmpty();
    }

    final void tick(long now) {
        ClusterMap map = ports.map();
        Rollout rollout = Rollout.of(map);
        boolean decided = map.version() >= attempt.number()
                && (rollout == null
                        || rollout.attempt() == null
                        || rollout.attempt().number() != attempt.number());
        if (decided && !over) {
            over = true;
            boolean done = rollout != null && isCommitted(rollout);
            log.info(
                    "shard {}, attempt {}: {}",
                    attempt.shardId(),
                    attempt.number(),
                    done ? "committed to " + attempt.target() : "aborted" + (why.isEmpty() ? "" : ": " + why));
            decided(done, now);
        }
        if (over) {
            return;
        }
        if (wanted == null) {
            go(now);
        }
        propose(now);
    }

    private void propose(long now) {
        MetaCommand command = wanted;
        if (command == null) {
            return;
        }
        if (now >= commitUntil) {
            abort("the meta group has not taken the commit in time");
            command = wanted;
        }
        boolean free = proposed == null || proposed.isDone();
        if (command != null && free && (proposed == null || now - proposedMillis >= AGAIN_MILLIS)) {
            proposedMillis = now;
            proposed = woken(ports.propose(command));
        }
    }

    /** From here on the log decides. */
    void commit(MetaCommand command, long now) {
        log.info("shard {}, attempt {}: proposes {}", attempt.shardId(), attempt.number(), command);
        wanted = command;
        commitUntil = now + COMMIT_MILLIS;
    }

    /** It is not to be, unless its commit has come already. */
    void abort(String reason) {
        if (why.isEmpty()) {
            why = reason;
            log.warn("shard {}, attempt {} is to be aborted: {}", attempt.shardId(), attempt.number(), reason);
            wanted = new MetaCommand.AbortAttempt(attempt.number(), reason);
            commitUntil = Long.MAX_VALUE;
            proposed = null;
        }
    }

    /** A tick comes soon after it has completed. */
    <T> CompletableFuture<T> woken(CompletableFuture<T> future) {
        future.whenComplete((value, failure) -> wake.run());
        return future;
    }

    static String reason(CompletableFuture<?> failed) {
        try {
            failed.getNow(null);
            return "";
        } catch (RuntimeException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        }
    }

    static <T> @Nullable T value(CompletableFuture<T> future) {
        return future.isDone() && !future.isCompletedExceptionally() ? future.getNow(null) : null;
    }
}
