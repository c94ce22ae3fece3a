package io.cairn.server;

import io.cairn.acl.SharedUsers;
import io.cairn.cluster.ClusterThreads;
import io.cairn.cluster.GossipClusterThreads;
import io.cairn.cluster.RolloutNode;
import io.cairn.command.ClusterSettings;
import io.cairn.command.Command;
import io.cairn.command.Persistence;
import io.cairn.command.Replication;
import io.cairn.command.RoleChange;
import io.cairn.command.Scripts;
import io.cairn.command.ServerState;
import io.cairn.gossip.Gossip;
import io.cairn.keyspace.DataLimits;
import io.cairn.mode.ChangeStream;
import io.cairn.mode.Mode;
import io.cairn.mode.ReplicationRole;
import io.cairn.mode.SwitchedMode;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A node of a gossip cluster that can become one of a raft cluster, and has the directory of both: two backends over one keyspace, of which one runs the calls
 * ({@link SwitchedMode}) and {@link ShardSwitch} goes from one to the other. They share gossip, and the node takes part in the claims until all shards are raft.
 */
final class RolloutBackend implements NodeBackend {
    private final GossipBackend gossip;
    private final RaftBackend raft;
    private final SwitchedMode mode;
    private final ShardSwitch data;
    private final RolloutNode rollout;

    RolloutBackend(NodeParts parts, String process, GossipClusterThreads gossipThreads, ClusterThreads raftThreads)
            throws StartException {
        this.gossip = new GossipBackend(parts, process, gossipThreads);
        this.raft = new RaftBackend(parts, process, raftThreads, gossip.node().startedMillis());
        this.mode = new SwitchedMode(gossip.mode(), raft.mode(), ReplicaFiles.areIn(parts));
        this.data = new ShardSwitch(parts, gossip, raft, mode);
        gossip.node().beside(raft.node().beside());
        this.rollout = new RolloutNode(
                gossip.node(), raft.node(), data, failure -> parts.failure().fatal("the rollout", failure));
    }

    GossipBackend gossip() {
        return gossip;
    }

    RaftBackend raft() {
        return raft;
    }

    ShardSwitch data() {
        return data;
    }

    boolean isRaft() {
        return mode.isRaft();
    }

    private NodeBackend now() {
        return mode.isRaft() ? raft : gossip;
    }

    @Override
    public Mode mode() {
        return mode;
    }

    @Override
    public Persistence persistence() {
        return now().persistence();
    }

    @Override
    public Replication replication() {
        return () -> now().replication().view();
    }

    @Override
    public boolean changeReplicationId() {
        return now().changeReplicationId();
    }

    @Override
    public @Nullable ReplicationRole replicationRole() {
        return now().replicationRole();
    }

    @Override
    public @Nullable RoleChange roleChange() {
        return null;
    }

    @Override
    public @Nullable String refusal(Command command) {
        return now().refusal(command);
    }

    @Override
    public String role() {
        return now().role();
    }

    @Override
    public void load() throws StartException {
        if (mode.isRaft()) {
            gossip.loadClaims();
            raft.serve();
            raft.restoreUsers();
        } else {
            gossip.load();
            data.start();
        }
        Gossip shared = Objects.requireNonNull(gossip.node().gossip());
        try {
            raft.node().start(shared);
        } catch (IOException e) {
            throw new StartException(String.valueOf(e.getMessage()), e);
        }
        if (mode.isRaft()) {
            raft.node().spread();
            raft.hasBase();
        }
        rollout.start();
    }

    @Override
    public @Nullable ClusterSettings clusterSettings() {
        return now().clusterSettings();
    }

    @Override
    public @Nullable SharedUsers sharedUsers() {
        return now().sharedUsers();
    }

    @Override
    public Scripts scripts() {
        return now().scripts();
    }

    @Override
    public void follow(ChangeStream changes) {
        gossip.follow(changes);
        raft.follow(changes);
    }

    @Override
    public void limits(DataLimits limits) {
        raft.limits(limits);
        if (!mode.isRaft()) {
            gossip.limits(limits);
        }
    }

    @Override
    public void started(ServerState server) {
        raft.started(server);
        gossip.started(server);
    }

    @Override
    public boolean ready() {
        return now().ready();
    }

    @Override
    public void bindMetrics(MeterRegistry registry, Tags tags) {
        raft.bindMetrics(registry, tags);
        gossip.bindMetrics(registry, tags);
    }

    @Override
    public void tick(long nowMillis) {
        mode.tick();
        if (mode.isRaft()) {
            gossip.node().tick(nowMillis);
        } else {
            gossip.tick(nowMillis);
        }
        raft.tick(nowMillis);
    }

    @Override
    public boolean leave() {
        return now().leave();
    }

    @Override
    public @Nullable String prepareStop(ServerState.Shutdown how) {
        return now().prepareStop(how);
    }

    @Override
    public void close() {
        rollout.close();
        gossip.close();
        raft.close();
    }
}
