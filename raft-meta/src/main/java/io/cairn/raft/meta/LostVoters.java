package io.cairn.raft.meta;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which voters have been gone for so long that others are to vote in their place, where there are any. It is the meta
 * group's leader that looks, by what gossip says of who lives: a mistake costs a change of members and nothing else, since
 * that is decided by the groups themselves, with the one it takes the vote from. Cluster thread.
 */
final class LostVoters {
    private final LongSupplier timeoutMillis;
    private final LongSupplier clockMillis;
    private final Map<String, Long> goneSinceMillis = new HashMap<>();

    /** @param timeoutMillis how long a node is gone until it is lost, asked again and again; 0 for never */
    LostVoters(LongSupplier timeoutMillis, LongSupplier clockMillis) {
        this.timeoutMillis = timeoutMillis;
        this.clockMillis = clockMillis;
    }

    /** Takes down who lives now. */
    void look(ClusterMap map, Set<String> alive) {
        long now = clockMillis.getAsLong();
        for (ClusterNode node : map.activeNodes()) {
            if (alive.contains(node.id())) {
                goneSinceMillis.remove(node.id());
            } else {
                goneSinceMillis.putIfAbsent(node.id(), now);
            }
        }
        goneSinceMillis.keySet().removeIf(id -> map.isForgotten(id));
    }

    /** This node leads no more: another looks, and begins anew. */
    void forget() {
        goneSinceMillis.clear();
    }

    boolean isLost(String nodeId) {
        Long since = goneSinceMillis.get(nodeId);
        long timeout = timeoutMillis.getAsLong();
        return since != null && timeout > 0 && clockMillis.getAsLong() - since >= timeout;
    }

    /** A lost voter of a shard and who can vote in its place, or null. One that comes back later is a learner. */
    MetaCommand.@Nullable SwapVoter swap(ClusterMap map, Predicate<String> alive) {
        for (Shard shard : map.shards()) {
            for (String voter : shard.voters()) {
                String spare = isLost(voter) ? spare(map, shard, voter, alive) : null;
                if (spare != null) {
                    return new MetaCommand.SwapVoter(shard.id(), voter, spare);
                }
            }
        }
        return null;
    }

    /** A living learner that may vote, of a domain without another voter (SAFETY 7). */
    private static @Nullable String spare(ClusterMap map, Shard shard, String lost, Predicate<String> alive) {
        List<String> others = new ArrayList<>(shard.voters());
        others.remove(lost);
        Set<String> domains = new HashSet<>();
        others.forEach(id -> domains.add(ShardMembers.domain(map.nodesById(), id)));
        for (String learner : shard.learners()) {
            if (alive.test(learner)
                    && !map.isReader(learner)
                    && !map.isForgotten(learner)
                    && !domains.contains(ShardMembers.domain(map.nodesById(), learner))) {
                return learner;
            }
        }
        return null;
    }
}
