package io.cairn.raft.shards;

import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.meta.Shard;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which shard's leadership should move where, so that leaders are spread over the failure domains: a pure function of
 * what a node sees, so that all nodes that see the same find the same single next move.
 */
public final class LeaderBalance {
    /** A shard one of whose voters is further behind than this keeps its leader. */
    static final long MAX_LAG_ENTRIES = 1_000;

    /**
     * Leadership to be handed from one voter of a shard to another.
     *
     * @param from node id of the leader
     * @param to node id of the heir
     */
    public record Move(String shardId, String from, String to) {}

    private LeaderBalance() {}

    /**
     * The next move, or null when no domain leads two shards more than one that could take one over, or some shard has no
     * leader. A chain of moves begins at its end, so that no domain ever leads more than the busiest did.
     *
     * @param leader node id of a shard's leader by shard id, null when it has none
     * @param domain failure domain by node id, null for a node that is not in the cluster
     */
    public static @Nullable Move next(
            Collection<Shard> shards,
            Function<String, @Nullable String> leader,
            Function<String, @Nullable String> domain,
            Predicate<String> alive) {
        Map<String, Integer> led = new TreeMap<>();
        Map<String, List<Move>> ways = new HashMap<>();
        List<Shard> ordered = new ArrayList<>(shards);
        ordered.sort(Comparator.comparing(Shard::id));
        for (Shard shard : ordered) {
            String from = leader.apply(shard.id());
            String home = from == null ? null : domain.apply(from);
            if (from == null || home == null) {
                return null;
            }
            led.merge(home, 1, Integer::sum);
            for (String voter : shard.voters()) {
                String other = domain.apply(voter);
                if (other != null && !other.equals(home) && alive.test(voter)) {
                    led.merge(other, 0, Integer::sum);
                    ways.computeIfAbsent(home, key -> new ArrayList<>()).add(new Move(shard.id(), from, voter));
                }
            }
        }
        List<String> busiest = new ArrayList<>(led.keySet());
        busiest.sort(Comparator.comparing((String name) -> -led.getOrDefault(name, 0)));
        for (String start : busiest) {
            Move move = lastOfChain(start, led, ways, domain);
            if (move != null) {
                return move;
            }
        }
        return null;
    }

    /** The last move of the shortest chain to a domain that leads at least two fewer. */
    private static @Nullable Move lastOfChain(
            String start,
            Map<String, Integer> led,
            Map<String, List<Move>> ways,
            Function<String, @Nullable String> domain) {
        Map<String, Boolean> seen = new HashMap<>(Map.of(start, true));
        Deque<String> open = new ArrayDeque<>(List.of(start));
        int enough = led.getOrDefault(start, 0) - 2;
        while (!open.isEmpty()) {
            for (Move move : ways.getOrDefault(open.poll(), List.of())) {
                String to = domain.apply(move.to());
                if (to != null && seen.put(to, true) == null) {
                    if (led.getOrDefault(to, 0) <= enough) {
                        return move;
                    }
                    open.add(to);
                }
            }
        }
        return null;
    }

    /** Whether a leader's group can do without it for a moment: every other voter holds nearly all of its log. */
    public static boolean othersKeepUp(GroupStatus status, String selfId) {
        for (String voter : status.voters()) {
            long match = status.matchIndexes().getOrDefault(voter, 0L);
            if (!voter.equals(selfId) && match < status.lastIndex() - MAX_LAG_ENTRIES) {
                return false;
            }
        }
        return true;
    }
}
