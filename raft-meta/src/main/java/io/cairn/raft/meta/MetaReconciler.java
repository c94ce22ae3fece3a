package io.cairn.raft.meta;

import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.RaftGroup;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs on the meta group's leader: forms the map, takes in wiped nodes, keeps the meta group's own membership as
 * {@link MetaMembers} plans it. Each call does a bounded piece and forgets everything; the next one, on whatever node,
 * derives the rest. Cluster thread.
 */
final class MetaReconciler {
    private final NodeDirectory directory;
    private final Adoption adoption;
    private final MembershipDriver driver;
    private final Function<MetaCommand, CompletableFuture<MetaResult>> propose;
    private @Nullable CompletableFuture<MetaResult> forming;

    MetaReconciler(
            NodeDirectory directory,
            Adoption adoption,
            Function<MetaCommand, CompletableFuture<MetaResult>> propose,
            LongSupplier clockMillis) {
        this.directory = directory;
        this.adoption = adoption;
        this.propose = propose;
        this.driver = new MembershipDriver(clockMillis);
    }

    void tick(RaftGroup group, ClusterMap map, @Nullable Layout layout) {
        if (!group.isLeader()) {
            return;
        }
        if (!map.isFormed()) {
            if (layout != null && (forming == null || forming.isDone())) {
                forming = propose.apply(new MetaCommand.Form(layout));
            }
            return;
        }
        adoption.tick(map);
        GroupStatus status = group.status();
        driver.step(group, status, plan(map, status));
    }

    private Members plan(ClusterMap map, GroupStatus status) {
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
        List<ClusterNode> active = map.activeNodes();
        return MetaMembers.plan(active, status.voters(), node -> alive.contains(node.id()));
    }
}
