package io.cairn.raft.shards;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.GroupOptions;
import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.ReadBarrier;
import io.cairn.raft.meta.AddressBook;
import io.cairn.raft.meta.ClusterFile;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.Departure;
import io.cairn.raft.meta.DurableFile;
import io.cairn.raft.meta.GroupHost;
import io.cairn.raft.meta.Layout;
import io.cairn.raft.meta.MessageTypes;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.MetaOptions;
import io.cairn.raft.meta.NodeDirectory;
import io.cairn.raft.meta.Rollout;
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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
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
     * @param balanceLeaders asked again and again: whether leaders spread over the processes by themselves
     */
    public record Options(
            MetaOptions meta, int shardElectionTimeoutMillis, int shardSegmentBytes, BooleanSupplier balanceLeaders) {
        /** Leaders stay where they are. */
        public Options(MetaOptions meta, int shardElectionTimeoutMillis, int shardSegmentBytes) {
            this(meta, shardElectionTimeoutMillis, shardSegmentBytes, () -> false);
        }
    }

    private final Options options;
    private final String selfId;
    private final GroupHost host;
    private final NodeDirectory directory;
    private final ShardApply data;
    private final LeaderAnnouncer announcer;
    private final ScheduledExecutorService clusterThread;
    private final MetaGroup meta;
    private final LeaderTable leaders = new LeaderTable();
    private final Migrator migrator;
    private volatile @Nullable ShardGroup shard;
    private @Nullable ShardReconciler reconciler;
    private volatile boolean forms = true;
    private volatile Predicate<String> opensShard = shardId -> true;
    private volatile boolean closed;
    private boolean broken;
    private boolean confirming;
    private final AtomicBoolean soon = new AtomicBoolean();

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
        this.migrator = new Migrator(
                selfId, port, meta, host, leaders, () -> shard, ClusterMember::clockMillis, System::currentTimeMillis);
    }

    /**
     * Opens what the data directory holds; blocks while logs are read. A node in no cluster waits for {@link #form} here
     * or elsewhere, or for an adoption.
     *
     * @throws IOException when the directory is of another node, of a newer format, or lost a log it had
     */
    public void start() throws IOException {
        host.handle(MessageTypes.LEADER, false, this::heardLeader);
        migrator.start();
        meta.onChange(leaders::take);
        meta.start();
        ClusterFile file = meta.file();
        if (file != null) {
            if (file.isGivingUp()) {
                deleteShard(file);
            }
            for (String groupId : file.opened()) {
                if (groupId.startsWith(SHARD_PREFIX) && !meta.isGone()) {
                    openShard(groupId.substring(SHARD_PREFIX.length()), List.of(), List.of());
                }
            }
        }
        clusterThread.scheduleWithFixedDelay(
                this::tick, MetaGroup.TICK_MILLIS, MetaGroup.TICK_MILLIS, TimeUnit.MILLISECONDS);
        meta.onChange(map -> soon());
    }

    /** Off the apply thread, for opening a replica reads its log. The next tick would do it, too. */
    private void soon() {
        try {
            if (soon.compareAndSet(false, true)) {
                clusterThread.execute(() -> {
                    soon.set(false);
                    reconcile();
                });
            }
        } catch (RejectedExecutionException e) {
            LOG.debug("node {} stops", selfId, e);
        }
    }

    private void reconcile() {
        if (broken || closed) {
            return;
        }
        try {
            openWanted();
            if (reconciler != null) {
                reconciler.tick(meta.map());
                ShardGroup local = shard;
                if (local != null) {
                    migrator.tick(meta.map(), local);
                }
            }
        } catch (RuntimeException e) {
            // A scheduled task that throws never runs again, silently; a bug here stops the node instead.
            fail(e);
        }
    }

    /**
     * Asked with a shard's id before its replica is opened here; a no is asked again. The group has the members that its directory says, never those that
     * the map began with: an empty log of such a node has lost what it voted for. Before {@link #start}.
     */
    public void opensShard(Predicate<String> may) {
        opensShard = may;
        forms = false;
    }

    /** There may be a replica to open now. Any thread. */
    public void look() {
        soon();
    }

    /**
     * Closes the replica of a shard that is not the map's any more and leaves its data and files to the caller; nothing is applied once this completes.
     * Completes at once when there is none.
     */
    public CompletableFuture<@Nullable Void> closeShard() {
        return CompletableFuture.runAsync(
                () -> {
                    ShardGroup local = shard;
                    reconciler = null;
                    shard = null;
                    if (local != null) {
                        local.close();
                    }
                },
                clusterThread);
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

    /** Atomic migrations from and to this node's shard. */
    public Migrator migrator() {
        return migrator;
    }

    /** Stops the replicas; blocks until their logs are closed, a bounded time. */
    @Override
    public void close() {
        closed = true;
        migrator.close();
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
        } catch (RuntimeException e) {
            // A scheduled task that throws never runs again, silently; a bug here stops the node instead.
            fail(e);
        }
        reconcile();
    }

    /** Opens the replica of the shard that the map gives to this node; gives up one that it takes away. */
    private void openWanted() {
        ClusterMap map = meta.map();
        Shard wanted = map.shardOfNode(selfId);
        ShardGroup local = shard;
        if (broken || closed) {
            return;
        }
        if (meta.isGone()) {
            if (local != null) {
                retire(local);
            }
            return;
        }
        if (local != null) {
            if (isUnwanted(map, local)) {
                confirmThenGiveUp(local);
            }
            return;
        }
        ClusterFile file = meta.file();
        if (wanted == null || file == null || file.hasLeft(wanted.groupId())) {
            return;
        }
        boolean first = forms && wanted.initialVoters().contains(selfId);
        try {
            openShard(wanted.id(), first ? wanted.initialVoters() : List.of(), List.of());
        } catch (IOException e) {
            fail(e);
        }
    }

    /** A shard that has yet to settle without this node keeps its replica: its vote may be needed for that. */
    private boolean isUnwanted(ClusterMap map, ShardGroup local) {
        Shard wanted = map.shardOfNode(selfId);
        Departure way = map.departures().get(selfId);
        Rollout rollout = Rollout.of(map);
        if (rollout != null && rollout.back().containsKey(local.shardId())) {
            return false; // Its data goes on in gossip mode: who has it there closes the replica.
        }
        boolean stays = wanted != null && wanted.id().equals(local.shardId());
        boolean leaving = way != null && way.fromShard().equals(local.shardId());
        return map.isFormed() && !stays && !leaving && !isCounted(local);
    }

    /** The group's leader, as long as this replica hears from it, has yet to change the voters, whatever the map says. Who hears from none cannot know. */
    private boolean isCounted(ShardGroup local) {
        GroupStatus status = local.status();
        return status.leader() != null
                && (status.voters().contains(selfId) || status.oldVoters().contains(selfId));
    }

    /** The map may be an old one that is being read from the log: only one that is known to be current takes data away. */
    private void confirmThenGiveUp(ShardGroup local) {
        RaftGroup group = meta.group();
        if (confirming || group == null) {
            return;
        }
        confirming = true;
        group.readBarrier(new ReadBarrier() {
            @Override
            public void passed() {
                confirmed(local, true);
            }

            @Override
            public void refused(Failure failure) {
                confirmed(local, false);
            }
        });
    }

    private void confirmed(ShardGroup local, boolean current) {
        try {
            clusterThread.execute(() -> {
                confirming = false;
                if (current && !broken && !closed && shard == local && isUnwanted(meta.map(), local)) {
                    giveUp(local);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("node {} stops", selfId, e);
        }
    }

    /** Nobody counts on this node any more: it serves nothing. What it has on disk stays until it is reset. */
    private void retire(ShardGroup local) {
        LOG.warn("node {} was removed: it closes its replica of shard {}", selfId, local.shardId());
        reconciler = null;
        shard = null;
        local.close();
        data.givenUp();
    }

    private void giveUp(ShardGroup local) {
        LOG.info("node {} gives up its replica of shard {}", selfId, local.shardId());
        ClusterFile file = meta.file();
        try {
            reconciler = null;
            shard = null;
            local.close();
            if (file != null) {
                file.markGivenUp(SHARD_PREFIX + local.shardId());
                data.givenUp();
                deleteShard(file);
            }
        } catch (IOException e) {
            fail(e);
        }
    }

    private void deleteShard(ClusterFile file) throws IOException {
        DurableFile.deleteTree(options.meta().directory().resolve(SHARD_DIRECTORY));
        file.markDeleted();
    }

    private synchronized void openShard(String shardId, List<String> voters, List<String> learners) throws IOException {
        ClusterFile file = meta.file();
        if (file == null || shard != null || !opensShard.test(shardId)) {
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
        reconciler = new ShardReconciler(
                selfId,
                opened,
                directory,
                new LeaderSpread(selfId, leaders, directory, options.balanceLeaders(), ClusterMember::clockMillis),
                meta::propose,
                meta::current,
                ClusterMember::clockMillis);
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
        ShardGroup local = shard;
        if (local != null && local.shardId().equals(shardId)) {
            local.served(term);
        }
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
        public void controlApplied() {
            soon();
        }

        @Override
        public void leaderChanged(String shardId, @Nullable String nodeId, long term) {
            leaders.seenHere(shardId, term, nodeId);
        }
    }
}
