package io.cairn.server;

import io.cairn.cluster.GossipClusterThreads;
import io.cairn.cluster.GossipNode;
import io.cairn.command.Command;
import io.cairn.config.Config;
import io.cairn.raft.meta.ClusterFile;
import java.nio.file.Files;
import java.util.List;
import java.util.function.Supplier;

/** Nodes of a cluster in gossip mode: {@code cluster-enabled yes} alone. */
public final class GossipCluster implements NodeKind {
    private final String process;
    private final GossipClusterThreads threads = new GossipClusterThreads();

    /** @param config of the process: its ports name it, so that a restart is the same failure domain */
    public GossipCluster(Config config) {
        this.process = config.ports().get(0).toString();
    }

    @Override
    public String redisMode() {
        return "cluster";
    }

    @Override
    public int databases(Config config) {
        return 1;
    }

    @Override
    public List<List<Command>> commands(Supplier<NodeBackend> backend) {
        return GossipNode.commands(() -> ((GossipBackend) backend.get()).node(), NodeDirectory::newId);
    }

    @Override
    public NodeKind at(NodeDirectory directory) throws StartException {
        if (Files.exists(directory.path().resolve(ClusterFile.NAME))) {
            throw new StartException(directory.path()
                    + " is of a node of a raft cluster, or of one that is being taken over: start it with"
                    + " cluster-consensus raft; CLUSTER CONSENSUS GOSSIP then takes the cluster back");
        }
        return this;
    }

    @Override
    public NodeBackend backend(NodeParts parts) throws StartException {
        return new GossipBackend(parts, process, threads);
    }

    @Override
    public void close() {
        threads.close();
    }
}
