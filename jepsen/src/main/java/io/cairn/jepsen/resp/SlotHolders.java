package io.cairn.jepsen.resp;

import java.util.ArrayList;
import java.util.List;

/** Which nodes hold replicas of each slot, as CLUSTER SLOTS told; a server without a cluster has none. */
final class SlotHolders {
    /** Read again after this long, so that failovers are noticed. */
    static final long FRESH_MILLIS = 3_000;

    private final List<Range> ranges = new ArrayList<>();

    private record Range(long first, long last, List<Address> replicas) {}

    /** Takes in an answer of CLUSTER SLOTS; anything else empties the table. */
    void read(Reply slots) {
        ranges.clear();
        for (Reply range : slots.items()) {
            List<Reply> fields = range.items();
            List<Address> replicas = new ArrayList<>();
            for (Reply node : fields.subList(Math.min(3, fields.size()), fields.size())) {
                replicas.add(new Address(
                        node.items().get(0).text(), (int) node.items().get(1).number()));
            }
            ranges.add(new Range(fields.get(0).number(), fields.get(1).number(), replicas));
        }
    }

    List<Address> replicas(int slot) {
        for (Range range : ranges) {
            if (range.first <= slot && slot <= range.last) {
                return range.replicas;
            }
        }
        return List.of();
    }
}
