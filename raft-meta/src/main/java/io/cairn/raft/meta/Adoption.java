package io.cairn.raft.meta;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a node with an empty disk into the cluster, in the place of the one whose address it has. The meta leader
 * commits that the old id is gone for ever and the new one takes its seats; then it tells the new node, which opens its
 * meta replica without any membership of its own and waits to be added. It votes nowhere before a leader made it a voter
 * (SAFETY 5). Cluster thread.
 */
final class Adoption {
    /** Pause between two messages to one node. */
    static final long INVITE_MILLIS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(Adoption.class);

    /** The new node's side. */
    interface Taker {
        /** The cluster this node is in, or empty. */
        String clusterId();

        void take(String clusterId, List<ClusterNode> peers) throws IOException;
    }

    private final String selfId;
    private final GroupHost host;
    private final NodeDirectory directory;
    private final Taker taker;
    private final Function<MetaCommand, CompletableFuture<MetaResult>> propose;
    private final LongSupplier clockMillis;
    private final Map<String, Long> invitedMillis = new HashMap<>();
    private @Nullable CompletableFuture<MetaResult> replacing;
    private String replacedId = "";
    private long replacedMillis;

    Adoption(
            String selfId,
            GroupHost host,
            NodeDirectory directory,
            Taker taker,
            Function<MetaCommand, CompletableFuture<MetaResult>> propose,
            LongSupplier clockMillis) {
        this.selfId = selfId;
        this.host = host;
        this.directory = directory;
        this.taker = taker;
        this.propose = propose;
        this.clockMillis = clockMillis;
    }

    /** One look at the nodes around, by the meta leader. */
    void tick(ClusterMap map) {
        Set<String> alive = new HashSet<>();
        for (NodeDirectory.SeenNode seen : directory.seen()) {
            if (seen.alive()) {
                alive.add(seen.id());
            }
        }
        for (NodeDirectory.SeenNode seen : directory.seen()) {
            if (!seen.alive() || !seen.clusterId().isEmpty() || seen.id().equals(selfId)) {
                continue;
            }
            ClusterNode known = map.node(seen.id());
            if (known != null) {
                if (known.isActive()) {
                    invite(map, seen.toNode());
                }
                continue;
            }
            ClusterNode old = map.nodeAt(seen.host(), seen.port());
            if (old != null && !alive.contains(old.id()) && !old.id().equals(selfId)) {
                replace(old, seen.toNode());
            }
        }
        invitedMillis.keySet().removeIf(id -> map.node(id) == null);
    }

    private void replace(ClusterNode old, ClusterNode node) {
        long now = clockMillis.getAsLong();
        boolean running = replacing != null && !replacing.isDone();
        boolean justTried = old.id().equals(replacedId) && now - replacedMillis < INVITE_MILLIS;
        if (running || justTried) {
            return;
        }
        replacedMillis = now;
        replacedId = old.id();
        LOG.info("node {} came with an empty disk to {}:{}, it replaces {}", node.id(), node.host(), node.port(), old);
        replacing = propose.apply(new MetaCommand.ReplaceNode(old.id(), node));
        replacing.thenAccept(result -> {
            if (!result.isApplied()) {
                LOG.warn("node {} did not replace {} yet: {}", node.id(), old.id(), result);
            }
        });
    }

    private void invite(ClusterMap map, ClusterNode node) {
        long now = clockMillis.getAsLong();
        Long last = invitedMillis.get(node.id());
        if (last != null && now - last < INVITE_MILLIS) {
            return;
        }
        invitedMillis.put(node.id(), now);
        boolean first = map.activeFormat() == ClusterFormat.FIRST;
        WireWriter out = new WireWriter().u8(first ? 1 : 2).text(node.id()).text(map.clusterId());
        MetaCodec.writeNodes(out, map.activeNodes());
        if (!first) {
            // A build that is too old to read the log of this cluster refuses, here or by the version above.
            out.i32(map.activeFormat());
        }
        host.send(node.raftAddress(), MessageTypes.ADOPT, out.toBytes()).whenComplete((bytes, failure) -> {
            String objection = failure != null ? failure.toString() : objectionOf(bytes);
            if (!objection.isEmpty()) {
                LOG.info("node {} has not joined yet: {}", node.id(), objection);
            }
        });
    }

    private static String objectionOf(byte[] bytes) {
        return MetaCodec.whole(new WireReader(bytes), WireReader::text);
    }

    /** Answers the meta leader's invitation. */
    byte[] answer(byte[] payload) {
        String objection = MetaCodec.whole(new WireReader(payload), this::answer);
        return new WireWriter().text(objection).toBytes();
    }

    private String answer(WireReader in) {
        int version = in.u8();
        if (version < 1 || version > 2) {
            throw new FormatException("format version " + version + ", this build knows up to 2");
        }
        String target = in.text();
        String clusterId = in.text();
        List<ClusterNode> peers = MetaCodec.readNodes(in);
        int active = version == 1 ? ClusterFormat.FIRST : in.i32();
        Ids.check(clusterId);
        if (!target.equals(selfId)) {
            return "another node, " + selfId + ", lives here";
        }
        if (active > ClusterFormat.SUPPORTED) {
            return "the cluster's active version is " + active + ", this node's build can do up to "
                    + ClusterFormat.SUPPORTED;
        }
        if (!taker.clusterId().isEmpty()) {
            return taker.clusterId().equals(clusterId) ? "" : "in cluster " + taker.clusterId();
        }
        try {
            taker.take(clusterId, peers);
            return "";
        } catch (IOException e) {
            LOG.error("cannot join cluster {}", clusterId, e);
            return "cannot join: " + e.getMessage();
        }
    }
}
