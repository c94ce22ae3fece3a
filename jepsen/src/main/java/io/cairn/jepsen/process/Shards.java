package io.cairn.jepsen.process;

import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.Reply;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who serves what right now, asked by ways that no fault of the network touches. */
public final class Shards {
    private Shards() {}

    /**
     * One shard.
     *
     * @param slot its first
     */
    public record Shard(int slot, Address primary, List<Address> replicas) {}

    /** The shards as the first node tells them that answers and knows all slots' owners; empty when none does. */
    public static List<Shard> of(TestCluster cluster) {
        for (Address node : cluster.nodes()) {
            try {
                List<Shard> shards = askedOf(cluster.direct(node));
                if (!shards.isEmpty()) {
                    return shards;
                }
            } catch (NotSentException | OutcomeUnknownException e) {
                // It is down; the next one may know.
            }
        }
        return List.of();
    }

    private static List<Shard> askedOf(Address node) throws NotSentException, OutcomeUnknownException {
        Map<Address, Shard> byPrimary = new LinkedHashMap<>();
        for (Reply range : ClusterState.ask(node, "CLUSTER", "SLOTS").items()) {
            List<Address> members = new ArrayList<>();
            for (Reply member : range.items().subList(2, range.items().size())) {
                List<Reply> fields = member.items();
                members.add(
                        new Address(fields.get(0).text(), (int) fields.get(1).number()));
            }
            int first = (int) range.items().get(0).number();
            byPrimary.putIfAbsent(
                    members.get(0), new Shard(first, members.get(0), List.copyOf(members.subList(1, members.size()))));
        }
        return List.copyOf(byPrimary.values());
    }

    /** Who serves a slot, or null when nobody is known to. */
    public static @Nullable Address primaryOf(TestCluster cluster, int slot) {
        for (Address node : cluster.nodes()) {
            Address primary = ClusterState.primaryOf(slot, List.of(cluster.direct(node)));
            if (primary != null) {
                return primary;
            }
        }
        return null;
    }

    /** How many shards each process is primary of, by the process's number. */
    public static int[] primaries(TestCluster cluster) {
        int[] counts = new int[cluster.processes()];
        Map<Address, Integer> processes = cluster.processOfNode();
        for (Shard shard : of(cluster)) {
            Integer process = processes.get(shard.primary());
            if (process != null) {
                counts[process]++;
            }
        }
        return counts;
    }
}
