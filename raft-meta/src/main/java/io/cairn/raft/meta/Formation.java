package io.cairn.raft.meta;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a layout to all its nodes. First every node is asked whether it would take it, which changes nothing; only when
 * all agree does this node take it durably, and then the others. From there it cannot be lost: whoever has taken it
 * gives it to nodes of the layout that still are in no cluster, until the map is formed. Cluster thread, but for
 * {@link #ask}.
 */
final class Formation {
    /** How long forming waits for all nodes; those that lack are tried on after it. */
    static final long FORM_TIMEOUT_MILLIS = 30_000;

    /** Pause between two rounds of giving the layout to nodes that lack it. */
    static final long PUSH_MILLIS = 300;

    private static final int ASK = 0;
    private static final int TAKE = 1;
    private static final Logger LOG = LoggerFactory.getLogger(Formation.class);

    /** The node's side of a layout. */
    interface Taker {
        /** Null if this node would take the layout, else why not. */
        @Nullable
        String objection(Layout layout);

        /** Takes it durably; does nothing when it already has. */
        void take(Layout layout) throws IOException;
    }

    private final String selfId;
    private final GroupHost host;
    private final NodeDirectory directory;
    private final Taker taker;
    private final LongSupplier clockMillis;
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final List<Pending> pending = new ArrayList<>();
    private long lastPushMillis = Long.MIN_VALUE / 2;

    private record Pending(CompletableFuture<@Nullable Void> done, long deadlineMillis) {}

    Formation(String selfId, GroupHost host, NodeDirectory directory, Taker taker, LongSupplier clockMillis) {
        this.selfId = selfId;
        this.host = host;
        this.directory = directory;
        this.taker = taker;
        this.clockMillis = clockMillis;
    }

    /** Asks all nodes; completes when all agree, fails with the first objection. Any thread. */
    CompletableFuture<@Nullable Void> ask(Layout layout) {
        if (layout.node(selfId).isEmpty()) {
            return CompletableFuture.failedFuture(new IOException("this node is not part of the layout"));
        }
        String own = taker.objection(layout);
        if (own != null) {
            return CompletableFuture.failedFuture(new IOException("this node: " + own));
        }
        List<CompletableFuture<?>> answers = new ArrayList<>();
        for (ClusterNode node : layout.nodes()) {
            if (!node.id().equals(selfId)) {
                answers.add(send(ASK, node, layout));
            }
        }
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
    }

    /** Takes the layout here and starts to give it to the others. */
    void begin(Layout layout, CompletableFuture<@Nullable Void> done) {
        String objection = taker.objection(layout); // another layout may have come while the nodes were asked
        if (objection != null) {
            done.completeExceptionally(new IOException("this node: " + objection));
            return;
        }
        try {
            taker.take(layout);
        } catch (IOException e) {
            done.completeExceptionally(e);
            return;
        }
        pending.add(new Pending(done, clockMillis.getAsLong() + FORM_TIMEOUT_MILLIS));
    }

    /** One round of giving the layout to nodes that lack it. */
    void tick(Layout layout, ClusterMap map) {
        long now = clockMillis.getAsLong();
        if (!map.isFormed() || !pending.isEmpty()) {
            if (now - lastPushMillis >= PUSH_MILLIS) {
                lastPushMillis = now;
                lacking(layout).forEach(node -> give(node, layout));
            }
        }
        pending.removeIf(waiting -> finished(waiting, layout, now));
    }

    private boolean finished(Pending waiting, Layout layout, long now) {
        List<ClusterNode> missing = unacknowledged(layout);
        if (missing.isEmpty()) {
            waiting.done().complete(null);
            return true;
        }
        if (now >= waiting.deadlineMillis()) {
            waiting.done()
                    .completeExceptionally(new IOException("these nodes have not taken the cluster's layout yet: "
                            + missing.stream()
                                    .map(n -> n.host() + ":" + n.port())
                                    .toList()));
            return true;
        }
        return false;
    }

    /** Who forms gives it to all; who came later fills in for it where gossip shows a node without a cluster. */
    private List<ClusterNode> lacking(Layout layout) {
        if (!pending.isEmpty()) {
            return unacknowledged(layout);
        }
        List<ClusterNode> lacking = new ArrayList<>();
        for (NodeDirectory.SeenNode seen : directory.seen()) {
            if (seen.alive() && seen.clusterId().isEmpty() && !seen.id().equals(selfId)) {
                layout.node(seen.id()).ifPresent(lacking::add);
            }
        }
        return lacking;
    }

    private List<ClusterNode> unacknowledged(Layout layout) {
        return layout.nodes().stream()
                .filter(node -> !node.id().equals(selfId) && !acknowledged.contains(node.id()))
                .toList();
    }

    private void give(ClusterNode node, Layout layout) {
        send(TAKE, node, layout).whenComplete((ok, failure) -> {
            if (failure == null) {
                acknowledged.add(node.id());
            } else {
                // A node that takes the layout leaves the unformed mode, which may cut the connection of its answer.
                LOG.info("node {} did not take the layout yet: {}", node.id(), failure.toString());
            }
        });
    }

    private CompletableFuture<@Nullable Void> send(int phase, ClusterNode node, Layout layout) {
        WireWriter out = new WireWriter().u8(1).u8(phase).text(node.id());
        MetaCodec.writeLayout(out, layout);
        return host.send(node.raftAddress(), MessageTypes.FORM, out.toBytes()).thenCompose(bytes -> {
            String objection = MetaCodec.whole(new WireReader(bytes), WireReader::text);
            return objection.isEmpty()
                    ? CompletableFuture.completedFuture(null)
                    : CompletableFuture.failedFuture(
                            new IOException("node " + node.host() + ":" + node.port() + ": " + objection));
        });
    }

    /** Answers another node's message. */
    byte[] answer(byte[] payload) {
        String objection = MetaCodec.whole(new WireReader(payload), this::answer);
        return new WireWriter().text(objection).toBytes();
    }

    private String answer(WireReader in) {
        MetaCodec.requireVersion(in);
        int phase = in.u8();
        String target = in.text();
        Layout layout = MetaCodec.readLayout(in);
        if (!target.equals(selfId)) {
            return "another node, " + selfId + ", lives here";
        }
        String objection = taker.objection(layout);
        if (objection != null || phase == ASK) {
            return objection == null ? "" : objection;
        }
        try {
            taker.take(layout);
            return "";
        } catch (IOException e) {
            LOG.error("cannot take the layout of cluster {}", layout.clusterId(), e);
            return "cannot take the layout: " + e.getMessage();
        }
    }
}
