package io.cairn.server;

import io.cairn.cluster.ClusterThreads;
import io.cairn.cluster.GossipClusterThreads;
import io.cairn.cluster.GossipNode;
import io.cairn.cluster.RaftNode;
import io.cairn.command.Command;
import io.cairn.config.Config;
import io.cairn.mode.SentKeys;
import io.cairn.replica.WaitReplicas;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Nodes of a gossip cluster whose process was started with {@code cluster-consensus raft}: they can be taken over, and are in gossip mode until then. */
final class RolloutCluster implements NodeKind {
    private static final String NOT_NOW = "ERR This node's shard is not in the mode that has this command";

    private final String process;
    private final GossipClusterThreads gossipThreads = new GossipClusterThreads();
    private final ClusterThreads raftThreads;

    /** @param raftThreads of the process; not closed here */
    RolloutCluster(String process, ClusterThreads raftThreads) {
        this.process = process;
        this.raftThreads = raftThreads;
    }

    @Override
    public String redisMode() {
        return "cluster";
    }

    /** Raft mode has one more than gossip mode, for marks of MIGRATE; it is empty until then. */
    @Override
    public int databases(Config config) {
        return SentKeys.DATABASES;
    }

    @Override
    public List<List<Command>> commands(Supplier<NodeBackend> backend) {
        Supplier<RolloutBackend> own = () -> (RolloutBackend) backend.get();
        List<List<Command>> gossip =
                new ArrayList<>(GossipNode.commands(() -> own.get().gossip().node(), NodeDirectory::newId));
        gossip.add(new WaitReplicas().table());
        List<List<Command>> raft = RaftNode.commands(() -> own.get().raft().node(), NodeDirectory::newId);
        return List.of(SwitchedCommands.of(gossip, raft, () -> own.get().isRaft(), NOT_NOW));
    }

    @Override
    public NodeBackend backend(NodeParts parts) throws StartException {
        return new RolloutBackend(parts, process, gossipThreads, raftThreads);
    }

    @Override
    public void close() {
        gossipThreads.close();
    }
}
