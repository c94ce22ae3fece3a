package io.cairn.cluster;

import io.cairn.raft.meta.SlotRange;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the CLUSTER commands show of a cluster, whatever makes it one. Any thread; each call shows one moment. */
interface ClusterView {
    /** This node's id. */
    String selfId();

    /** All nodes, this one too, in the order in which they are printed. */
    List<Member> members();

    /** Primaries with their replicas and slots, those without slots too. */
    List<Group> groups();

    /** The group that the node belongs to, or null. */
    default @Nullable Group groupOf(String nodeId) {
        for (Group group : groups()) {
            if (group.memberIds().contains(nodeId)) {
                return group;
            }
        }
        return null;
    }

    default @Nullable Member member(String id) {
        for (Member member : members()) {
            if (member.id().equals(id)) {
                return member;
            }
        }
        return null;
    }

    /** This node's slots that go to others key by key, with the ids of those. */
    Map<Integer, String> migrating();

    /** Slots that come to this node key by key, with the ids of whom they come from. */
    Map<Integer, String> importing();

    /** The numbers of CLUSTER INFO. */
    Figures figures();

    /** Lines after Redis's in CLUSTER INFO, each ending with CR LF. */
    String consensusLines();

    /** Open connections to other nodes. */
    List<ClusterCommands.Link> links();

    /** Whether this node may be asked for keys of a slot that others own, and that is on its way here. */
    boolean isGuest(int slot);

    /**
     * A node.
     *
     * @param primaryId of its primary; its own id for a primary
     * @param suspected,failed as CLUSTER NODES has them (fail?, fail)
     * @param isListed CLUSTER SLOTS names it: it is believed to live
     * @param heardMillis wall clock of the last news of it
     * @param offset as far as is known
     */
    record Member(
            String id,
            String host,
            int port,
            int busPort,
            String hostname,
            String primaryId,
            boolean suspected,
            boolean failed,
            boolean isListed,
            boolean noFailover,
            long heardMillis,
            long epoch,
            long offset) {
        boolean isPrimary() {
            return primaryId.equals(id);
        }
    }

    /**
     * A primary and its replicas.
     *
     * @param id of the shard
     * @param primaryId the node to print as its primary
     */
    record Group(String id, String primaryId, List<String> memberIds, List<SlotRange> slots) {
        public Group {
            memberIds = List.copyOf(memberIds);
            slots = List.copyOf(slots);
        }
    }

    /** Of slots and epochs. */
    record Figures(
            boolean isUp,
            int assigned,
            int ok,
            int suspected,
            int failed,
            int known,
            int size,
            long currentEpoch,
            long ownEpoch) {}
}
