package io.cairn.raft.group;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.error.RaftError;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes of a group's members, at its leader. The library keeps a peer's replicator with the type that it was made
 * with, and stops it when the peer leaves one of the two lists: a learner turned voter in one step would replicate
 * without counting, or not at all. So a promoted learner first leaves the learners, and a demoted voter first leaves
 * the voters; each step is a configuration of its own, committed before the next.
 */
final class Membership {
    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);

    /** How long a change waits for connections to new members before it starts anyway. */
    static final int MAX_CONNECT_MILLIS = 1_000;

    static final int POLL_MILLIS = 10;

    private final HostedGroup group;

    Membership(HostedGroup group) {
        this.group = group;
    }

    /** The configurations to go through, the last one being the target. */
    static List<Configuration> steps(Members now, Collection<String> voters, Collection<String> learners) {
        Set<String> newVoters = new LinkedHashSet<>(voters);
        Set<String> newLearners = new LinkedHashSet<>(learners);
        List<Configuration> steps = new ArrayList<>();
        Set<String> keptLearners = new LinkedHashSet<>(now.learners());
        if (keptLearners.removeAll(newVoters)) {
            steps.add(Peers.configuration(now.voters(), keptLearners));
        }
        Set<String> freshLearners = new LinkedHashSet<>(newLearners);
        if (freshLearners.removeAll(now.voters())) {
            steps.add(Peers.configuration(newVoters, freshLearners));
        }
        steps.add(Peers.configuration(newVoters, newLearners));
        return steps;
    }

    CompletableFuture<@Nullable Void> change(Collection<String> voters, Collection<String> learners) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        List<String> common = new ArrayList<>(voters);
        common.retainAll(learners);
        if (voters.isEmpty() || !common.isEmpty()) {
            return CompletableFuture.failedFuture(
                    new IllegalArgumentException("needs a voter, and nobody is voter and learner: " + common));
        }
        if (!group.beginChange()) {
            return CompletableFuture.failedFuture(new GroupException(Failure.BUSY, "another change is under way"));
        }
        List<String> members = new ArrayList<>(voters);
        members.addAll(learners);
        members.remove(group.host().nodeId());
        for (String member : members) {
            group.host().links().to(member).connect();
        }
        done.whenComplete((ok, failure) -> group.endChange());
        connected(members, System.nanoTime(), () -> {
            if (group.leaderTerm() == 0) {
                done.completeExceptionally(new GroupException(Failure.NOT_LEADER, "not the leader"));
            } else {
                group.refreshMembers();
                next(new ArrayDeque<>(steps(group.members(), voters, learners)), done);
            }
        });
        return done;
    }

    /** Runs {@code then} on a worker once all links are up, or after a while. */
    private void connected(List<String> members, long startNanos, Runnable then) {
        boolean all = members.stream()
                .allMatch(member -> group.host().links().to(member).isReady());
        RaftThreads threads = group.host().threads();
        if (all || System.nanoTime() - startNanos > TimeUnit.MILLISECONDS.toNanos(MAX_CONNECT_MILLIS)) {
            threads.workers().execute(then);
        } else {
            threads.ticker().schedule(() -> connected(members, startNanos, then), POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void next(Deque<Configuration> steps, CompletableFuture<@Nullable Void> done) {
        Configuration step = steps.pollFirst();
        if (step == null) {
            done.complete(null);
            return;
        }
        LOG.info("group {}: changing members to {}", group.id(), step);
        try {
            group.node().changePeers(step, status -> {
                if (status.isOk()) {
                    next(steps, done);
                } else {
                    done.completeExceptionally(failure(status));
                }
            });
        } catch (IllegalArgumentException | IllegalStateException e) {
            done.completeExceptionally(new GroupException(Failure.BUSY, String.valueOf(e.getMessage())));
        }
    }

    private static GroupException failure(Status status) {
        boolean harmless =
                status.getCode() == RaftError.ECATCHUP.getNumber() || status.getCode() == RaftError.EBUSY.getNumber();
        return new GroupException(harmless ? Failure.BUSY : Failure.OUTCOME_UNKNOWN, status.toString());
    }
}
