package io.cairn.raft.meta;

import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.RaftGroup;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives one group to a desired membership, one change at a time, while this node leads it. It remembers nothing that
 * matters beyond the change it waits for: everything else is derived anew at each step, by whoever leads. Cluster thread only.
 */
public final class MembershipDriver {
    /** A change that did not end within this time is given up; the group itself refuses a second one meanwhile. */
    public static final long CHANGE_TIMEOUT_MILLIS = 60_000;

    /** Pause after a change, so that its replicas settle before the next. */
    public static final long COOLDOWN_MILLIS = 300;

    /** Pause after a change, or a hand-over for one, that did not succeed. */
    public static final long RETRY_MILLIS = 1_000;

    /** A learner has caught up when what the leader had at one look reaches it within so long, again and again. */
    static final long ROUND_MILLIS = 5_000;

    /** After so many hand-overs that failed a leader that is to leave leaves without. */
    static final int MAX_HAND_OVERS = 3;

    /** How long a change is held for want of voters that answer until the log says so, and then how often. */
    static final long HELD_MILLIS = 5_000;

    static final long HELD_AGAIN_MILLIS = 60_000;

    private static final Logger LOG = LoggerFactory.getLogger(MembershipDriver.class);

    private final LongSupplier clockMillis;
    private final Map<String, Round> rounds = new HashMap<>();
    private @Nullable CompletableFuture<?> change;
    private long changeStartedMillis;
    private long pauseUntilMillis;
    private int handOvers;
    /** When to say that a change is held; 0 while none is. */
    private long tellHeldMillis;

    /** What the leader's log ended with at a look, and whether the round before was quick enough. */
    private record Round(long target, long startMillis, boolean quick) {}

    /** @param clockMillis a monotonic clock */
    public MembershipDriver(LongSupplier clockMillis) {
        this.clockMillis = clockMillis;
        this.pauseUntilMillis = clockMillis.getAsLong();
    }

    /** True while a change is under way. */
    public boolean isBusy() {
        return change != null
                && !change.isDone()
                && clockMillis.getAsLong() - changeStartedMillis < CHANGE_TIMEOUT_MILLIS;
    }

    /**
     * Starts the next change if there is one, none is under way and the last one was long enough ago. One after which the group
     * would not have most of its voters waits until they answer, or something else is desired. A leader that is to
     * lose its vote hands over first: who leads then goes on.
     *
     * @param transfer hands leadership to a voter
     * @return true when the membership is the desired one, and committed
     */
    public boolean step(
            RaftGroup group,
            GroupStatus status,
            Members desired,
            Function<String, CompletableFuture<@Nullable Void>> transfer) {
        if (isBusy()) {
            return false;
        }
        long now = clockMillis.getAsLong();
        CompletableFuture<?> ended = change;
        if (ended != null) {
            change = null;
            boolean failed = !ended.isDone() || ended.isCompletedExceptionally();
            pauseUntilMillis = now + (failed ? RETRY_MILLIS : COOLDOWN_MILLIS);
        }
        GroupStatus proven = proven(status, now);
        if (!status.isSettled()) {
            // What a leader of before has begun: it counts once it is committed, and takes no second change meanwhile.
            return false;
        }
        if (desired.sameAs(status.voters(), status.learners())) {
            handOvers = 0;
            tellHeldMillis = 0;
            return true;
        }
        if (now - pauseUntilMillis < 0) {
            return false;
        }
        Members next = MembershipStep.next(proven, desired);
        if (next == null) {
            return false;
        }
        if (!MembershipStep.goesOn(status, next)) {
            held(status, next, now);
            return false;
        }
        tellHeldMillis = 0;
        changeStartedMillis = now;
        String heir = heir(status, next);
        if (heir != null) {
            handOvers++;
            LOG.info("group {}: {} leads until {} does, then it leaves the voters", group.id(), status.leader(), heir);
            change = told(group, transfer.apply(heir), "the hand-over to " + heir);
            return false;
        }
        LOG.info(
                "group {} term {}: members {} + {} -> {} + {}",
                group.id(),
                status.term(),
                status.voters(),
                status.learners(),
                next.voters(),
                next.learners());
        change = told(group, group.changeMembers(next.voters(), next.learners()), "the change of members");
        return false;
    }

    private void held(GroupStatus status, Members next, long now) {
        if (tellHeldMillis == 0) {
            tellHeldMillis = now + HELD_MILLIS;
        } else if (now - tellHeldMillis >= 0) {
            tellHeldMillis = now + HELD_AGAIN_MILLIS;
            LOG.warn(
                    "group {}: the voters stay {} for now: of {}, which are to be next, most do not answer; {} do",
                    status.groupId(),
                    status.voters(),
                    next.voters(),
                    status.answering());
        }
    }

    private static CompletableFuture<?> told(RaftGroup group, CompletableFuture<?> work, String what) {
        return work.whenComplete((ok, failure) -> {
            if (failure != null) {
                LOG.info("group {}: {} did not succeed: {}", group.id(), what, failure.toString());
            }
        });
    }

    /** The voter that holds most of those that answer, when the leader is to vote no more and has not tried in vain too often. */
    private @Nullable String heir(GroupStatus status, Members next) {
        String leader = status.leader();
        if (leader == null || next.voters().contains(leader) || handOvers >= MAX_HAND_OVERS) {
            return null;
        }
        List<String> heirs = status.voters().stream()
                .filter(next.voters()::contains)
                .filter(status.answering()::contains)
                .toList();
        return heirs.stream()
                .max(Comparator.comparingLong(id -> status.matchIndexes().getOrDefault(id, 0L)))
                .orElse(null);
    }

    /** The status without the progress of learners that have not shown yet that they keep up with what is written. */
    private GroupStatus proven(GroupStatus status, long now) {
        rounds.keySet().retainAll(status.learners());
        Map<String, Long> matches = new HashMap<>(status.matchIndexes());
        for (String learner : status.learners()) {
            long match = matches.getOrDefault(learner, 0L);
            Round round = rounds.get(learner);
            if (round == null) {
                round = new Round(status.lastIndex(), now, false);
                rounds.put(learner, round);
            } else if (match >= round.target()) {
                round = new Round(status.lastIndex(), now, now - round.startMillis() <= ROUND_MILLIS);
                rounds.put(learner, round);
            } else if (now - round.startMillis() > ROUND_MILLIS) {
                round = new Round(round.target(), round.startMillis(), false);
                rounds.put(learner, round);
            }
            if (!round.quick()) {
                matches.put(learner, 0L);
            }
        }
        return status.withMatchIndexes(matches);
    }
}
