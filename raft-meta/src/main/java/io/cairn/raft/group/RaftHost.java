package io.cairn.raft.group;

import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.util.Endpoint;
import com.alipay.sofa.jraft.util.concurrent.FixedThreadsExecutorGroup;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node's part in Raft: its peer port, its connections to the other nodes, and its replicas of groups. Every Cairn
 * node has one; several live in one process and may share {@link RaftThreads}. All methods may be called from any thread
 * and do not block unless they say so.
 */
public final class RaftHost implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RaftHost.class);

    /** Bound of a custom message's payload and of its answer. */
    public static final int MAX_MESSAGE_BYTES = 4 << 20;

    /** How long {@link #send} waits for an answer, milliseconds. */
    public static final int SEND_TIMEOUT_MILLIS = 2_000;

    /** Types from here on are the host's own. */
    private static final byte BARRIER = -1;

    static final byte LEASE = -2;

    static final int TICK_MILLIS = 100;
    static final int CLOSE_TIMEOUT_MILLIS = 10_000;

    static {
        LibrarySignals.keep();
    }

    private final HostOptions options;
    private final Identity identity;
    private final RaftThreads threads;
    private final FixedThreadsExecutorGroup appendExecutors;
    private final Map<String, HostedGroup> groups = new ConcurrentHashMap<>();
    private final Set<String> opening = ConcurrentHashMap.newKeySet();
    private final Links links;
    private final PeerPort port;
    private final RaftRequests raftRequests;
    private final CustomMessages messages;
    private final LogOpener opener;
    private volatile LinkFilter filter = LinkFilter.OPEN;
    private volatile InetSocketAddress address;
    private final LongAdder received = new LongAdder();
    private volatile boolean closed;
    private @Nullable Future<?> ticks;

    private RaftHost(HostOptions options, LogOpener opener) {
        this.options = options;
        this.opener = opener;
        this.identity = new Identity(options.nodeId(), options.clusterId(), options.secret());
        RaftThreads shared = options.threads();
        this.threads = shared == null ? new RaftThreads() : shared;
        this.appendExecutors = new LaneExecutors(threads.workers());
        this.links = new Links(this);
        this.raftRequests = new RaftRequests(this);
        this.messages = new CustomMessages(this);
        this.port = new PeerPort(this, this::handle);
        this.address = options.bind();
        messages.register(BARRIER, false, (from, payload) -> serveBarrier(payload));
        messages.register(LEASE, false, (from, payload) -> Leases.serve(this, payload));
    }

    /** Binds the peer port and starts; blocks until it listens. */
    public static RaftHost start(HostOptions options) throws IOException {
        return start(options, new AofLogs());
    }

    static RaftHost start(HostOptions options, LogOpener opener) throws IOException {
        RaftHost host = new RaftHost(options, opener);
        try {
            host.address = host.port.listen(options.bind());
        } catch (IOException e) {
            host.closeThreads();
            throw e;
        }
        // The library refuses nodes at an endpoint that nobody registered; ours is an identity, not an address.
        NodeManager.getInstance().addAddress(new Endpoint(options.nodeId(), Peers.PORT));
        host.ticks = host.threads
                .ticker()
                .scheduleWithFixedDelay(host::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        return host;
    }

    public String nodeId() {
        return options.nodeId();
    }

    /** Where this host listens. */
    public InetSocketAddress address() {
        return address;
    }

    /** The cluster this node belongs to, or null in unformed mode. */
    public @Nullable String clusterId() {
        return identity.clusterId();
    }

    /**
     * Leaves the unformed mode, once; the same id again is fine. Connections are made anew.
     *
     * @throws IllegalStateException when the node is in another cluster
     */
    public void setClusterId(String clusterId) {
        HostOptions.checkClusterId(clusterId);
        boolean was = clusterId.equals(identity.clusterId());
        if (!identity.join(clusterId)) {
            throw new IllegalStateException("node " + nodeId() + " is in cluster " + identity.clusterId());
        }
        if (!was) {
            links.renew();
            port.closeConnections(true, null);
        }
    }

    /**
     * Leaves the cluster {@code from}, of which this node was the only member, for another; connections are made anew.
     *
     * @throws IllegalStateException when the node is in neither
     */
    public void moveCluster(String from, String to) {
        HostOptions.checkClusterId(to);
        if (!identity.move(from, to)) {
            throw new IllegalStateException("node " + nodeId() + " is in cluster " + identity.clusterId());
        }
        links.renew();
        port.closeConnections(false, null);
    }

    /**
     * Opens this node's replica of a group; blocks while the log is read. The group id starts with a letter and has
     * letters, digits, '-' and '_'.
     *
     * @throws IOException when the log, vote or snapshot cannot be opened
     */
    public RaftGroup open(GroupOptions groupOptions, StateMachine machine) throws IOException {
        String id = groupOptions.groupId();
        int timeout = groupOptions.electionTimeoutMillis();
        if (!id.matches("[a-zA-Z][a-zA-Z0-9_-]*") || timeout < 100 || timeout > 60_000) {
            throw new IllegalArgumentException("a group's id or election timeout is out of bounds: " + groupOptions);
        }
        if (clusterId() == null) {
            throw new IllegalStateException("node " + nodeId() + " is in no cluster yet");
        }
        if (closed || groups.containsKey(id) || !opening.add(id)) {
            throw new IllegalStateException("group " + id + " is open, or the host is closed");
        }
        try {
            HostedGroup group = HostedGroup.open(this, groupOptions, machine, opener);
            groups.put(id, group);
            for (String member : group.members().all()) {
                if (!member.equals(nodeId())) {
                    links.to(member).connect();
                }
            }
            return group;
        } finally {
            opening.remove(id);
        }
    }

    /**
     * Registers who answers messages of {@code type} (0..127), before the first arrives.
     *
     * @param whileUnformed whether the type is accepted while this node is in no cluster, and from nodes that are in
     *     none; the other types and all of Raft need equal cluster ids
     */
    public void handle(byte type, boolean whileUnformed, Handler handler) {
        if (type < 0) {
            throw new IllegalArgumentException("message types are 0..127");
        }
        messages.register(type, whileUnformed, handler);
    }

    /** Sends to a node of the cluster; fails with {@link PeerException}, after which it may yet have been handled. */
    public CompletableFuture<byte[]> send(String nodeId, byte type, byte[] payload) {
        return messages.send(links.to(nodeId), type, payload);
    }

    /**
     * As {@link #send(String, byte, byte[])}, over a connection that carries nothing of Raft and is closed when idle: for what may be much, so that
     * heartbeats do not stand in line behind it. The caller bounds what is under way; messages to one node are handled in the order sent.
     */
    public CompletableFuture<byte[]> sendBulk(String nodeId, byte type, byte[] payload) {
        return messages.send(links.bulk(nodeId), type, payload);
    }

    /** Sends to whoever listens at an address, over a connection of its own that is closed when idle. */
    public CompletableFuture<byte[]> send(InetSocketAddress to, byte type, byte[] payload) {
        return messages.send(links.to(to), to, type, payload);
    }

    /**
     * As {@link #send(InetSocketAddress, byte, byte[])}, but naming no cluster: it is heard whatever cluster lives there,
     * and only types that are open to nodes in none are.
     */
    public CompletableFuture<byte[]> sendAsStranger(InetSocketAddress to, byte type, byte[] payload) {
        return messages.send(links.asStranger(to), to, type, payload);
    }

    /**
     * An established connection to another node's Raft port.
     *
     * @param sinceMillis wall clock when it was made
     * @param queuedBytes waiting to be taken by the socket
     */
    public record Link(String nodeId, long sinceMillis, long queuedBytes) {}

    /** The connections to other nodes, in order of node id. */
    public List<Link> connections() {
        return links.describe();
    }

    /** Tells every group of this host that a node seems gone ({@link RaftGroup#suspect}). */
    public void suspect(String nodeId) {
        for (HostedGroup group : groups.values()) {
            group.suspect(nodeId);
        }
    }

    /** Closes what connections a node has here; call it when {@link PeerAddresses#isRemoved} has become true of it. */
    public void disconnect(String nodeId) {
        port.closeConnections(false, nodeId);
        links.to(nodeId).renew();
        links.bulk(nodeId).renew();
    }

    /** Requests of other nodes that were handled so far: most are heartbeats while nothing is written. */
    public long received() {
        return received.sum();
    }

    private void handle(Inbound from, Frame frame) {
        received.increment();
        if (frame.kind() == Frame.RAFT) {
            raftRequests.handle(from, frame);
        } else if (frame.kind() == Frame.CUSTOM) {
            messages.handle(from, frame);
        } else {
            from.close();
        }
    }

    /** Asks a leader to log a barrier; completes with the index to wait for. */
    CompletableFuture<Long> askBarrier(String leader, String groupId) {
        return send(leader, BARRIER, groupId.getBytes(StandardCharsets.US_ASCII))
                .thenApply(answer -> ByteBuffer.wrap(answer).getLong());
    }

    private CompletableFuture<byte[]> serveBarrier(byte[] payload) {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        HostedGroup group = group(new String(payload, StandardCharsets.US_ASCII));
        Runnable refuse = () -> answer.completeExceptionally(new PeerException("not the leader"));
        if (group == null) {
            refuse.run();
        } else {
            group.barriers()
                    .serveLogged(
                            index -> answer.complete(ByteBuffer.allocate(Long.BYTES)
                                    .putLong(index)
                                    .array()),
                            refuse);
        }
        return answer;
    }

    private void tick() {
        try {
            Set<String> members = new HashSet<>();
            for (HostedGroup group : groups.values()) {
                group.requestTick();
                members.addAll(group.members().all());
            }
            members.remove(nodeId());
            links.want(members);
        } catch (RuntimeException e) {
            LOG.error("node {}: a tick failed", nodeId(), e);
        }
    }

    void linkUp(String nodeId) {
        for (HostedGroup group : groups.values()) {
            group.linkUp(nodeId);
        }
    }

    /** The connection to a node ended and its port refuses: on the event loop, so the groups do the work on workers. */
    void gone(String nodeId) {
        suspect(nodeId);
    }

    void closed(HostedGroup group) {
        groups.remove(group.id(), group);
    }

    @Nullable
    HostedGroup group(String groupId) {
        return groups.get(groupId);
    }

    Identity identity() {
        return identity;
    }

    /** The handler that encrypts a connection, or null where that is not asked for. */
    @Nullable
    SslHandler tls(boolean client) {
        Function<Boolean, SSLEngine> engines = options.tls();
        if (engines == null) {
            return null;
        }
        SslHandler handler = new SslHandler(engines.apply(client));
        handler.setHandshakeTimeoutMillis(Handshake.TIMEOUT_MILLIS);
        return handler;
    }

    @Nullable
    InetAddress source() {
        return options.source();
    }

    @Nullable
    String announcedHost() {
        return options.announced();
    }

    PeerAddresses addresses() {
        return options.addresses();
    }

    RaftThreads threads() {
        return threads;
    }

    FixedThreadsExecutorGroup appendExecutors() {
        return appendExecutors;
    }

    Links links() {
        return links;
    }

    LinkFilter filter() {
        return filter;
    }

    /** For tests: cuts connections as a network would. */
    void setFilter(LinkFilter cut) {
        filter = cut;
    }

    /** Stops the groups that are still open and closes the port; blocks until their logs are closed, 10 s at most. */
    @Override
    public void close() {
        List<CompletableFuture<?>> stops = new ArrayList<>();
        for (HostedGroup group : groups.values()) {
            stops.add(group.stop());
        }
        try {
            CompletableFuture.allOf(stops.toArray(new CompletableFuture<?>[0]))
                    .orTimeout(CLOSE_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                    .join();
        } catch (java.util.concurrent.CompletionException e) {
            LOG.error("node {}: a group did not stop", nodeId(), e);
        }
        closeNetwork();
        NodeManager.getInstance().removeAddress(new Endpoint(nodeId(), Peers.PORT));
        closeThreads();
    }

    /** For tests: goes away as a killed process does, its connections first and without a word to the peers. */
    void kill() {
        closeNetwork();
        close();
    }

    private void closeNetwork() {
        closed = true;
        Future<?> ticking = ticks;
        if (ticking != null) {
            ticking.cancel(false);
        }
        port.close();
        links.close();
    }

    private void closeThreads() {
        if (options.threads() == null) {
            try {
                threads.close();
            } catch (RejectedExecutionException e) {
                LOG.debug("threads were closed already", e);
            }
        }
    }
}
