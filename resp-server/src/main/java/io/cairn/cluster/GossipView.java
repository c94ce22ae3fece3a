package io.cairn.cluster;

import io.cairn.gossip.Gossip;
import io.cairn.gossip.GossipListener;
import io.cairn.gossip.Health;
import io.cairn.gossip.NodeInfo;
import io.cairn.gossip.Peer;
import io.cairn.gossip.SoftState;
import io.cairn.raft.meta.NodeDirectory;
import io.cairn.raft.shards.LeaderTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What gossip says, in the words of the Raft layers: discovery for adoption, health for reports, and hints. Nothing here
 * decides anything (DESIGN 6). Any thread.
 */
final class GossipView implements GossipListener, NodeDirectory, NodeHealth {
    private volatile @Nullable LeaderTable leaders;
    private final SecondOpinion opinion;
    private volatile @Nullable Gossip gossip;

    /**
     * @param asks how a node that gossip suspects is asked itself
     * @param suspects told the id of a node that seems gone; may only hasten an election
     */
    GossipView(Asks asks, Consumer<String> suspects) {
        this.opinion = new SecondOpinion(asks::isConnected, asks::ask, asks::isMember, this::alive, suspects);
    }

    /** The way to a node that gossip suspects. */
    interface Asks {
        boolean isConnected(String nodeId);

        CompletableFuture<byte[]> ask(String nodeId);

        boolean isMember(String nodeId);
    }

    void attach(Gossip started, LeaderTable table) {
        leaders = table;
        gossip = started;
    }

    void close() {
        opinion.close();
    }

    private void alive(String nodeId, boolean alive) {
        LeaderTable table = leaders;
        if (table != null) {
            table.nodeAlive(nodeId, alive);
        }
    }

    List<Peer> peers() {
        Gossip running = gossip;
        return running == null ? List.of() : running.members();
    }

    /** Hears the leaders that peers name in their soft state. */
    void hearLeaders() {
        LeaderTable table = leaders;
        if (table == null) {
            return;
        }
        for (Peer peer : peers()) {
            SoftState state = peer.state();
            if (peer.health() != Health.DEAD && !state.ledShardId().isEmpty()) {
                table.heard(state.ledShardId(), state.ledTerm(), peer.info().nodeId());
            }
        }
    }

    /** The last index applied by a node, as it told, 0 when unknown. */
    long appliedIndex(String nodeId) {
        Peer peer = peer(nodeId);
        return peer == null ? 0 : peer.state().appliedIndex();
    }

    @Override
    public void joined(Peer peer) {
        opinion.trusted(peer.info().nodeId());
    }

    @Override
    public void recovered(Peer peer) {
        opinion.trusted(peer.info().nodeId());
    }

    @Override
    public void suspected(Peer peer) {
        opinion.doubted(peer.info().nodeId());
    }

    @Override
    public void left(Peer peer) {
        opinion.doubted(peer.info().nodeId());
    }

    @Override
    public Collection<SeenNode> seen() {
        List<SeenNode> seen = new ArrayList<>();
        for (Peer peer : peers()) {
            NodeInfo info = peer.info();
            seen.add(new SeenNode(
                    info.nodeId(),
                    info.host(),
                    info.clientPort(),
                    info.busPort(),
                    info.raftPort(),
                    info.hostname(),
                    info.failureDomain(),
                    info.clusterId(),
                    peer.health() != Health.DEAD));
        }
        return seen;
    }

    private @Nullable Peer peer(String nodeId) {
        Gossip running = gossip;
        return running == null ? null : running.member(nodeId).orElse(null);
    }

    @Override
    public boolean alive(String nodeId) {
        Peer peer = peer(nodeId);
        return (peer != null && peer.health() != Health.DEAD) || opinion.confirms(nodeId);
    }

    @Override
    public boolean suspected(String nodeId) {
        Peer peer = peer(nodeId);
        return peer != null && peer.health() == Health.SUSPECT && !opinion.confirms(nodeId);
    }

    @Override
    public long lastHeardMillis(String nodeId) {
        Peer peer = peer(nodeId);
        return peer == null ? 0 : peer.sinceMillis();
    }
}
