package io.cairn.cluster;

import io.cairn.cluster.rollout.RolloutPorts;
import io.cairn.gossip.Gossip;
import io.cairn.gossip.Health;
import io.cairn.gossip.NodeInfo;
import io.cairn.gossip.Peer;
import io.cairn.gossip.claims.Claim;
import io.cairn.gossip.claims.Picture;
import io.cairn.gossip.claims.Promise;
import io.cairn.gossip.claims.SlotSet;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Layout;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.NodeState;
import io.cairn.raft.meta.Shard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of a cluster as discovery shows them, for CLUSTER CONSENSUS. A node that cannot go from one mode to the other shows them,
 * and does nothing else: what it is asked to do fails.
 */
class ShownNodes implements RolloutPorts {
    private final Supplier<@Nullable Gossip> gossip;

    ShownNodes(Supplier<@Nullable Gossip> gossip) {
        this.gossip = gossip;
    }

    @Override
    public List<Seen> nodes() {
        Gossip running = gossip.get();
        Map<String, Peer> byBus = new HashMap<>();
        if (running != null) {
            running.members()
                    .forEach(peer ->
                            byBus.put(peer.info().host() + ":" + peer.info().busPort(), peer));
        }
        List<Seen> seen = new ArrayList<>();
        Picture picture = picture();
        if (picture == null) {
            for (ClusterNode node : map().shownNodes()) {
                seen.add(seen(node, byBus.get(node.host() + ":" + node.busPort())));
            }
            return seen;
        }
        for (Picture.Node node : picture.nodes().values()) {
            Claim claim = node.claim();
            ClusterNode known = new ClusterNode(
                    claim.id(),
                    claim.place().host(),
                    claim.place().port(),
                    claim.place().busPort(),
                    0,
                    claim.place().hostname(),
                    "",
                    NodeState.ACTIVE);
            seen.add(seen(known, byBus.get(claim.place().bus())));
        }
        return seen;
    }

    private Seen seen(ClusterNode known, @Nullable Peer peer) {
        if (peer == null) {
            return new Seen(known, "", "", false, "it is down");
        }
        NodeInfo info = peer.info();
        ClusterNode node = new ClusterNode(
                known.id(),
                known.host(),
                known.port(),
                known.busPort(),
                info.raftPort(),
                known.hostname(),
                info.failureDomain(),
                NodeState.ACTIVE);
        boolean alive = peer.health() != Health.DEAD;
        String reason = "";
        if (!alive) {
            reason = "it is down";
        } else if (info.raftPort() == 0) {
            reason = "it was not started with cluster-consensus raft";
        } else if (!info.nodeId().equals(known.id())) {
            reason = "its id was changed by CLUSTER RESET HARD";
        }
        return new Seen(node, info.version(), info.clusterId(), alive, reason);
    }

    @Override
    public String selfId() {
        Gossip running = gossip.get();
        return running == null ? "" : running.self().nodeId();
    }

    @Override
    public @Nullable Picture picture() {
        return null;
    }

    @Override
    public ClusterMap map() {
        return ClusterMap.EMPTY;
    }

    @Override
    public CompletableFuture<ClusterMap> current() {
        return CompletableFuture.completedFuture(map());
    }

    @Override
    public String clusterId() {
        return map().clusterId();
    }

    @Override
    public boolean leadsMeta() {
        return false;
    }

    @Override
    public String primaryOf(Shard shard) {
        return shard.preferredPrimary();
    }

    @Override
    public boolean isServed(Shard shard) {
        return false;
    }

    @Override
    public boolean leads(String shardId) {
        return false;
    }

    private static <T> CompletableFuture<T> cannot() {
        return CompletableFuture.failedFuture(new IllegalStateException("this node cannot change its consensus"));
    }

    @Override
    public CompletableFuture<MetaResult> propose(MetaCommand command) {
        return cannot();
    }

    @Override
    public CompletableFuture<@Nullable Void> form(Layout layout) {
        return cannot();
    }

    @Override
    public CompletableFuture<@Nullable Void> awaitMap(Predicate<ClusterMap> condition) {
        return cannot();
    }

    @Override
    public CompletableFuture<String> join(ClusterNode member) {
        return cannot();
    }

    @Override
    public CompletableFuture<String> promise(Promise promise) {
        return cannot();
    }

    @Override
    public void settle(Predicate<Promise> over, List<Promise> frozen) {}

    @Override
    public void resume(String primaryId, SlotSet slots, long configEpoch) {}

    @Override
    public CompletableFuture<byte[]> ask(String nodeId, byte[] question, long withinMillis) {
        return cannot();
    }

    @Override
    public void endClaims() {}

    @Override
    public void beginClaims() {}

    @Override
    public void leaveMeta() {}
}
