package io.cairn.cluster;

import io.cairn.acl.Acl;
import io.cairn.acl.SharedUsers;
import io.cairn.aof.FsyncPolicy;
import io.cairn.cluster.rollout.RolloutControl;
import io.cairn.command.ClusterSettings;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.KeyEvents;
import io.cairn.command.Persistence;
import io.cairn.command.Replication;
import io.cairn.config.AppendFsync;
import io.cairn.config.BadValueException;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.config.ReadConsistency;
import io.cairn.config.ReplicaReads;
import io.cairn.gossip.Gossip;
import io.cairn.gossip.GossipException;
import io.cairn.gossip.SeedAddress;
import io.cairn.gossip.SoftState;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Keyspace;
import io.cairn.metrics.NodeStats;
import io.cairn.mode.ChangeStream;
import io.cairn.mode.MemoryLimit;
import io.cairn.mode.RaftData;
import io.cairn.mode.RaftLimits;
import io.cairn.mode.RaftMode;
import io.cairn.mode.ShardStore;
import io.cairn.pubsub.Hub;
import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.JoinMark;
import io.cairn.raft.meta.MemberRules;
import io.cairn.raft.meta.NodeState;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.shards.MigrationSettings;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.raft.shards.SlotTable;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node of a raft cluster, put together from its configuration: {@link ClusterRuntime}, {@link RaftData}, views. */
public final class RaftNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RaftNode.class);
    /** How long a stop waits for its leaderships to move, milliseconds. */
    private static final long HAND_OVER_MILLIS = 3_000;

    private static final long SECOND_MILLIS = 1_000;

    private final Config config;
    private final ClusterRuntime runtime;
    private final LocalShard local;
    private final RaftView view;
    private final PeerMessages messages;
    private final Hub hub;
    private final RaftPersistence persistence;
    private final RaftMode mode;
    private final Redirects redirects;
    private final Runnable expiry;
    private final RaftLimits limits;
    private final ShardStore store;
    private final ClusterConfig settings;
    private final ClusterUsers users;
    private volatile @Nullable RaftMeters meters;
    private volatile boolean started;
    private volatile @Nullable MixedView mixed;
    private volatile RolloutControl control = new RolloutControl(new OwnMap(), null);
    private long tendedMillis;

    /**
     * What a node is made of.
     *
     * @param directory the node's own
     * @param nodeId 40 hex digits
     * @param mark kept with the node id
     * @param process names the process: nodes of one process are one failure domain
     * @param events told of what happens to the node's keys
     * @param hub pub/sub of this node, which is joined with that of the others here
     * @param clients number of connected clients
     * @param acl the node's users
     * @param background runs what blocks
     * @param memory the node's maxmemory
     * @param startedMillis when this start began, as gossip tells it
     * @param listener told when the node begins or ends to serve, or must stop
     */
    public record Parts(
            Config config,
            Path directory,
            String nodeId,
            JoinMark mark,
            String process,
            String version,
            Keyspace keyspace,
            CommandTable commands,
            NodeStats stats,
            KeyEvents events,
            Hub hub,
            Supplier<Integer> clients,
            Acl acl,
            Executor background,
            MemoryLimit memory,
            ClusterThreads threads,
            Clock clock,
            long startedMillis,
            ShardStore.Listener listener) {}

    /** Binds the Raft port; nothing is loaded yet. */
    public RaftNode(Parts parts) throws IOException {
        this.config = parts.config();
        RaftData data = new RaftData(
                parts.keyspace(),
                parts.commands(),
                parts.stats(),
                parts.events(),
                parts.clock(),
                new TellsMode(parts.listener(), this::slotsChanged));
        this.store = data.store();
        this.runtime =
                new ClusterRuntime(options(parts), parts.threads(), data.store(), new ClusterRuntime.LoadSource() {
                    @Override
                    public long clients() {
                        return parts.clients().get();
                    }

                    @Override
                    public long usedMemoryBytes() {
                        return parts.keyspace().usedBytes();
                    }

                    @Override
                    public long opsPerSecond() {
                        return parts.stats().commandsPerSecond();
                    }
                });
        this.messages = new PeerMessages(
                new RaftAudience(runtime.topology()),
                new RaftCourier(runtime.host()),
                parts.hub(),
                parts.threads().messages());
        this.hub = parts.hub();
        this.local = new LocalShard(runtime.topology(), runtime.member(), runtime.host());
        this.view = new RaftView(runtime.topology(), local);
        this.persistence = new RaftPersistence(
                runtime.member(),
                parts.nodeId(),
                parts.clock(),
                () -> config.get(Keys.CLUSTER_SNAPSHOT_LOG_SIZE),
                () -> config.get(Keys.CLUSTER_SNAPSHOT_LOG_ENTRIES),
                data.store(),
                () -> data.store().reload(parts.directory()));
        this.redirects = new Redirects(
                runtime.topology(),
                () -> config.get(Keys.CLUSTER_REQUIRE_FULL_COVERAGE),
                this::endpointStyle,
                runtime.member().meta()::isGone);
        runtime.topology().coverage(() -> config.get(Keys.CLUSTER_REQUIRE_FULL_COVERAGE), redirects::isDown);
        this.mode = data.mode(
                runtime.shard(),
                redirects,
                parts.memory(),
                () -> config.get(Keys.CLUSTER_REPLICA_READS).kind() == ReplicaReads.Kind.LINEARIZABLE,
                () -> config.get(Keys.CLUSTER_REPLICA_READS).boundMillis(),
                this::proposed);
        store.asks(redirects::ask, mode::redirect);
        mode.tooFewReplicas(() -> {
            long least = config.get(Keys.MIN_REPLICAS_TO_WRITE);
            return least > 0 && local.view().replicas().size() < least;
        });
        this.settings = new ClusterConfig(config, runtime.member().meta());
        this.users = new ClusterUsers(parts.acl(), runtime.member().meta(), parts.directory(), parts.background());
        config.onChange(Keys.CLUSTER_ANNOUNCE_PORT, ports -> announce());
        config.onChange(Keys.CLUSTER_ANNOUNCE_HOSTNAME, name -> announce());
        this.expiry = data.expiry(runtime.shard());
        this.limits = data.limits(runtime.shard());
        runtime.member()
                .migrator()
                .use(
                        mode.traffic(),
                        new MigrationSettings(
                                () -> config.get(Keys.CLUSTER_SLOT_MIGRATION_MAX_RATE),
                                () -> config.get(Keys.CLUSTER_SLOT_MIGRATION_HANDOFF_MAX_LAG_BYTES),
                                () -> config.get(Keys.CLUSTER_SLOT_MIGRATION_WRITE_PAUSE_TIMEOUT)));
        runtime.member().meta().onChange(map -> slotsChanged());
    }

    private void announce() throws BadValueException {
        try {
            runtime.announce(config.announcePort(), config.get(Keys.CLUSTER_ANNOUNCE_HOSTNAME));
        } catch (IllegalArgumentException e) {
            throw new BadValueException(String.valueOf(e.getMessage()));
        }
    }

    /** Who waits for slots to change hands looks again. */
    private void slotsChanged() {
        if (started) {
            mode.slotsChanged();
        }
    }

    /** Tells the mode, after the node, that the shard's slots have changed. */
    private record TellsMode(ShardStore.Listener node, Runnable changed) implements ShardStore.Listener {
        @Override
        public void leading(boolean leading) {
            node.leading(leading);
            changed.run();
        }

        @Override
        public void slotsChanged(SlotTable slots) {
            node.slotsChanged(slots);
            changed.run();
        }

        @Override
        public void broken(Throwable cause) {
            node.broken(cause);
        }
    }

    /** Tells who follows the changes of them; before {@link #start}. */
    public void follow(ChangeStream changes) {
        store.follow(changes);
    }

    /** The commands that only a node of a raft cluster has; {@code node} is asked at each call. */
    public static List<List<Command>> commands(Supplier<RaftNode> node, Supplier<String> newId) {
        LeaderCommands leaders = new LeaderCommands(() -> node.get().runtime, () -> node.get().local);
        return List.of(
                new ClusterCommands(() -> node.get().shown(), true).table(),
                new ConsensusCommands(() -> node.get().control).table(),
                new ClusterAdmin(() -> node.get().runtime, newId).table(),
                new MigrationCommands(() -> node.get().runtime, newId).table(),
                new NodeCommands(() -> node.get().runtime, newId).table(),
                leaders.table(),
                new BackupCommands(
                                () -> node.get().runtime, millis -> node.get().restSnapshots(millis))
                        .table(),
                new WaitCommands(() -> node.get().runtime).table());
    }

    private ClusterView shown() {
        MixedView both = mixed;
        return both == null ? view : both;
    }

    /** Some shards may be gossip's from now on. */
    void show(MixedView both, RolloutControl changes) {
        mixed = both;
        control = changes;
        redirects.elsewhere(both);
    }

    /** A node that has no other mode. */
    private final class OwnMap extends ShownNodes {
        OwnMap() {
            super(() -> runtime.gossip());
        }

        @Override
        public ClusterMap map() {
            return runtime.topology().map();
        }

        @Override
        public String primaryOf(Shard shard) {
            return runtime.topology().printedPrimary(shard);
        }
    }

    RaftView view() {
        return view;
    }

    Redirects redirects() {
        return redirects;
    }

    private static ClusterRuntime.Options options(Parts parts) throws IOException {
        Config config = parts.config();
        String bind = bindHost(config);
        String secret = config.get(Keys.CLUSTER_PEER_SECRET);
        boolean loopback = InetAddress.getByName(bind).isLoopbackAddress();
        PeerCertificates tls = PeerCertificates.of(
                config.get(Keys.CLUSTER_TLS_CERT_FILE),
                config.get(Keys.CLUSTER_TLS_KEY_FILE),
                config.get(Keys.CLUSTER_TLS_CA_CERT_FILE));
        if (!loopback && secret.isEmpty() && tls == null) {
            throw new IOException("peer ports listen beyond loopback only with cluster-peer-secret or"
                    + " cluster-tls-cert-file set (bind " + bind + "); set one, or bind to 127.0.0.1");
        }
        return new ClusterRuntime.Options(
                parts.directory(),
                parts.mark(),
                self(parts, bind),
                new InetSocketAddress(bind, config.raftPort()),
                new InetSocketAddress(bind, config.busPort()),
                source(config.get(Keys.BIND_SOURCE_ADDR)),
                config.get(Keys.CLUSTER_SEEDS).stream()
                        .map(seed -> new SeedAddress(seed.host(), seed.busPort()))
                        .toList(),
                secret,
                tls,
                config.get(Keys.CLUSTER_ELECTION_TIMEOUT),
                fsync(config),
                Math.toIntExact(config.get(Keys.LOG_SEGMENT_SIZE)),
                parts.version(),
                parts.startedMillis(),
                () -> config.get(Keys.CLUSTER_BALANCE_LEADERS),
                rules(config));
    }

    private static MemberRules rules(Config config) {
        return new MemberRules() {
            @Override
            public boolean votes() {
                return !config.get(Keys.CLUSTER_REPLICA_NO_FAILOVER);
            }

            @Override
            public long lostVoterMillis() {
                return config.get(Keys.CLUSTER_LOST_VOTER_TIMEOUT);
            }
        };
    }

    /**
     * The address of {@code bind-source-addr}, tried out: a connection that cannot be bound would only ever show as peers
     * that do not answer.
     */
    static @Nullable InetAddress source(String text) throws IOException {
        if (text.isEmpty()) {
            return null;
        }
        try (Socket probe = new Socket()) {
            InetAddress source = InetAddress.getByName(text);
            probe.bind(new InetSocketAddress(source, 0));
            return source;
        } catch (IOException e) {
            throw new IOException("bind-source-addr " + text + ": not an address of this machine", e);
        }
    }

    private static ClusterNode self(Parts parts, String bind) throws IOException {
        Config config = parts.config();
        String announced = config.get(Keys.CLUSTER_ANNOUNCE_IP);
        String host = announced.isEmpty() ? reachable(bind) : announced;
        String domain = config.get(Keys.FAILURE_DOMAIN);
        return new ClusterNode(
                parts.nodeId(),
                host,
                config.announcePort(),
                config.announceBusPort(),
                config.raftPort(),
                config.get(Keys.CLUSTER_ANNOUNCE_HOSTNAME),
                domain.isEmpty() ? host + "/" + parts.process() : domain,
                NodeState.ACTIVE);
    }

    static String reachable(String bind) throws IOException {
        InetAddress address = InetAddress.getByName(bind);
        return address.isAnyLocalAddress() ? InetAddress.getLocalHost().getHostAddress() : address.getHostAddress();
    }

    static String bindHost(Config config) {
        String first = config.get(Keys.BIND).get(0);
        String host = first.startsWith("-") ? first.substring(1) : first;
        return host.equals("*") ? "0.0.0.0" : host;
    }

    /** Raft mode fsyncs before it acknowledges unless it is told not to, which it says loudly. */
    private static FsyncPolicy fsync(Config config) {
        if (!config.isSet(Keys.APPENDFSYNC)) {
            return FsyncPolicy.ALWAYS;
        }
        AppendFsync chosen = config.get(Keys.APPENDFSYNC);
        if (chosen != AppendFsync.ALWAYS) {
            LOG.warn("appendfsync {} in raft mode: a power loss may lose acknowledged writes", chosen);
        }
        return switch (chosen) {
            case ALWAYS -> FsyncPolicy.ALWAYS;
            case EVERYSEC -> FsyncPolicy.EVERYSEC;
            case NO -> FsyncPolicy.NO;
        };
    }

    private Redirects.EndpointStyle endpointStyle() {
        return switch (config.get(Keys.CLUSTER_PREFERRED_ENDPOINT_TYPE)) {
            case IP -> Redirects.EndpointStyle.IP;
            case HOSTNAME -> Redirects.EndpointStyle.HOSTNAME;
            case UNKNOWN_ENDPOINT -> Redirects.EndpointStyle.UNKNOWN;
        };
    }

    /** Meters of this node's groups and peers; {@code tags} name the node. */
    public void bindMetrics(MeterRegistry registry, Tags tags) {
        meters = new RaftMeters(runtime, registry, tags);
        messages.bindMetrics(registry, tags);
    }

    private void proposed(long nanos) {
        RaftMeters bound = meters;
        if (bound != null) {
            bound.proposed(nanos);
        }
    }

    /** Reads the logs, begins to gossip and to take part. Blocks. */
    public void start() throws IOException, GossipException {
        spread();
        runtime.start();
        started = true;
        mode.slotsChanged();
    }

    /** As {@link #start()}, over gossip of the node's other part ({@link #beside}), which also spreads what is published. */
    public void start(Gossip shared) throws IOException {
        runtime.start(shared);
        started = true;
        mode.slotsChanged();
    }

    /** What gossip of the node's other part is to do for this one. */
    public GossipNode.Beside beside() {
        return new GossipNode.Beside(config.raftPort(), runtime.listener(), own -> {
            if (!started) {
                return own;
            }
            SoftState raft = runtime.softState();
            return runtime.member().shard() == null ? own : raft;
        });
    }

    /** What is published at this node goes to the nodes of the map from now on. */
    public void spread() {
        hub.spread(messages);
    }

    /** The settings on which the cluster agrees. */
    public ClusterSettings settings() {
        return settings;
    }

    /** The users on which the cluster agrees. */
    public SharedUsers users() {
        return users;
    }

    /** Puts the users of the last time in force, before the node listens. Blocks. */
    public void restoreUsers() throws IOException {
        users.restore();
    }

    /** What the shard's log changes. */
    public ShardStore store() {
        return store;
    }

    public RaftMode mode() {
        return mode;
    }

    public Persistence persistence() {
        return persistence;
    }

    /** No snapshot begins by itself for so long; true if none is being written now. Any thread. */
    public boolean restSnapshots(long millis) {
        return persistence.rest(millis);
    }

    public Replication replication() {
        return local;
    }

    public ClusterRuntime runtime() {
        return runtime;
    }

    /** "master" or "replica", as HELLO says it. */
    public String role() {
        return local.view().primary() == null ? "master" : "replica";
    }

    /** True when this node's shard has a leader and its map is known. */
    public boolean ready() {
        ShardGroup shard = runtime.member().shard();
        return started && shard != null && shard.leader() != null;
    }

    /** Some ten times a second, on one thread. */
    public void tick(long nowMillis) {
        if (!started) {
            return;
        }
        expiry.run();
        store.tidy();
        limits.check();
        mode.tick();
        redirects.look(
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime()),
                config.get(Keys.CLUSTER_NODE_TIMEOUT),
                config.get(Keys.CLUSTER_ALLOW_READS_WHEN_DOWN));
        ShardGroup shard = runtime.member().shard();
        if (shard != null) {
            shard.useLeases(config.get(Keys.CLUSTER_READ_CONSISTENCY) == ReadConsistency.LEASE);
        }
        if (nowMillis - tendedMillis >= SECOND_MILLIS) {
            tendedMillis = nowMillis;
            persistence.tend();
            runtime.lookForCertificates();
            RaftMeters bound = meters;
            if (bound != null) {
                bound.refresh();
            }
        }
    }

    /** What the node's settings say. */
    public void limits(DataLimits wanted) {
        limits.want(wanted);
    }

    /**
     * Before a stop, while clients are still served: hands the leadership of shard and meta group to voters that hold all
     * and will live, and takes none from then on. Blocks a bounded time.
     *
     * @return whether another node serves this node's shard now
     */
    public boolean leave() {
        List<CompletableFuture<?>> transfers = new ArrayList<>();
        ShardGroup shard = runtime.member().shard();
        boolean served = shard != null && shard.isServing();
        if (shard != null) {
            shard.leave();
            String heir = served ? heir(shard.status(), this::willLive) : null;
            if (heir != null) {
                transfers.add(told(shard.transferLeadership(heir), "shard " + shard.shardId(), heir));
            }
        }
        RaftGroup meta = runtime.member().meta().group();
        if (meta != null) {
            meta.leave();
            String heir = meta.isLeader() ? heir(meta.status(), this::willLive) : null;
            if (heir != null) {
                transfers.add(told(meta.transferLeadership(heir), "the meta group", heir));
            }
        }
        try {
            CompletableFuture.allOf(transfers.toArray(new CompletableFuture<?>[0]))
                    .get(HAND_OVER_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("stopping with leadership left", e);
        }
        return served && shard != null && !shard.isServing();
    }

    private static CompletableFuture<?> told(CompletableFuture<?> transfer, String what, String heir) {
        return transfer.whenComplete((done, failure) -> {
            if (failure == null) {
                LOG.info("leadership of {} was handed to {} before the stop", what, heir);
            } else {
                LOG.warn("leadership of {} was not handed over before the stop: {}", what, failure.toString());
            }
        });
    }

    /** Alive, and not of this process, which is about to end. */
    private boolean willLive(String nodeId) {
        ClusterNode node = runtime.topology().map().node(nodeId);
        return node != null
                && !node.domain().equals(runtime.topology().self().domain())
                && runtime.topology().health().alive(nodeId);
    }

    /** The live voter that holds most of the log, or null: a learner cannot lead, however much it holds. */
    static @Nullable String heir(GroupStatus status, Predicate<String> alive) {
        return status.matchIndexes().entrySet().stream()
                .filter(match -> status.voters().contains(match.getKey()) && alive.test(match.getKey()))
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(null);
    }

    @Override
    public void close() {
        started = false;
        messages.close();
        runtime.close();
    }
}
