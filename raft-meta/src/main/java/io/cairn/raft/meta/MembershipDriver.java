package io.cairn.raft.meta;

import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.RaftGroup;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives one group to a desired membership, one change at a time, while this node leads it. It remembers nothing but the
 * change it waits for: everything else is derived anew at each step. Cluster thread only.
 */
public final class MembershipDriver {
    /** A change that did not end within this time is given up; the group itself refuses a second one meanwhile. */
    public static final long CHANGE_TIMEOUT_MILLIS = 60_000;

    private static final Logger LOG = LoggerFactory.getLogger(MembershipDriver.class);

    private final LongSupplier clockMillis;
    private @Nullable CompletableFuture<?> change;
    private long changeStartedMillis;

    /** @param clockMillis a monotonic clock */
    public MembershipDriver(LongSupplier clockMillis) {
        this.clockMillis = clockMillis;
    }

    /** True while a change is under way. */
    public boolean isBusy() {
        return change != null
                && !change.isDone()
                && clockMillis.getAsLong() - changeStartedMillis < CHANGE_TIMEOUT_MILLIS;
    }

    /** Starts the next change if there is one and none is under way; true when the membership is the desired one. */
    public boolean step(RaftGroup group, GroupStatus status, Members desired) {
        if (isBusy()) {
            return false;
        }
        if (desired.sameAs(status.voters(), status.learners())) {
            return true;
        }
        Members next = MembershipStep.next(status, desired);
        if (next != null) {
            LOG.info(
                    "group {} term {}: members {} + {} -> {} + {}",
                    group.id(),
                    status.term(),
                    status.voters(),
                    status.learners(),
                    next.voters(),
                    next.learners());
            changeStartedMillis = clockMillis.getAsLong();
            change = group.changeMembers(next.voters(), next.learners()).whenComplete((ok, failure) -> {
                if (failure != null) {
                    LOG.info("group {}: the change of members did not succeed: {}", group.id(), failure.toString());
                }
            });
        }
        return false;
    }
}
