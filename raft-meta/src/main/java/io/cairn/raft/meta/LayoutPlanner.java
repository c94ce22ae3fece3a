package io.cairn.raft.meta;

import io.cairn.raft.meta.Layout.ShardLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Plans a fresh cluster as {@code redis-cli --cluster create} does: slots in even ranges (redis-cli:
 * clusterManagerCommandCreate), the first nodes of each failure domain as primaries, and no domain with two replicas of
 * one shard.
 *
 * <p>Every shard takes the domains with the most free nodes; that finds a placement whenever there is one (Gale-Ryser).
 * Only then are primaries chosen among a shard's domains, by augmenting paths so that they spread as evenly as they can,
 * and last the nodes: within a domain all are alike, so primaries get the first ones.
 */
public final class LayoutPlanner {
    /** Voters of one shard at most; further replicas follow as learners (SAFETY 7). */
    public static final int MAX_VOTERS = 5;

    private final Map<String, List<ClusterNode>> freeByDomain = new LinkedHashMap<>();
    private final List<String> domains;
    private final Supplier<String> shardIds;

    private LayoutPlanner(List<ClusterNode> nodes, Supplier<String> shardIds) {
        for (ClusterNode node : nodes) {
            freeByDomain.computeIfAbsent(node.domain(), d -> new ArrayList<>()).add(node);
        }
        this.domains = List.copyOf(freeByDomain.keySet());
        this.shardIds = shardIds;
    }

    /**
     * @param nodes in the order given by the user: the first of each domain become primaries
     * @param replicasPerShard replicas beside the primary
     * @param allowSharedDomain whether a domain may hold two replicas of one shard if there is no other way
     * @throws PlanException naming the shard, when the nodes do not suffice
     */
    public static Layout plan(
            String clusterId, List<ClusterNode> nodes, int replicasPerShard, boolean allowSharedDomain)
            throws PlanException {
        return plan(clusterId, nodes, replicasPerShard, allowSharedDomain, Ids::random);
    }

    static Layout plan(
            String clusterId,
            List<ClusterNode> nodes,
            int replicasPerShard,
            boolean allowSharedDomain,
            Supplier<String> shardIds)
            throws PlanException {
        int shardCount = nodes.size() / (replicasPerShard + 1);
        if (replicasPerShard < 0 || shardCount == 0) {
            throw new PlanException(nodes.size() + " nodes are too few for a shard with " + replicasPerShard
                    + " replicas beside its primary");
        }
        LayoutPlanner planner = new LayoutPlanner(nodes, shardIds);
        List<ShardLayout> shards = planner.shards(shardCount, replicasPerShard + 1, allowSharedDomain);
        Members meta = MetaMembers.plan(nodes, List.of(), node -> true);
        return new Layout(clusterId, nodes, meta, shards);
    }

    private List<ShardLayout> shards(int count, int size, boolean allowSharedDomain) throws PlanException {
        List<List<Integer>> places = placeInDomains(count, size, allowSharedDomain);
        int[] primaryDomains = new PrimarySpread(places, domains.size()).choose();
        List<List<String>> members = new ArrayList<>();
        for (int shard = 0; shard < count; shard++) {
            members.add(new ArrayList<>(List.of(take(primaryDomains[shard]))));
        }
        for (int shard = 0; shard < count; shard++) {
            List<Integer> rest = new ArrayList<>(places.get(shard));
            rest.remove((Integer) primaryDomains[shard]);
            for (int domain : rest) {
                members.get(shard).add(take(domain));
            }
        }
        List<List<String>> extras = placeLeftovers(places);
        List<ShardLayout> shards = new ArrayList<>();
        List<SlotRange> slots = evenRanges(count);
        int voters = voterCount(size);
        for (int shard = 0; shard < count; shard++) {
            List<String> all = members.get(shard);
            List<String> learners = new ArrayList<>(all.subList(voters, size));
            learners.addAll(extras.get(shard));
            shards.add(new ShardLayout(shardIds.get(), all.subList(0, voters), learners, List.of(slots.get(shard))));
        }
        return shards;
    }

    /** Even numbers of voters tolerate no more than the odd one below; but with two, a learner would lose writes. */
    static int voterCount(int members) {
        if (members <= 2) {
            return members;
        }
        int most = Math.min(members, MAX_VOTERS);
        return most % 2 == 1 ? most : most - 1;
    }

    /** Per shard the indexes of the domains its replicas live in. */
    private List<List<Integer>> placeInDomains(int count, int size, boolean allowSharedDomain) throws PlanException {
        int[] free = new int[domains.size()];
        for (int d = 0; d < free.length; d++) {
            free[d] = freeIn(d).size();
        }
        List<List<Integer>> places = new ArrayList<>();
        for (int shard = 0; shard < count; shard++) {
            List<Integer> place = new ArrayList<>();
            for (int replica = 0; replica < size; replica++) {
                int best = fullest(free, place);
                if (best < 0 && !allowSharedDomain) {
                    throw new PlanException("shard " + (shard + 1) + " of " + count + " cannot have " + size
                            + " replicas in different failure domains: the nodes are in " + domains.size()
                            + " domains. Add nodes elsewhere, ask for fewer replicas, or allow shared domains");
                }
                if (best < 0) {
                    best = fullest(free, List.of());
                }
                free[best]--;
                place.add(best);
            }
            places.add(place);
        }
        return places;
    }

    /** The domain with the most free nodes outside {@code except}, or -1; the first of equals. */
    private static int fullest(int[] free, List<Integer> except) {
        int best = -1;
        for (int d = 0; d < free.length; d++) {
            if (free[d] > 0 && !except.contains(d) && (best < 0 || free[d] > free[best])) {
                best = d;
            }
        }
        return best;
    }

    /** Nodes left after the even split follow, without a vote, the shards with the fewest such. */
    private List<List<String>> placeLeftovers(List<List<Integer>> places) {
        List<List<String>> extras = new ArrayList<>();
        places.forEach(place -> extras.add(new ArrayList<>()));
        for (int d = 0; d < domains.size(); d++) {
            while (!freeIn(d).isEmpty()) {
                int best = 0;
                for (int shard = 1; shard < places.size(); shard++) {
                    if (leftoverCost(places, extras, shard, d) < leftoverCost(places, extras, best, d)) {
                        best = shard;
                    }
                }
                extras.get(best).add(take(d));
            }
        }
        return extras;
    }

    private static int leftoverCost(List<List<Integer>> places, List<List<String>> extras, int shard, int domain) {
        int shared = places.get(shard).contains(domain) ? 1 : 0;
        return extras.get(shard).size() * 2 + shared;
    }

    /** redis-cli's own arithmetic, so that both name the same ranges. */
    static List<SlotRange> evenRanges(int count) {
        double perShard = (double) SlotRange.SLOTS / count;
        List<SlotRange> ranges = new ArrayList<>();
        double cursor = 0;
        int first = 0;
        for (int shard = 0; shard < count; shard++) {
            int last = (int) Math.round(cursor + perShard - 1);
            if (last >= SlotRange.SLOTS || shard == count - 1) {
                last = SlotRange.SLOTS - 1;
            }
            ranges.add(new SlotRange(first, Math.max(first, last)));
            first = last + 1;
            cursor += perShard;
        }
        return ranges;
    }

    private List<ClusterNode> freeIn(int domain) {
        return Objects.requireNonNull(freeByDomain.get(domains.get(domain)));
    }

    private String take(int domain) {
        return freeIn(domain).remove(0).id();
    }

    /** Chooses each shard's primary domain so that no domain has more primaries than need be (Kuhn's algorithm). */
    private static final class PrimarySpread {
        private final List<List<Integer>> places;
        private final int domains;
        private final int[] chosen;

        PrimarySpread(List<List<Integer>> places, int domains) {
            this.places = places;
            this.domains = domains;
            this.chosen = new int[places.size()];
            Arrays.fill(chosen, -1);
        }

        int[] choose() {
            int capacity = 1;
            for (int shard = 0; shard < chosen.length; shard++) {
                while (!augment(shard, capacity, new boolean[domains])) {
                    capacity++;
                }
            }
            return chosen;
        }

        /** A domain with room is taken as it is; only without one an earlier shard is asked to move. */
        private boolean augment(int shard, int capacity, boolean[] tried) {
            for (int domain : places.get(shard)) {
                if (!tried[domain] && holders(domain).size() < capacity) {
                    chosen[shard] = domain;
                    return true;
                }
            }
            for (int domain : places.get(shard)) {
                if (tried[domain]) {
                    continue;
                }
                tried[domain] = true;
                for (int holder : holders(domain)) {
                    if (augment(holder, capacity, tried)) {
                        chosen[shard] = domain;
                        return true;
                    }
                }
            }
            return false;
        }

        private List<Integer> holders(int domain) {
            List<Integer> holders = new ArrayList<>();
            for (int shard = 0; shard < chosen.length; shard++) {
                if (chosen[shard] == domain) {
                    holders.add(shard);
                }
            }
            return holders;
        }
    }
}
