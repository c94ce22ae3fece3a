package io.cairn.raft.meta;

import io.cairn.raft.group.RaftGroup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this node still belongs to its cluster. One that was removed, or replaced, while it was away is refused by all
 * members and hears nothing from them, its farewell neither; so while nobody leads the meta group as far as this node can
 * tell, it asks the others, as a stranger. A yes is final, since removal is (SAFETY 5), and from a member whose map is old it
 * only comes late. A node that the current map does not have at all was admitted by an entry that is lost: the meta group was
 * recovered from a replica without it. What it owns may be given to others, so it serves nothing while that is what it was
 * told last; no log says it, so it is not written down. Cluster thread.
 */
final class Standing {
    /** How long nobody leads until it asks. */
    static final long STRANDED_MILLIS = 2_000;

    /** Pause between two questions. */
    static final long ASK_MILLIS = 1_000;

    private static final byte MEMBER = 0;
    private static final byte REMOVED = 1;
    private static final byte UNKNOWN = 2;

    private static final Logger LOG = LoggerFactory.getLogger(Standing.class);

    private final String selfId;
    private final GroupHost host;
    private final NodeDirectory directory;
    private final ScheduledExecutorService clusterThread;
    private final LongSupplier clockMillis;
    private @Nullable CompletableFuture<?> asked;
    private long ledMillis;
    private long askedMillis;
    private int next;
    private volatile boolean unknown;

    Standing(
            String selfId,
            GroupHost host,
            NodeDirectory directory,
            ScheduledExecutorService clusterThread,
            LongSupplier clockMillis) {
        this.selfId = selfId;
        this.host = host;
        this.directory = directory;
        this.clusterThread = clusterThread;
        this.clockMillis = clockMillis;
        this.ledMillis = clockMillis.getAsLong();
        this.askedMillis = ledMillis - ASK_MILLIS;
    }

    /** The cluster does not have this node, as far as it was told last. Any thread. */
    boolean isUnknown() {
        return unknown;
    }

    /** Asks one of the others when it is time to. */
    void tick(RaftGroup group, ClusterFile file) {
        long now = clockMillis.getAsLong();
        if (group.leader() != null) {
            ledMillis = now;
            unknown = false;
        }
        boolean waits = asked != null && !asked.isDone();
        if (waits
                || file.isOpened(Removals.GONE)
                || now - ledMillis < STRANDED_MILLIS
                || now - askedMillis < ASK_MILLIS) {
            return;
        }
        askedMillis = now;
        List<ClusterNode> others = others(file);
        if (others.isEmpty()) {
            return;
        }
        ClusterNode to = others.get(next++ % others.size());
        byte[] question =
                new WireWriter().u8(1).text(selfId).text(file.clusterId()).toBytes();
        asked = host.sendAsStranger(to.raftAddress(), MessageTypes.STANDING, question)
                .whenCompleteAsync((answer, failure) -> answered(file, answer), clusterThread);
    }

    /** Where members may be: as gossip sees them, then as they were. */
    private List<ClusterNode> others(ClusterFile file) {
        List<ClusterNode> others = new ArrayList<>();
        for (NodeDirectory.SeenNode seen : directory.seen()) {
            if (seen.alive() && seen.clusterId().equals(file.clusterId())) {
                others.add(seen.toNode());
            }
        }
        others.addAll(file.peers());
        others.removeIf(node -> node.id().equals(selfId));
        return others;
    }

    private void answered(ClusterFile file, byte @Nullable [] answer) {
        if (answer == null || answer.length != 1 || file.isOpened(Removals.GONE)) {
            return;
        }
        if (answer[0] != REMOVED) {
            if (answer[0] == UNKNOWN && !unknown) {
                LOG.warn(
                        "this node, {}, is not in the map of its cluster: its admission was lost when the meta group was"
                                + " recovered. It serves nothing; CLUSTER RESET makes it a new node, without its data",
                        selfId);
            }
            unknown = answer[0] == UNKNOWN;
            return;
        }
        try {
            file.markOpened(Removals.GONE);
            LOG.warn(
                    "this node, {}, was removed from its cluster while it was away: CLUSTER RESET makes it a new one",
                    selfId);
        } catch (IOException e) {
            LOG.error("this node, {}, was removed from its cluster, which cannot be written down", selfId, e);
        }
    }

    /**
     * Answers STANDING: whether the map of this node's cluster says that the asking node is gone for good.
     *
     * @param current the map is known to be the latest, so a node that it does not have is none
     */
    static byte[] answer(byte[] payload, String clusterId, ClusterMap map, boolean current) {
        WireReader in = new WireReader(payload);
        MetaCodec.requireVersion(in);
        ClusterNode known = map.node(in.text());
        boolean here = in.text().equals(clusterId) && map.isFormed();
        in.end();
        if (!here || (known == null && !current)) {
            return new byte[] {MEMBER};
        }
        return new byte[] {known == null ? UNKNOWN : known.isActive() ? MEMBER : REMOVED};
    }
}
