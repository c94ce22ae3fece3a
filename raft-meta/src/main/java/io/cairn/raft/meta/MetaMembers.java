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

    /** As {@link #plan(Collection, Collection, Predicate, Predicate)} with nobody lost. */
    static Members plan(
            Collection<ClusterNode> active, Collection<String> currentVoters, Predicate<ClusterNode> alive) {
        return plan(active, currentVoters, alive, node -> false);
    }

    /**
     * Plans the membership. A present voter stays while its node is a member of the cluster, however slow or dead it is,
     * unless it is lost and a living node of a domain without another voter can take its seat.
     *
     * @param active the cluster's nodes that may vote, at least one
     * @param currentVoters of the meta group now, node ids; where there are fewer seats the first of them keep theirs
     * @param alive whether a node is worth giving a free seat
     * @param lost whether a voter has been gone for so long that its seat is to be given to another
     */
    static Members plan(
            Collection<ClusterNode> active,
            Collection<String> currentVoters,
            Predicate<ClusterNode> alive,
            Predicate<ClusterNode> lost) {
        Map<String, ClusterNode> byId = new HashMap<>();
        Set<String> domains = new LinkedHashSet<>();
        for (ClusterNode node : active) {
            byId.put(node.id(), node);
            domains.add(node.domain());
        }
        int seats = voterCount(domains.size());
        List<ClusterNode> present = new ArrayList<>();
        List<ClusterNode> gone = new ArrayList<>();
        for (String voter : currentVoters) {
            ClusterNode node = byId.get(voter);
            if (node != null) {
                (lost.test(node) ? gone : present).add(node);
            }
        }
        List<String> voters = new ArrayList<>();
        Set<String> seated = new HashSet<>();
        seatOnePerDomain(present, seats, voters, seated);
        seatWhereNobodyElseIs(present, seats, voters, seated, active, alive);
        for (ClusterNode node : active) {
            if (voters.size() < seats && !seated.contains(node.domain()) && !gone.contains(node) && alive.test(node)) {
                seated.add(node.domain());
                voters.add(node.id());
            }
        }
        // Nobody can take their seats.
        seatOnePerDomain(gone, seats, voters, seated);
        seatWhereNobodyElseIs(gone, seats, voters, seated, active, alive);
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

    private static void seatOnePerDomain(List<ClusterNode> nodes, int seats, List<String> voters, Set<String> seated) {
        for (ClusterNode node : nodes) {
            if (voters.size() < seats && seated.add(node.domain())) {
                voters.add(node.id());
            }
        }
    }

    private static void seatWhereNobodyElseIs(
            List<ClusterNode> nodes,
            int seats,
            List<String> voters,
            Set<String> seated,
            Collection<ClusterNode> active,
            Predicate<ClusterNode> alive) {
        for (ClusterNode node : nodes) {
            if (voters.size() < seats && !voters.contains(node.id()) && seatsLack(active, seated, alive)) {
                voters.add(node.id());
            }
        }
    }

    /** True when no living node of a domain without a voter could take a seat. */
    private static boolean seatsLack(Collection<ClusterNode> active, Set<String> seated, Predicate<ClusterNode> alive) {
        return active.stream().noneMatch(n -> alive.test(n) && !seated.contains(n.domain()));
    }
}
