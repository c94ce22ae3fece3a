package io.cairn.cluster.rollout;

import io.cairn.gossip.claims.SlotSet;
import io.cairn.raft.meta.SlotRange;
import java.util.BitSet;
import java.util.List;

/** Slots as the claims and as the meta map write them. */
final class SlotRanges {
    private SlotRanges() {}

    static SlotSet set(List<SlotRange> ranges) {
        BitSet slots = new BitSet();
        ranges.forEach(range -> slots.set(range.first(), range.last() + 1));
        return SlotSet.of(slots);
    }

    static List<SlotRange> of(SlotSet slots) {
        return slots.runs().stream().map(run -> new SlotRange(run[0], run[1])).toList();
    }
}
