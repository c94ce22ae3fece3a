package io.cairn.gossip;

import io.scalecube.cluster.Cluster;
import io.scalecube.cluster.ClusterConfig;
import io.scalecube.cluster.ClusterImpl;
import io.scalecube.cluster.ClusterMessageHandler;
import io.scalecube.cluster.membership.MembershipEvent;
import io.scalecube.cluster.metadata.MetadataCodec;
import io.scalecube.cluster.transport.api.Message;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node's gossip: ScaleCube (SWIM membership, failure detection) over {@link PeerTransport}, our own spreading of soft
 * state, and the {@link Roster} that others read.
 *
 * <p>Soft state does not ride on ScaleCube's gossip, which sends every rumour by itself, some {@code fanout * log n}
 * times per node: 27 nodes twice a second would be tens of thousands of messages. Instead each node sends all states it
 * knows to a few others per round; the newest sequence wins.
 */
final class SwimGossip implements Gossip, PeerTransport.Observer {
    /** Time for the goodbye at {@link #close}, in milliseconds. */
    static final long LEAVE_TIMEOUT_MILLIS = 2_000;

    private static final Logger log = LoggerFactory.getLogger(Gossip.class);

    // SWIM finds what hangs or is cut off: suspected after 1 to 2 s, dead log2(n) intervals later. It is slow on
    // purpose: a
    // loaded machine pauses for hundreds of milliseconds, and false accusations make more load. A dead process is found
    // much sooner, by its closed and refused connections (Roster.REFUSED_DEAD_MILLIS).
    private static final int PING_INTERVAL_MILLIS = 1_000;
    private static final int PING_TIMEOUT_MILLIS = 600;
    private static final int INDIRECT_PINGS = 3;
    private static final int SUSPICION_MULTIPLIER = 1;
    private static final int GOSSIP_INTERVAL_MILLIS = 200;
    private static final int GOSSIP_FANOUT = 3;
    private static final int GOSSIP_REPEAT = 1;
    private static final int SYNC_INTERVAL_MILLIS = 5_000;
    private static final int SYNC_TIMEOUT_MILLIS = 1_000;
    private static final int METADATA_TIMEOUT_MILLIS = 1_000;
    /** Nodes that get our soft states in one round. */
    private static final int STATE_FANOUT = 4;

    /** Messages with soft states that wait; more are dropped, as newer ones follow. */
    private static final int MAX_UNREAD_STATES = 32;

    private static final long START_TIMEOUT_MILLIS = 5_000;

    private final GossipOptions options;
    private final GossipThreads threads;
    private final Roster roster;
    private final GossipListener listener;
    private final PeerTransport transport;
    private final AtomicInteger unreadStates = new AtomicInteger();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Throttle complaints = new Throttle(10_000, System::currentTimeMillis);
    private @Nullable Cluster cluster;
    private @Nullable Seeds seeds;
    private @Nullable ScheduledFuture<?> stateRounds;
    private @Nullable ScheduledFuture<?> seedRounds;
    private volatile NodeInfo self;
    private volatile SoftState state = SoftState.EMPTY;
    private volatile List<String> lost = List.of();
    /** A seed answered: those we learned of must hear of us. */
    private volatile boolean announceSoon;

    private final long startedAtMillis = System.currentTimeMillis();

    private SwimGossip(GossipOptions options, GossipListener listener, InetSocketAddress bind) {
        this.options = options;
        this.threads = options.threads();
        this.self = options.self();
        this.listener = listener;
        this.roster = new Roster(this::onEvents, listener, self, System::currentTimeMillis);
        this.transport = new PeerTransport(
                threads.io().next(),
                new PeerKey(options.secret()),
                new WireCodec(roster),
                bind,
                options.source(),
                options.tls(),
                self.host() + ":" + self.busPort(),
                this);
    }

    static SwimGossip start(GossipOptions options, GossipListener listener) throws GossipException {
        InetSocketAddress bind = bindAddress(options);
        SwimGossip gossip = new SwimGossip(options, listener, bind);
        gossip.startUp();
        return gossip;
    }

    private static InetSocketAddress bindAddress(GossipOptions options) throws GossipException {
        try {
            InetAddress address = InetAddress.getByName(options.bindHost());
            if (!address.isLoopbackAddress() && options.secret().isEmpty() && options.tls() == null) {
                throw new GossipException("gossip does not listen on " + options.bindHost()
                        + " without cluster-peer-secret or cluster-tls-cert-file: anybody could join");
            }
            return new InetSocketAddress(address, options.bindPort());
        } catch (UnknownHostException e) {
            throw new GossipException("gossip cannot listen on " + options.bindHost() + ": unknown host", e);
        }
    }

    private void startUp() throws GossipException {
        ClusterImpl starting = new ClusterImpl(config())
                .transportFactory(() -> ignored -> transport)
                .handler(any -> new ClusterMessageHandler() {
                    @Override
                    public void onMembershipEvent(MembershipEvent event) {
                        onEvents(() -> membership(event));
                    }
                });
        try {
            cluster = starting.start().block(Duration.ofMillis(START_TIMEOUT_MILLIS));
        } catch (RuntimeException e) {
            transport.stop().subscribe();
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new GossipException(
                    "gossip cannot start on " + options.bindHost() + ":" + options.bindPort() + ": "
                            + cause.getMessage(),
                    e);
        }
        Seeds asking =
                new Seeds(options.seeds(), transport, roster, () -> lost, starting.member(), () -> announceSoon = true);
        seeds = asking;
        stateRounds = threads.events()
                .scheduleWithFixedDelay(
                        () -> guarded("soft state", this::stateRound),
                        0,
                        GossipOptions.STATE_INTERVAL_MILLIS,
                        TimeUnit.MILLISECONDS);
        seedRounds = threads.seeds()
                .scheduleWithFixedDelay(
                        () -> guarded("seeds", asking::ask), 0, Seeds.ROUND_MILLIS, TimeUnit.MILLISECONDS);
    }

    private ClusterConfig config() {
        return ClusterConfig.defaultConfig()
                .memberId(self.nodeId() + "-" + startedAtMillis + "-" + Long.toHexString(System.nanoTime()))
                .externalHost(self.host())
                .externalPort(self.busPort())
                .metadata(FactsCodec.info(self))
                .metadataCodec(new PlainMetadata())
                .metadataTimeout(METADATA_TIMEOUT_MILLIS)
                .transport(t -> t.messageCodec(new WireCodec(roster)))
                .failureDetector(f -> f.pingInterval(PING_INTERVAL_MILLIS)
                        .pingTimeout(PING_TIMEOUT_MILLIS)
                        .pingReqMembers(INDIRECT_PINGS))
                .gossip(g -> g.gossipInterval(GOSSIP_INTERVAL_MILLIS)
                        .gossipFanout(GOSSIP_FANOUT)
                        .gossipRepeatMult(GOSSIP_REPEAT))
                .membership(m -> m.namespace(MessageRules.NAMESPACE)
                        .suspicionMult(SUSPICION_MULTIPLIER)
                        .syncInterval(SYNC_INTERVAL_MILLIS)
                        .syncTimeout(SYNC_TIMEOUT_MILLIS));
    }

    /** Metadata is bytes already. */
    private static final class PlainMetadata implements MetadataCodec {
        @Override
        public Object deserialize(ByteBuffer buffer) {
            return bytes(buffer);
        }

        @Override
        public ByteBuffer serialize(Object metadata) {
            return ByteBuffer.wrap((byte[]) metadata);
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    private void onEvents(Runnable task) {
        try {
            threads.events().execute(() -> guarded("event", task));
        } catch (RejectedExecutionException e) {
            log.debug("gossip {}: an event came after the end", self.clientPort());
        }
    }

    /** Keeps one failure from ending a periodic task or the events thread's order. */
    private void guarded(String what, Runnable task) {
        try {
            if (!closed.get()) {
                task.run();
            }
        } catch (RuntimeException e) {
            long held = complaints.pass();
            if (held >= 0) {
                log.error("gossip {}: {} failed ({} more before)", self.clientPort(), what, held, e);
            }
        }
    }

    private void membership(MembershipEvent event) {
        String memberId = event.member().id();
        if (event.isLeaving() || event.isRemoved()) {
            roster.removed(memberId, event.isLeaving());
        } else if (event.newMetadata() != null) {
            try {
                NodeInfo info = FactsCodec.info(bytes(event.newMetadata()));
                if (event.isAdded()) {
                    roster.added(memberId, event.member().address(), info);
                } else {
                    roster.updated(memberId, info);
                }
            } catch (IOException e) {
                log.warn("gossip {}: {} tells nonsense of itself: {}", self.clientPort(), memberId, e.getMessage());
            }
        }
        lost = roster.lost();
    }

    private void stateRound() {
        roster.sweep();
        lost = roster.lost();
        if (announceSoon && !roster.reachable().isEmpty()) {
            announceSoon = false;
            announce();
        }
        long sequence = Math.max(state.sequence() + 1, System.currentTimeMillis());
        state = options.state().get().withSequence(sequence);
        List<String> targets = roster.reachable();
        Collections.shuffle(targets);
        if (targets.isEmpty()) {
            return;
        }
        Map<String, SoftState> states = new LinkedHashMap<>();
        states.put(self.nodeId(), state);
        for (Peer peer : roster.others().values()) {
            if (peer.health() != Health.DEAD && peer.state().sequence() > 0 && states.size() < FactsCodec.MAX_STATES) {
                states.put(peer.info().nodeId(), peer.state());
            }
        }
        Message message = Message.withData(FactsCodec.states(states))
                .qualifier(MessageRules.STATE)
                .sender(transport.address())
                .build();
        for (String address : targets.subList(0, Math.min(STATE_FANOUT, targets.size()))) {
            // A failed send is no news: pings find the dead, and the next round brings newer states.
            transport.send(address, message).subscribe(nothing -> {}, error -> {});
        }
    }

    @Override
    public void states(byte[] payload) {
        if (unreadStates.incrementAndGet() > MAX_UNREAD_STATES) {
            unreadStates.decrementAndGet();
            return;
        }
        onEvents(() -> {
            unreadStates.decrementAndGet();
            try {
                roster.states(FactsCodec.states(payload));
            } catch (IOException e) {
                log.warn("gossip {}: soft states that cannot be read: {}", self.clientPort(), e.getMessage());
            }
        });
    }

    @Override
    public void direct(byte[] payload) {
        guarded("a message", () -> listener.message(payload));
    }

    @Override
    public void send(String address, byte[] message) {
        if (message.length > MessageRules.MAX_MESSAGE_BYTES) {
            throw new IllegalArgumentException("a message of " + message.length + " bytes");
        }
        if (!closed.get()) {
            Message sealed = Message.withData(message)
                    .qualifier(MessageRules.DIRECT)
                    .sender(transport.address())
                    .build();
            // Whoever needs to know asks again.
            transport.send(address, sealed).subscribe(nothing -> {}, error -> {});
        }
    }

    @Override
    public Optional<LinkState> link(String address) {
        return Optional.ofNullable(transport.state(address));
    }

    @Override
    public boolean refused(String address) {
        roster.refused(address, true);
        return roster.knows(address);
    }

    @Override
    public void reachable(String address) {
        roster.refused(address, false);
    }

    @Override
    public NodeInfo self() {
        return self;
    }

    @Override
    public List<Peer> members() {
        List<Peer> members = new ArrayList<>();
        members.add(new Peer(self, Health.ALIVE, state, startedAtMillis));
        members.addAll(roster.others().values());
        return members;
    }

    @Override
    public Optional<Peer> member(String nodeId) {
        return nodeId.equals(self.nodeId())
                ? Optional.of(new Peer(self, Health.ALIVE, state, startedAtMillis))
                : Optional.ofNullable(roster.others().get(nodeId));
    }

    @Override
    public void update(NodeInfo info) {
        NodeInfo before = self;
        if (!info.nodeId().equals(before.nodeId())
                || info.startedAtMillis() != before.startedAtMillis()
                || info.busPort() != before.busPort()) {
            throw new IllegalArgumentException("node id, start and bus port stay");
        }
        self = info;
        onEvents(() -> roster.self(info));
        announce();
    }

    /** Gossips our own record with a higher incarnation, which makes others fetch what we tell of ourselves. */
    private void announce() {
        NodeInfo info = self;
        Cluster running = cluster;
        if (running != null && !closed.get()) {
            running.updateMetadata(FactsCodec.info(info))
                    .subscribe(nothing -> {}, error -> log.warn("gossip {}: {}", info.clientPort(), error.toString()));
        }
    }

    @Override
    public CompletableFuture<String> meet(SeedAddress seed) {
        Seeds asking = seeds;
        if (asking == null || closed.get()) {
            return CompletableFuture.failedFuture(new IllegalStateException("gossip does not run"));
        }
        CompletableFuture<String> answered = asking.meet(seed);
        threads.seeds().execute(() -> guarded("seeds", asking::ask));
        return answered;
    }

    @Override
    public void forget(String nodeId) {
        onEvents(() -> roster.forget(nodeId));
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        cancelRounds();
        Cluster running = cluster;
        if (running != null) {
            try {
                running.shutdown();
                running.onShutdown().block(Duration.ofMillis(LEAVE_TIMEOUT_MILLIS));
            } catch (RuntimeException e) {
                log.warn("gossip {}: others may not have heard the goodbye: {}", self.clientPort(), e.toString());
                transport.stop().subscribe();
            }
        }
    }

    /** For tests: gone without a goodbye, as a killed process. */
    void vanish() {
        if (closed.compareAndSet(false, true)) {
            cancelRounds();
            transport.stop().block(Duration.ofMillis(LEAVE_TIMEOUT_MILLIS));
            Cluster running = cluster;
            if (running != null) {
                running.shutdown();
            }
        }
    }

    private void cancelRounds() {
        for (ScheduledFuture<?> rounds : new ScheduledFuture<?>[] {stateRounds, seedRounds}) {
            if (rounds != null) {
                rounds.cancel(false);
            }
        }
    }
}
