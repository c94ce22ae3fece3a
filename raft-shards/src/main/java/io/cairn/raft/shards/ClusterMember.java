package io.cairn.raft.shards;

import io.cairn.raft.group.GroupOptions;
import io.cairn.raft.meta.AddressBook;
import io.cairn.raft.meta.ClusterFile;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.GroupHost;
import io.cairn.raft.meta.Layout;
import io.cairn.raft.meta.MessageTypes;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.MetaOptions;
import io.cairn.raft.meta.NodeDirectory;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node's whole part in a Raft cluster: its meta replica, the replica of the shard that the map gives it, and the
 * reconcilers. Made once per node by the composition root:
 *
 * <pre>
 * AddressBook addresses = new AddressBook();
 * String clusterId = ClusterFile.clusterIdIn(dir);
 * RaftHost host = RaftHost.start(new HostOptions(id, bind, addresses, clusterId, secret));
 * ClusterMember member =
 *         new ClusterMember(options, new RaftHostPort(host), addresses, directory, apply, announcer);
 * member.start();
 * </pre>
 *
 * <p>All that changes the node's part (forming, adoption, opening replicas, reconcilers) runs on one thread,
 * {@code cluster-<port>}. The other methods may be called from any thread.
 */
public final class ClusterMember implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterMember.class);
    private static final String SHARD_DIRECTORY = "shard";
    private static final String SHARD_PREFIX = "shard-";

    /**
     * How a node takes part.
     *
     * @param shardElectionTimeoutMillis of the shard groups, 100..60,000
     * @param shardSegmentBytes size of a segment file of the shard's log
     */
    public record Options(MetaOptions meta, int shardElectionTimeoutMillis, int shardSegmentBytes) {}

    private final Options options;
    private final String selfId;
    private final GroupHost host;
    private final NodeDirectory directory;
    private final ShardApply data;
    private final LeaderAnnouncer announcer;
    private final ScheduledExecutorService clusterThread;
    private final MetaGroup meta;
    private final LeaderTable leaders = new LeaderTable();
    private volatile @Nullable ShardGroup shard;
    private @Nullable ShardReconciler reconciler;
    private @Nullable String warnedOf;
    private volatile boolean closed;
    private boolean broken;

    /**
     * @param directory what gossip knows
     * @param data the shard's records
     * @param announcer spreads word of a new leader, beside the messages that this class sends
     */
    public ClusterMember(
            Options options,
            GroupHost host,
            AddressBook addresses,
            NodeDirectory directory,
            ShardApply data,
            LeaderAnnouncer announcer) {
        this.options = options;
        this.selfId = options.meta().self().id();
        this.host = host;
        this.directory = directory;
        this.data = data;
        this.announcer = announcer;
        int port = options.meta().self().port();
        this.clusterThread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "cluster-" + port);
            thread.setDaemon(true);
            return thread;
        });
        this.meta = new MetaGroup(
                options.meta(), host, addresses, directory, clusterThread, ClusterMember::clockMillis, data::broken);
    }

    /**
     * Opens what the data directory holds; blocks while logs are read. A node in no cluster waits for {@link #form} here
     * or elsewhere, or for an adoption.
     *
     * @throws IOException when the directory is of another node, of a newer format, or lost a log it had
     */
    public void start() throws IOException {
        host.handle(MessageTypes.LEADER, false, this::heardLeader);
        meta.onChange(leaders::take);
        meta.start();
        ClusterFile file = meta.file();
        if (file != null) {
            for (String groupId : file.opened()) {
                if (groupId.startsWith(SHARD_PREFIX)) {
                    openShard(groupId.substring(SHARD_PREFIX.length()), List.of(), List.of());
                }
            }
        }
        clusterThread.scheduleWithFixedDelay(
                this::tick, MetaGroup.TICK_MILLIS, MetaGroup.TICK_MILLIS, TimeUnit.MILLISECONDS);
        meta.onChange(map -> openSoon());
    }

    /** Off the apply thread, for opening a replica reads its log. The next tick would do it, too. */
    private void openSoon() {
        try {
            clusterThread.execute(this::openWanted);
        } catch (RejectedExecutionException e) {
            LOG.debug("node {} stops", selfId, e);
        }
    }

    /** Forms a fresh cluster from this node; see {@link MetaGroup#form}. */
    public CompletableFuture<@Nullable Void> form(Layout layout) {
        return meta.form(layout);
    }

    public MetaGroup meta() {
        return meta;
    }

    public ClusterMap map() {
        return meta.map();
    }

    /** This node's shard replica, or null while it has none. */
    public @Nullable ShardGroup shard() {
        return shard;
    }

    public LeaderTable leaders() {
        return leaders;
    }

    /** Stops the replicas; blocks until their logs are closed, a bounded time. */
    @Override
    public void close() {
        closed = true;
        try {
            // Whatever runs on the cluster thread now is the last that touches the groups.
            clusterThread.submit(() -> {}).get(MetaGroup.CLOSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("node {}: the cluster thread is still busy", selfId, e);
        }
        ShardGroup local = shard;
        if (local != null) {
            local.close();
        }
        meta.close();
        clusterThread.shutdownNow();
    }

    private void tick() {
        if (broken || closed) {
            return;
        }
        try {
            meta.tick();
            openWanted();
            if (reconciler != null) {
                reconciler.tick(meta.map());
            }
        } catch (RuntimeException e) {
            // A scheduled task that throws never runs again, silently; a bug here stops the node instead.
            fail(e);
        }
    }

    /** Opens the replica of the shard that the map gives to this node. */
    private void openWanted() {
        ClusterMap map = meta.map();
        Shard wanted = map.shardOfNode(selfId);
        ShardGroup local = shard;
        if (broken
                || closed
                || wanted == null
                || (local != null && local.shardId().equals(wanted.id()))) {
            return;
        }
        if (local != null) {
            if (!wanted.id().equals(warnedOf)) {
                warnedOf = wanted.id();
                LOG.error(
                        "node {} should have shard {} but holds {}: empty its data directory to move it",
                        selfId,
                        wanted.id(),
                        local.shardId());
            }
            return;
        }
        boolean first = wanted.initialVoters().contains(selfId);
        try {
            openShard(wanted.id(), first ? wanted.initialVoters() : List.of(), List.of());
        } catch (IOException e) {
            fail(e);
        }
    }

    private synchronized void openShard(String shardId, List<String> voters, List<String> learners) throws IOException {
        ClusterFile file = meta.file();
        if (file == null || shard != null) {
            return;
        }
        String groupId = SHARD_PREFIX + shardId;
        Path path = options.meta().directory().resolve(SHARD_DIRECTORY);
        file.requireLog(groupId, path);
        ShardGroup opened = ShardGroup.open(
                shardId,
                new GroupOptions(
                        groupId,
                        path,
                        voters,
                        learners,
                        options.shardElectionTimeoutMillis(),
                        options.meta().fsync(),
                        options.shardSegmentBytes()),
                host,
                data,
                new Announcer());
        file.markOpened(groupId);
        reconciler = new ShardReconciler(selfId, opened, directory, meta::propose, ClusterMember::clockMillis);
        shard = opened;
        LOG.info("node {} opened its replica of shard {}", selfId, shardId);
    }

    private static long clockMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    private void fail(Throwable cause) {
        broken = true;
        LOG.error("node {} cannot go on", selfId, cause);
        data.broken(cause);
    }

    private CompletableFuture<byte[]> heardLeader(String from, byte[] payload) {
        WireReader in = new WireReader(payload);
        String shardId = in.text();
        long term = in.i64();
        in.end();
        leaders.heard(shardId, term, from);
        return CompletableFuture.completedFuture(new byte[0]);
    }

    /** Tells everyone who leads. Lost messages are made good by the claim in the meta map. */
    private final class Announcer implements ShardGroup.LeadershipListener {
        @Override
        public void serves(String shardId, long term) {
            leaders.seenHere(shardId, term, selfId);
            announcer.announce(shardId, term, selfId);
            byte[] message = new WireWriter().text(shardId).i64(term).toBytes();
            for (ClusterNode node : meta.map().activeNodes()) {
                if (!node.id().equals(selfId)) {
                    host.send(node.id(), MessageTypes.LEADER, message);
                }
            }
        }

        @Override
        public void leaderChanged(String shardId, @Nullable String nodeId, long term) {
            leaders.seenHere(shardId, term, nodeId);
        }
    }
}
