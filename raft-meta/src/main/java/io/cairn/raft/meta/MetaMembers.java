package io.cairn.raft.meta;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Who should be in the meta group: one voter per failure domain, everyone else a learner (SAFETY 7). */
public final class MetaMembers {
    /** Voters of the meta group at most. */
    public static final int MAX_VOTERS = 5;

    private MetaMembers() {}

    /** The largest odd number not above five and the number of domains. */
    static int voterCount(int domains) {
        int most = Math.min(MAX_VOTERS, domains);
        return most % 2 == 1 ? most : most - 1;
    }

    /**
     * Plans the membership. A present voter stays as long as its node is a member of the cluster, however slow or dead
     * it is: only a committed replacement or removal frees its seat.
     *
     * @param active the cluster's nodes, at least one
     * @param currentVoters of the meta group now, node ids
     * @param alive whether a node is worth giving a free seat
     */
    static Members plan(
            Collection<ClusterNode> active, Collection<String> currentVoters, Predicate<ClusterNode> alive) {
        Map<String, ClusterNode> byId = new HashMap<>();
        Set<String> domains = new LinkedHashSet<>();
        for (ClusterNode node : active) {
            byId.put(node.id(), node);
            domains.add(node.domain());
        }
        int seats = voterCount(domains.size());
        List<String> voters = new ArrayList<>();
        Set<String> seated = new HashSet<>();
        for (String voter : currentVoters) {
            ClusterNode node = byId.get(voter);
            if (node != null && voters.size() < seats && seated.add(node.domain())) {
                voters.add(voter);
            }
        }
        for (String voter : currentVoters) {
            if (byId.containsKey(voter)
                    && voters.size() < seats
                    && !voters.contains(voter)
                    && seatsLack(active, seated, alive)) {
                voters.add(voter);
            }
        }
        for (ClusterNode node : active) {
            if (voters.size() < seats && !seated.contains(node.domain()) && alive.test(node)) {
                seated.add(node.domain());
                voters.add(node.id());
            }
        }
        if (voters.isEmpty()) {
            voters.add(active.iterator().next().id());
        }
        List<String> learners = new ArrayList<>();
        for (ClusterNode node : active) {
            if (!voters.contains(node.id())) {
                learners.add(node.id());
            }
        }
        return new Members(voters, learners);
    }

    /** True when no living node of a domain without a voter could take a seat. */
    private static boolean seatsLack(Collection<ClusterNode> active, Set<String> seated, Predicate<ClusterNode> alive) {
        return active.stream().noneMatch(n -> alive.test(n) && !seated.contains(n.domain()));
    }
}
