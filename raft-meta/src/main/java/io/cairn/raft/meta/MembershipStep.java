package io.cairn.raft.meta;

import io.cairn.raft.group.GroupStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The next single change on a group's way to its desired membership. A new voter first follows as a learner; once it has
 * caught up, one joint change makes it a voter and removes the one whose place it takes, so that the number of votes
 * never falls and an empty log never counts (SAFETY 5). A pure function of what the leader sees: whoever leads next
 * derives the same way on.
 */
public final class MembershipStep {
    /** A learner this many entries behind the leader's last one, or fewer, may become a voter. */
    public static final long CAUGHT_UP_ENTRIES = 1_000;

    private MembershipStep() {}

    /** The membership to ask for next, or null when nothing can or need be done now. */
    public static @Nullable Members next(GroupStatus status, Members desired) {
        if (status.voters().isEmpty()) {
            return null;
        }
        Members learning = learnersStep(status, desired);
        if (learning != null) {
            return learning;
        }
        List<String> obsolete = new ArrayList<>(status.voters());
        obsolete.removeAll(desired.voters());
        boolean waiting = false;
        for (String candidate : desired.voters()) {
            if (status.voters().contains(candidate)) {
                continue;
            }
            if (status.answering().contains(candidate) && caughtUp(status, candidate)) {
                return promote(status, desired, candidate, leastMissed(status, desired, obsolete));
            }
            waiting = true;
        }
        if (waiting || obsolete.isEmpty()) {
            return null;
        }
        return demote(status, desired, leastMissed(status, desired, obsolete));
    }

    /**
     * Whether the group goes on after this change, and with it: most of its voters answer its leader now, and most of those
     * after it. A change is an entry that both must take, and so is all that follows it; one that leaves the votes with nodes
     * that are down stops the group until they come back, which may be never. Only the leader that asks for a change looks at this:
     * what is decided, in the map or in the log, is the same on every node.
     */
    public static boolean goesOn(GroupStatus status, Members next) {
        return mostAnswer(status, status.voters()) && mostAnswer(status, next.voters());
    }

    private static boolean mostAnswer(GroupStatus status, List<String> voters) {
        long answering = voters.stream().filter(status.answering()::contains).count();
        return answering > voters.size() / 2;
    }

    /** The voters, those that answer first: where some are to lose their seats it is the others. */
    static List<String> votersThatAnswerFirst(GroupStatus status) {
        List<String> voters = new ArrayList<>(status.voters());
        voters.sort(Comparator.comparing(id -> !status.answering().contains(id)));
        return voters;
    }

    /** True when the learner's log is nearly the leader's. One that has nothing yet is not, however short the log. */
    public static boolean caughtUp(GroupStatus status, String nodeId) {
        long match = status.matchIndexes().getOrDefault(nodeId, 0L);
        return match > 0 && match >= status.lastIndex() - CAUGHT_UP_ENTRIES;
    }

    /** Adds all that lack as learners and drops learners that are no members any more: neither touches the quorum. */
    private static @Nullable Members learnersStep(GroupStatus status, Members desired) {
        Set<String> learners = new LinkedHashSet<>();
        for (String learner : status.learners()) {
            if (desired.voters().contains(learner) || desired.learners().contains(learner)) {
                learners.add(learner);
            }
        }
        for (List<String> part : List.of(desired.voters(), desired.learners())) {
            for (String member : part) {
                if (!status.voters().contains(member)) {
                    learners.add(member);
                }
            }
        }
        return learners.equals(Set.copyOf(status.learners()))
                ? null
                : new Members(status.voters(), List.copyOf(learners));
    }

    private static Members promote(GroupStatus status, Members desired, String candidate, @Nullable String leaving) {
        List<String> voters = new ArrayList<>(status.voters());
        List<String> learners = new ArrayList<>(status.learners());
        learners.remove(candidate);
        if (leaving == null) {
            voters.add(candidate);
        } else {
            voters.set(voters.indexOf(leaving), candidate);
            keepAsLearner(desired, leaving, learners);
        }
        return new Members(voters, learners);
    }

    private static @Nullable Members demote(GroupStatus status, Members desired, @Nullable String leaving) {
        List<String> voters = new ArrayList<>(status.voters());
        List<String> learners = new ArrayList<>(status.learners());
        if (leaving == null || voters.size() < 2) {
            return null;
        }
        voters.remove(leaving);
        keepAsLearner(desired, leaving, learners);
        return new Members(voters, learners);
    }

    private static void keepAsLearner(Members desired, String leaving, List<String> learners) {
        if (desired.learners().contains(leaving)) {
            learners.add(leaving);
        }
    }

    /**
     * Those that do not answer go first: with each of them the quorum needs one vote less of those that do. Of others those
     * that leave for good go first, the leader itself last.
     */
    private static @Nullable String leastMissed(GroupStatus status, Members desired, List<String> obsolete) {
        String best = null;
        int bestRank = Integer.MAX_VALUE;
        for (String id : obsolete) {
            int rank = (desired.learners().contains(id) ? 1 : 0)
                    + (id.equals(status.leader()) ? 2 : 0)
                    + (status.answering().contains(id) ? 4 : 0);
            if (rank < bestRank) {
                best = id;
                bestRank = rank;
            }
        }
        return best;
    }
}
