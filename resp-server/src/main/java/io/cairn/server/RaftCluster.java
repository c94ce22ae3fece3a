package io.cairn.server;

import io.cairn.cluster.ClusterThreads;
import io.cairn.cluster.RaftNode;
import io.cairn.command.Command;
import io.cairn.config.AppendFsync;
import io.cairn.config.BadValueException;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.gossip.claims.NodesFile;
import io.cairn.mode.SentKeys;
import java.nio.file.Files;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Nodes of a raft cluster ({@code cluster-enabled yes}, {@code cluster-consensus raft}). */
public final class RaftCluster implements NodeKind {
    private static final Logger LOG = LoggerFactory.getLogger(RaftCluster.class);

    private final String process;
    private final ClusterThreads threads = new ClusterThreads();
    private volatile @Nullable RolloutCluster rollout;

    /** @param config of the process: its ports name it, so that a restart is the same failure domain */
    public RaftCluster(Config config) {
        this.process = config.ports().get(0).toString();
        follow(config);
    }

    /** What raft mode does whatever the keys say is what they say from here on. */
    private static void follow(Config config) {
        if (config.isSet(Keys.APPENDONLY) && !config.get(Keys.APPENDONLY)) {
            LOG.warn("appendonly no means nothing in raft mode: the Raft log is the append-only file");
        }
        config.force(Keys.APPENDONLY, true);
        config.onChange(Keys.APPENDONLY, on -> {
            throw new BadValueException("raft mode always keeps a log");
        });
        if (!config.isSet(Keys.APPENDFSYNC)) {
            config.force(Keys.APPENDFSYNC, AppendFsync.ALWAYS);
        }
        config.onChange(Keys.APPENDFSYNC, policy -> {
            throw new BadValueException("appendfsync of raft mode is set at the start of the server");
        });
    }

    /** The directory of a node of a gossip cluster stays one, until the cluster is taken over. */
    @Override
    public NodeKind at(NodeDirectory directory) {
        if (!Files.exists(directory.path().resolve(NodesFile.NAME)) && !NodesFile.isPutAside(directory.path())) {
            return this;
        }
        synchronized (this) {
            RolloutCluster made = rollout;
            if (made == null) {
                made = new RolloutCluster(process, threads);
                rollout = made;
            }
            return made;
        }
    }

    @Override
    public String redisMode() {
        return "cluster";
    }

    @Override
    public int databases(Config config) {
        return SentKeys.DATABASES;
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
        RolloutCluster made = rollout;
        if (made != null) {
            made.close();
        }
        threads.close();
    }
}
