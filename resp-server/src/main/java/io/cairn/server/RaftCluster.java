package io.cairn.server;

import io.cairn.cluster.ClusterThreads;
import io.cairn.cluster.RaftNode;
import io.cairn.command.Command;
import io.cairn.config.Config;
import java.util.List;
import java.util.function.Supplier;

/** Nodes of a raft cluster ({@code cluster-enabled yes}, {@code cluster-consensus raft}). */
public final class RaftCluster implements NodeKind {
    private final String process;
    private final ClusterThreads threads = new ClusterThreads();

    /** @param config of the process: its ports name it, so that a restart is the same failure domain */
    public RaftCluster(Config config) {
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
        return RaftNode.commands(() -> ((RaftBackend) backend.get()).node(), NodeDirectory::newId);
    }

    @Override
    public NodeBackend backend(NodeParts parts) throws StartException {
        return new RaftBackend(parts, process, threads);
    }

    @Override
    public void close() {
        threads.close();
    }
}
