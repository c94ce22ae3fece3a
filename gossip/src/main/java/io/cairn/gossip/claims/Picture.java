package io.cairn.gossip.claims;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a node knows of the cluster at one moment; immutable.
 *
 * @param nodes all nodes, this one too, by id in order
 * @param slots of each node that owns some
 * @param owners by slot; not to be changed
 * @param migrating of this node's slots, to the id of whom they go to
 * @param importing slots that come to this node, to the id of whom they come from
 * @param isCovered no owner of slots has failed
 * @param seesMajority this node hears of a majority of the primaries
 * @param forgotten ids of nodes that FORGET has banned
 * @param leaseUntilMillis until when this node may take writes as a primary, by the clock of {@link ClaimsNode}'s caller
 * @param size primaries that own slots
 * @param assigned slots that have an owner
 */
public record Picture(
        Claim self,
        Map<String, Node> nodes,
        Map<String, SlotSet> slots,
        @Nullable String[] owners,
        Map<Integer, String> migrating,
        Map<Integer, String> importing,
        long currentEpoch,
        boolean isCovered,
        boolean seesMajority,
        long leaseUntilMillis,
        int size,
        int assigned,
        List<String> forgotten) {
    /**
     * @param suspected not heard of for the node timeout (fail?)
     * @param failed a majority has not (fail)
     * @param heardMillis by the caller's clock
     */
    public record Node(
            Claim claim,
            boolean suspected,
            boolean failed,
            boolean swimAlive,
            long heardMillis,
            long offset,
            int failureReports) {
        public boolean isUp() {
            return !suspected && !failed;
        }
    }

    public @Nullable Node node(String id) {
        return nodes.get(id);
    }

    public SlotSet slotsOf(String id) {
        return slots.getOrDefault(id, SlotSet.NONE);
    }
}
