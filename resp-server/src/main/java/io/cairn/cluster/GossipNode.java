package io.cairn.cluster;

import io.cairn.cluster.rollout.RolloutControl;
import io.cairn.command.Command;
import io.cairn.command.MovingKeys;
import io.cairn.config.BadValueException;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.gossip.Gossip;
import io.cairn.gossip.GossipException;
import io.cairn.gossip.GossipListener;
import io.cairn.gossip.GossipOptions;
import io.cairn.gossip.NodeInfo;
import io.cairn.gossip.Peer;
import io.cairn.gossip.SeedAddress;
import io.cairn.gossip.SoftState;
import io.cairn.gossip.claims.ClaimSettings;
import io.cairn.gossip.claims.NodesFile;
import io.cairn.gossip.claims.Picture;
import io.cairn.gossip.claims.Place;
import io.cairn.gossip.claims.Saved;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Slots;
import io.cairn.metrics.NodeStats;
import io.cairn.mode.BlockedKeys;
import io.cairn.mode.ReplicationRole;
import io.cairn.mode.SlotGuard;
import io.cairn.pubsub.Hub;
import io.cairn.resp.ConnectionRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node of a cluster in gossip mode, put together from its configuration: claims, gossip, views, pub/sub between nodes. */
public final class GossipNode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GossipNode.class);
    private static final long SECOND_MILLIS = 1_000;

    private final Parts parts;
    private final Config config;
    private final ClaimsRunner claims;
    private final ClaimsView view;
    private final GossipData data;
    private final PeerMessages messages;
    private final @Nullable PeerCertificates tls;
    private final long startedMillis = System.currentTimeMillis();
    private @Nullable Saved saved;
    private @Nullable Beside beside;
    private volatile @Nullable MixedView mixed;
    private volatile RolloutControl control = new RolloutControl(new OwnClaims(), null);
    private volatile boolean rests;
    private boolean loaded;
    private long tendedMillis;

    /**
     * What a node is made of.
     *
     * @param directory the node's own
     * @param nodeId 40 hex digits
     * @param process names the process: nodes of one process fail together
     * @param role,keys asked once the node has started
     * @param follows whether another node makes the changes of this one's data
     * @param fatal ends the process
     */
    public record Parts(
            Config config,
            Path directory,
            String nodeId,
            String process,
            String version,
            Keyspace keyspace,
            NodeStats stats,
            Hub hub,
            BlockedKeys blocked,
            ConnectionRegistry connections,
            GossipClusterThreads threads,
            Supplier<ReplicationRole> role,
            Supplier<MovingKeys> keys,
            BooleanSupplier follows,
            Consumer<Throwable> fatal) {}

    /** Nothing is read or bound yet. */
    public GossipNode(Parts parts) throws IOException {
        this.parts = parts;
        this.config = parts.config();
        String bind = RaftNode.bindHost(config);
        this.tls = PeerCertificates.of(
                config.get(Keys.CLUSTER_TLS_CERT_FILE),
                config.get(Keys.CLUSTER_TLS_KEY_FILE),
                config.get(Keys.CLUSTER_TLS_CA_CERT_FILE));
        if (!InetAddress.getByName(bind).isLoopbackAddress()
                && config.get(Keys.CLUSTER_PEER_SECRET).isEmpty()
                && tls == null) {
            throw new IOException("the gossip port listens beyond loopback only with cluster-peer-secret or"
                    + " cluster-tls-cert-file set (bind " + bind + "); set one, or bind to 127.0.0.1");
        }
        this.data = new GossipData(
                parts.keyspace(),
                parts.connections(),
                new InOrderExecutor(parts.threads().roles()),
                parts.role(),
                parts.keys(),
                this::isBack);
        GossipCourier courier = new GossipCourier();
        this.claims = new ClaimsRunner(
                new ClaimsRunner.Options(
                        parts.directory(),
                        parts.nodeId(),
                        place(),
                        config.get(Keys.CLUSTER_REPLICA_NO_FAILOVER),
                        settings(),
                        data,
                        parts.fatal()),
                parts.threads().newClaims(),
                courier::message,
                this::changed);
        courier.over(claims);
        this.view = new ClaimsView(
                claims,
                () -> config.get(Keys.CLUSTER_REQUIRE_FULL_COVERAGE),
                () -> config.get(Keys.CLUSTER_ALLOW_READS_WHEN_DOWN),
                this::endpointStyle,
                data::offset,
                parts.follows());
        this.messages = new PeerMessages(
                new GossipAudience(claims::picture),
                courier,
                parts.hub(),
                parts.threads().messages());
        parts.hub().spread(messages);
        config.onChange(Keys.CLUSTER_ANNOUNCE_PORT, ports -> announce());
        config.onChange(Keys.CLUSTER_ANNOUNCE_HOSTNAME, name -> announce());
        config.onChange(Keys.CLUSTER_REPLICA_NO_FAILOVER, never -> announce());
    }

    /** One thing after the other, on whatever thread of a pool is free. */
    private static final class InOrderExecutor implements Executor {
        private final Executor pool;
        private java.util.concurrent.CompletableFuture<?> last =
                java.util.concurrent.CompletableFuture.completedFuture(null);

        InOrderExecutor(Executor pool) {
            this.pool = pool;
        }

        @Override
        public synchronized void execute(Runnable task) {
            last = last.handleAsync(
                    (done, failure) -> {
                        if (failure != null) {
                            LOG.error("a node's data is not as its cluster wants it", failure);
                        }
                        task.run();
                        return null;
                    },
                    pool);
        }
    }

    private Place place() throws IOException {
        String announced = config.get(Keys.CLUSTER_ANNOUNCE_IP);
        return new Place(
                announced.isEmpty() ? RaftNode.reachable(RaftNode.bindHost(config)) : announced,
                config.announcePort(),
                config.announceBusPort(),
                config.get(Keys.CLUSTER_ANNOUNCE_HOSTNAME));
    }

    private void announce() throws BadValueException {
        Place now;
        try {
            now = place();
        } catch (IOException e) {
            throw new BadValueException(String.valueOf(e.getMessage()));
        }
        boolean never = config.get(Keys.CLUSTER_REPLICA_NO_FAILOVER);
        if (loaded) {
            claims.run(admin -> admin.announce(now, never));
        }
        Gossip running = claims.gossip();
        if (running != null) {
            running.update(running.self().withEndpoint(now.host(), now.port(), now.hostname()));
        }
    }

    private ClaimSettings settings() {
        return new ClaimSettings() {
            @Override
            public long nodeTimeoutMillis() {
                return config.get(Keys.CLUSTER_NODE_TIMEOUT);
            }

            @Override
            public long validityFactor() {
                return config.get(Keys.CLUSTER_REPLICA_VALIDITY_FACTOR);
            }

            @Override
            public long replicaPingMillis() {
                return config.get(Keys.REPL_PING_REPLICA_PERIOD) * SECOND_MILLIS;
            }

            @Override
            public long migrationBarrier() {
                return config.get(Keys.CLUSTER_MIGRATION_BARRIER);
            }

            @Override
            public boolean allowReplicaMigration() {
                return config.get(Keys.CLUSTER_ALLOW_REPLICA_MIGRATION);
            }
        };
    }

    private Redirects.EndpointStyle endpointStyle() {
        return switch (config.get(Keys.CLUSTER_PREFERRED_ENDPOINT_TYPE)) {
            case IP -> Redirects.EndpointStyle.IP;
            case HOSTNAME -> Redirects.EndpointStyle.HOSTNAME;
            case UNKNOWN_ENDPOINT -> Redirects.EndpointStyle.UNKNOWN;
        };
    }

    /** The commands that only a node of a cluster in gossip mode has; {@code node} is asked at each call. */
    public static List<List<Command>> commands(Supplier<GossipNode> node, Supplier<String> newId) {
        ClaimsCommands changes = new ClaimsCommands(() -> node.get().claims, newId);
        return List.of(
                new ClusterCommands(() -> node.get().shown(), false).table(),
                changes.table(),
                new ConsensusCommands(() -> node.get().control).table());
    }

    private ClusterView shown() {
        MixedView both = mixed;
        return both == null ? view : both;
    }

    /** Some shards may be raft's from now on. */
    void show(MixedView both, RolloutControl changes) {
        mixed = both;
        control = changes;
        view.beside(both);
    }

    /** A node that has no other mode. */
    private final class OwnClaims extends ShownNodes {
        OwnClaims() {
            super(GossipNode.this::gossip);
        }

        @Override
        public Picture picture() {
            return claims.picture();
        }
    }

    ClaimsView view() {
        return view;
    }

    ClaimsRunner claims() {
        return claims;
    }

    /**
     * What else a node does over its gossip.
     *
     * @param raftPort told to the others: this node can take part in Raft groups
     * @param listener hears of the members as well
     * @param state adds what it knows to the node's soft state
     */
    public record Beside(int raftPort, GossipListener listener, UnaryOperator<SoftState> state) {}

    /** Before {@link #start}. */
    public void beside(Beside other) {
        beside = other;
    }

    /** Gossip, once it has started. */
    public @Nullable Gossip gossip() {
        return claims.gossip();
    }

    /** When this start began, as gossip tells it; milliseconds. */
    public long startedMillis() {
        return startedMillis;
    }

    /** Another part of the node says who may wait or listen here from now on. */
    public void rests() {
        rests = true;
        data.rests();
    }

    /** @param upTo the primary whose data the node has as of now, null if it has nobody's */
    public void goesOn(@Nullable String upTo) {
        rests = false;
        data.goesOn(upTo);
        if (loaded) {
            parts.hub().spread(messages);
            changed();
        }
    }

    /** Which calls the node takes. */
    public SlotGuard guard() {
        return new SlotGuard(parts.keyspace(), view);
    }

    /** Whether the node was a replica when it stopped; before its data is loaded. Blocks. */
    public boolean wasReplica() throws IOException {
        Saved before = NodesFile.read(parts.directory());
        return before != null && !before.self().isPrimary();
    }

    /** The data is loaded: reads nodes.conf. Blocks. */
    public void load() throws IOException {
        load(data.hasData());
    }

    /** @param hasData whether the node has what it had when it stopped, if that was anything */
    public void load(boolean hasData) throws IOException {
        saved = claims.load(!hasData);
        loaded = true;
    }

    /** Joins the others. */
    public void start() throws IOException, GossipException {
        String secret = config.get(Keys.CLUSTER_PEER_SECRET);
        Place place = claims.picture().self().place();
        String domain = config.get(Keys.FAILURE_DOMAIN);
        NodeInfo info = new NodeInfo(
                parts.nodeId(),
                startedMillis,
                place.host(),
                place.port(),
                place.busPort(),
                beside == null ? 0 : beside.raftPort(),
                domain.isEmpty() ? place.host() + "/" + parts.process() : domain,
                "",
                place.hostname(),
                parts.version());
        PeerCertificates certificates = tls;
        Function<Boolean, SSLEngine> engines = certificates;
        Gossip running = Gossip.start(
                new GossipOptions(
                        parts.threads().gossip(),
                        RaftNode.bindHost(config),
                        config.busPort(),
                        RaftNode.source(config.get(Keys.BIND_SOURCE_ADDR)),
                        info,
                        seeds(),
                        secret,
                        engines,
                        this::softState),
                beside == null ? claims : new BothListen(claims, beside.listener()));
        claims.start(running, saved);
    }

    /** The node listens: it follows whom the claims say. */
    public void serve() {
        data.start();
    }

    private List<SeedAddress> seeds() {
        return config.get(Keys.CLUSTER_SEEDS).stream()
                .map(seed -> new SeedAddress(seed.host(), seed.busPort()))
                .toList();
    }

    private SoftState softState() {
        Beside other = beside;
        SoftState own = ownState();
        return other == null ? own : other.state().apply(own);
    }

    private SoftState ownState() {
        return new SoftState(
                0,
                parts.connections().count(),
                parts.keyspace().usedBytes(),
                parts.stats().commandsPerSecond(),
                0,
                claims.picture().self().isPrimary(),
                "",
                "",
                0,
                data.offset());
    }

    /** Who waits or listens for slots that went away is told. On the claims' thread. */
    private void changed() {
        if (rests) {
            return;
        }
        parts.hub().serves(channel -> isHere(Slots.of(channel)));
        parts.connections().tracking().slotsChanged(this::isHere);
        parts.blocked()
                .slotsChanged(
                        slot -> isHere(slot) || claims.picture().importing().containsKey(slot));
    }

    /** A slot that was lost and is, or is to be, this node's again. */
    private boolean isBack(int slot) {
        Picture picture = claims.picture();
        return picture.self().id().equals(picture.owners()[slot])
                || picture.importing().containsKey(slot);
    }

    /**
     * Why nobody may follow this node's data now, or null. Who follows a primary that has lost its data loses it, too; and one without slots or
     * data may be one that has lost its nodes.conf besides. Any thread.
     */
    public @Nullable String followersRefusal() {
        Picture picture = claims.picture();
        String self = picture.self().id();
        boolean nothing = picture.slotsOf(self).isEmpty() && !data.hasData();
        boolean refuses = picture.self().empty() || (picture.self().isPrimary() && nothing);
        return refuses
                ? "NOMASTERLINK Can't SYNC while this primary has neither slots nor data, or has lost its data"
                : null;
    }

    private boolean isHere(int slot) {
        Picture picture = claims.picture();
        String owner = picture.owners()[slot];
        return picture.self().id().equals(owner)
                || (owner != null && owner.equals(picture.self().primaryId()));
    }

    private record BothListen(GossipListener first, GossipListener second) implements GossipListener {
        @Override
        public void joined(Peer peer) {
            first.joined(peer);
            second.joined(peer);
        }

        @Override
        public void updated(Peer peer) {
            first.updated(peer);
            second.updated(peer);
        }

        @Override
        public void suspected(Peer peer) {
            first.suspected(peer);
            second.suspected(peer);
        }

        @Override
        public void recovered(Peer peer) {
            first.recovered(peer);
            second.recovered(peer);
        }

        @Override
        public void left(Peer peer) {
            first.left(peer);
            second.left(peer);
        }

        @Override
        public void message(byte[] message) {
            first.message(message);
        }
    }

    /** Some ten times a second, on one thread. */
    public void tick(long nowMillis) {
        if (!loaded || nowMillis - tendedMillis < SECOND_MILLIS) {
            return;
        }
        tendedMillis = nowMillis;
        PeerCertificates certificates = tls;
        if (certificates != null) {
            certificates.look();
        }
        Picture picture = claims.picture();
        if (picture.nodes().size() == 1 && claims.gossip() != null) {
            for (SeedAddress seed : seeds()) {
                String bus = seed.host() + ":" + seed.busPort();
                if (!bus.equals(picture.self().place().bus())) {
                    claims.run(admin -> admin.join(bus));
                }
            }
        }
    }

    /** True when the node answers for its slots, or follows who does. */
    public boolean ready() {
        return loaded && view.figures().isUp();
    }

    public void bindMetrics(MeterRegistry registry, Tags tags) {
        messages.bindMetrics(registry, tags);
    }

    @Override
    public void close() {
        messages.close();
        claims.close();
    }
}
