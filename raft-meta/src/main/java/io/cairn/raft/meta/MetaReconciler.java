package io.cairn.raft.meta;

import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.RaftGroup;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs on the meta group's leader: forms the map, takes in wiped nodes, keeps the meta group's own membership as
 * {@link MetaMembers} plans it. Each call does a bounded piece and forgets everything; the next one, on whatever node,
 * derives the rest. Cluster thread.
 */
final class MetaReconciler {
    private static final Logger LOG = LoggerFactory.getLogger(MetaReconciler.class);

    private final NodeDirectory directory;
    private final Adoption adoption;
    private final MembershipDriver driver;
    private final Removals removals;
    private final LostVoters lost;
    private final FormatRaise raise;
    private final Function<MetaCommand, CompletableFuture<MetaResult>> propose;
    private @Nullable CompletableFuture<MetaResult> forming;
    private @Nullable CompletableFuture<MetaResult> swapping;

    MetaReconciler(
            NodeDirectory directory,
            Adoption adoption,
            Removals removals,
            LostVoters lost,
            FormatRaise raise,
            Function<MetaCommand, CompletableFuture<MetaResult>> propose,
            LongSupplier clockMillis) {
        this.directory = directory;
        this.adoption = adoption;
        this.propose = propose;
        this.removals = removals;
        this.lost = lost;
        this.raise = raise;
        this.driver = new MembershipDriver(clockMillis);
    }

    void tick(RaftGroup group, ClusterMap map, @Nullable Layout layout) {
        if (!group.isLeader()) {
            lost.forget();
            return;
        }
        if (!map.isFormed()) {
            if (layout != null && (forming == null || forming.isDone())) {
                forming = propose.apply(new MetaCommand.Form(layout));
            }
            return;
        }
        raise.tick(map);
        adoption.tick(map);
        GroupStatus status = group.status();
        Set<String> alive = alive(status);
        lost.look(map, alive);
        driver.step(group, status, plan(map, status, alive), group::transferLeadership);
        removals.tick(map, status);
        swap(map, alive);
    }

    private void swap(ClusterMap map, Set<String> alive) {
        MetaCommand.SwapVoter swap = lost.swap(map, alive::contains);
        if (swap != null && (swapping == null || swapping.isDone())) {
            LOG.info(
                    "shard {}: {} votes in the place of {}, which is lost",
                    swap.shardId(),
                    swap.spareId(),
                    swap.lostId());
            swapping = propose.apply(swap);
        }
    }

    private Set<String> alive(GroupStatus status) {
        Set<String> alive = new HashSet<>();
        for (NodeDirectory.SeenNode seen : directory.seen()) {
            if (seen.alive()) {
                alive.add(seen.id());
            }
        }
        String leader = status.leader();
        if (leader != null) {
            alive.add(leader);
        }
        return alive;
    }

    private Members plan(ClusterMap map, GroupStatus status, Set<String> alive) {
        List<ClusterNode> shown = map.shownNodes();
        List<ClusterNode> eligible =
                shown.stream().filter(node -> !map.isReader(node.id())).toList();
        Members members = MetaMembers.plan(
                eligible.isEmpty() ? shown : eligible,
                MembershipStep.votersThatAnswerFirst(status),
                node -> alive.contains(node.id()),
                node -> lost.isLost(node.id()));
        List<String> learners = new ArrayList<>();
        for (ClusterNode node : map.activeNodes()) {
            // Who is forgotten hears of it as a learner, until it is removed for ever.
            if (!members.voters().contains(node.id())) {
                learners.add(node.id());
            }
        }
        return new Members(members.voters(), learners);
    }
}
