package io.cairn.server;

import io.cairn.acl.SharedUsers;
import io.cairn.cluster.ClusterThreads;
import io.cairn.cluster.RaftNode;
import io.cairn.command.ClusterSettings;
import io.cairn.command.Persistence;
import io.cairn.command.Release;
import io.cairn.command.Replication;
import io.cairn.command.Scripts;
import io.cairn.command.ServerState;
import io.cairn.config.Keys;
import io.cairn.gossip.GossipException;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Slots;
import io.cairn.mode.ChangeStream;
import io.cairn.mode.Mode;
import io.cairn.mode.ShardStore;
import io.cairn.raft.group.GroupBase;
import io.cairn.raft.meta.JoinMark;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.raft.shards.SlotState;
import io.cairn.raft.shards.SlotTable;
import io.cairn.script.ScriptThread;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node of a raft cluster behind the port that every kind of node has. */
final class RaftBackend implements NodeBackend {
    private static final Logger LOG = LoggerFactory.getLogger(RaftBackend.class);

    private static final long BASE_MILLIS = 1_000;

    private final NodeParts parts;
    private volatile boolean hasBase;
    private long lookedMillis;
    private final RaftNode node;
    private final ScriptThread scripts;

    RaftBackend(NodeParts parts, String process, ClusterThreads threads) throws StartException {
        this(parts, process, threads, System.currentTimeMillis());
    }

    /** @param startedMillis when this start began, as gossip tells it */
    RaftBackend(NodeParts parts, String process, ClusterThreads threads, long startedMillis) throws StartException {
        this.parts = parts;
        try {
            this.node = new RaftNode(new RaftNode.Parts(
                    parts.config(),
                    parts.directory().path(),
                    parts.directory().nodeId(),
                    mark(parts.directory()),
                    process,
                    Release.VERSION,
                    parts.keyspace(),
                    parts.commands(),
                    parts.stats(),
                    parts.events(),
                    parts.hub(),
                    parts.connections()::count,
                    parts.acl(),
                    parts.background(),
                    parts.memory(),
                    threads,
                    Clock.systemUTC(),
                    startedMillis,
                    listener(parts)));
        } catch (IOException e) {
            throw new StartException(String.valueOf(e.getMessage()), e);
        }
        this.scripts = new ScriptThread(
                args -> parts.commands().find(args) >= 0,
                () -> parts.config().get(Keys.SCRIPT_MEMORY_LIMIT),
                () -> parts.config().get(Keys.BUSY_REPLY_THRESHOLD));
        scripts.libraries(parts.keyspace().libraries());
        node.mode().scripts(parts.commands(), scripts, parts.failure()::fatal);
        node.store().bases(base -> StandaloneLog.loadBase(parts, base));
    }

    /** Clients that wait for keys are served by this from now on. */
    void serve() {
        node.mode().serves(parts.blocked());
    }

    /** The users of the last time are in force from now on. Blocks. */
    void restoreUsers() throws StartException {
        try {
            node.restoreUsers();
        } catch (IOException e) {
            throw new StartException("cannot read the users of the cluster: " + e.getMessage(), e);
        }
    }

    private static JoinMark mark(NodeDirectory directory) {
        return new JoinMark() {
            @Override
            public String clusterId() {
                return directory.clusterId();
            }

            @Override
            public void joins(String clusterId) throws IOException {
                directory.joins(clusterId);
            }
        };
    }

    private static ShardStore.Listener listener(NodeParts parts) {
        return new ShardStore.Listener() {
            @Override
            public void leading(boolean leading) {
                LOG.info("node {} {}", parts.directory().nodeId(), leading ? "serves its shard" : "no longer serves");
                parts.blocked().leading(leading);
                if (!leading) {
                    // Whoever leads now may change keys that this node hears of late.
                    parts.connections().tracking().everything();
                }
            }

            @Override
            public void slotsChanged(SlotTable slots) {
                parts.hub().serves(channel -> isHere(slots, Slots.of(channel)));
                parts.connections().tracking().slotsChanged(slot -> isHere(slots, slot));
                parts.blocked().slotsChanged(slot -> slots.serves(slot) || slots.state(slot) == SlotState.FROZEN);
            }

            /** What is frozen may stay: who waits or listens is told once it has gone. */
            private static boolean isHere(SlotTable slots, int slot) {
                return slots.owns(slot) || slots.state(slot) == SlotState.FROZEN;
            }

            @Override
            public void broken(Throwable cause) {
                parts.failure().fatal("applying the shard's log", cause);
            }
        };
    }

    @Override
    public ClusterSettings clusterSettings() {
        return node.settings();
    }

    @Override
    public SharedUsers sharedUsers() {
        return node.users();
    }

    @Override
    public Scripts scripts() {
        return scripts;
    }

    @Override
    public void follow(ChangeStream changes) {
        node.follow(changes);
    }

    @Override
    public void limits(DataLimits limits) {
        node.limits(limits);
    }

    @Override
    public void started(ServerState server) {
        node.mode().started(server);
    }

    @Override
    public void bindMetrics(MeterRegistry registry, Tags tags) {
        node.bindMetrics(registry, tags);
    }

    RaftNode node() {
        return node;
    }

    /** The shard's raft log may begin with what the log of gossip mode has: it is replaced by a snapshot soon. */
    void hasBase() {
        hasBase = true;
    }

    /** Takes the shard's first snapshot, then deletes the log of gossip mode. About once a second. */
    private void replaceBase(long nowMillis) {
        ShardGroup shard = node.runtime().member().shard();
        if (shard == null || shard.leader() == null || nowMillis - lookedMillis < BASE_MILLIS) {
            return;
        }
        lookedMillis = nowMillis;
        Path directory = StandaloneLog.directory(parts);
        try {
            if (!GroupBase.isNewest(directory)) {
                StandaloneLog.delete(parts);
                hasBase = false;
                LOG.info(
                        "port {}: the log of gossip mode is no more needed",
                        parts.config().port());
            } else if (!node.store().isSnapshotUnderWay()) {
                node.persistence().backgroundSave(false);
            }
        } catch (Persistence.Refused e) {
            LOG.debug("the shard's first snapshot: {}", e.getMessage());
        } catch (IOException e) {
            LOG.warn("port {}: the log of gossip mode stays: {}", parts.config().port(), e.getMessage());
        }
    }

    @Override
    public Mode mode() {
        return node.mode();
    }

    @Override
    public Persistence persistence() {
        return node.persistence();
    }

    @Override
    public Replication replication() {
        return node.replication();
    }

    @Override
    public String role() {
        return node.role();
    }

    @Override
    public void load() throws StartException {
        try {
            serve();
            restoreUsers();
            hasBase();
            node.start();
        } catch (IOException | GossipException e) {
            throw new StartException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public boolean ready() {
        return node.ready();
    }

    @Override
    public void tick(long nowMillis) {
        if (hasBase) {
            replaceBase(nowMillis);
        }
        node.tick(nowMillis);
    }

    @Override
    public boolean leave() {
        return node.leave();
    }

    @Override
    public @Nullable String prepareStop(ServerState.Shutdown how) {
        return null;
    }

    @Override
    public void close() {
        node.close();
    }
}
