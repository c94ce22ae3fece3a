package io.cairn.raft.meta;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Who votes in a shard of given members (SAFETY 7). A pure function: the meta log's entries are applied with it. */
final class ShardMembers {
    private ShardMembers() {}

    /**
     * As many voters as {@link LayoutPlanner#voterCount} says of those that may vote; where none may, the first member has
     * the vote that a group needs. Present voters keep their seats and their order; free ones go to domains without a voter
     * first, then to whoever comes first.
     *
     * @param voters those that vote now, less those that leave
     * @param others further members, in the order in which they came
     * @param reader whether a node never votes
     */
    static Members plan(
            List<String> voters, List<String> others, Map<String, ClusterNode> nodes, Predicate<String> reader) {
        List<String> all = new ArrayList<>(voters);
        all.addAll(others);
        List<String> present = voters.stream().filter(reader.negate()).toList();
        List<String> rest = new ArrayList<>(all.stream().filter(reader.negate()).toList());
        if (rest.isEmpty()) {
            present = List.of(all.get(0));
            rest.addAll(present);
        }
        int seats = LayoutPlanner.voterCount(rest.size());
        List<String> seated = new ArrayList<>(present.subList(0, Math.min(seats, present.size())));
        rest.removeAll(seated);
        Set<String> domains = new HashSet<>();
        seated.forEach(id -> domains.add(domain(nodes, id)));
        for (String id : List.copyOf(rest)) {
            if (seated.size() < seats && domains.add(domain(nodes, id))) {
                seated.add(id);
                rest.remove(id);
            }
        }
        while (seated.size() < seats) {
            seated.add(rest.remove(0));
        }
        all.removeAll(seated);
        return new Members(seated, all);
    }

    static String domain(Map<String, ClusterNode> nodes, String id) {
        ClusterNode node = nodes.get(id);
        return node == null ? id : node.domain();
    }
}
