package io.cairn.server;

import io.cairn.acl.Acl;
import io.cairn.acl.RuleException;
import io.cairn.aof.LogException;
import io.cairn.command.Client;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.Families;
import io.cairn.command.KeyEventRelay;
import io.cairn.command.Replication;
import io.cairn.config.Config;
import io.cairn.config.Key;
import io.cairn.config.Keys;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.StripeBusyException;
import io.cairn.keyspace.chronicle.ChronicleKeyspace;
import io.cairn.keyspace.chronicle.KeyspaceOptions;
import io.cairn.metrics.NodeStats;
import io.cairn.metrics.ProcessMetrics;
import io.cairn.mode.BlockedKeys;
import io.cairn.mode.ChangeStream;
import io.cairn.mode.MemoryLimit;
import io.cairn.pubsub.Hub;
import io.cairn.pubsub.KeyspaceEvents;
import io.cairn.resp.ConnectionRegistry;
import io.cairn.resp.Endpoint;
import io.cairn.resp.OutputBounds;
import io.cairn.resp.ProtocolLimits;
import io.cairn.resp.ReceiveBudget;
import io.cairn.resp.RespServer;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One RESP endpoint with its own keyspace, identity, statistics and data directory. Everything of a node hangs here. */
public final class Node implements AutoCloseable {
    private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    /** Partly received arguments of all connections when no maxmemory says less: a quarter of the machine, at least. */
    private static final long MIN_RECEIVE_BYTES = 1L << 30;

    private static final int MACHINE_SHARE = 4;
    private static final int SECOND_MILLIS = 1000;

    private final Config config;
    private final NodeDirectory directory;
    private final Keyspace keyspace;
    private final MemoryLimit memory;
    private final NodeStats stats;
    private final KeyEventRelay keyEvents = new KeyEventRelay();
    private final ConnectionRegistry connections = new ConnectionRegistry();
    private final ProtocolLimits limits = new ProtocolLimits();
    private final OutputBounds outputBounds = new OutputBounds();
    private final Hub hub = new Hub();
    private final KeyspaceEvents events = new KeyspaceEvents(hub);
    private final ReceiveBudget budget = new ReceiveBudget(MIN_RECEIVE_BYTES);
    private final NodeBackend backend;
    private final BlockedKeys blocked;
    private final Acl acl;
    private final NodeState state;
    private final ChangeStream changes;
    private final RespServer server;
    private final CairnProcess process;
    private long tendedMillis;

    /**
     * Opens the node's directory and makes its parts; nothing is loaded and nobody listened to yet.
     *
     * @throws StartException when the directory cannot be used
     */
    Node(CairnProcess process, Config config, NodeKind kind) throws StartException {
        this.process = process;
        this.config = config;
        if (config.get(Keys.CLUSTER_ENABLED) && !config.get(Keys.REPLICAOF).isNone()) {
            throw new StartException("replicaof directive not allowed in cluster mode");
        }
        this.directory = NodeDirectory.open(Path.of(config.get(Keys.DIR)), config.port());
        boolean made = false;
        try {
            NodeKind own = kind.at(directory);
            List<List<Command>> families =
                    new ArrayList<>(Families.data(own.redisMode().equals("cluster")));
            // Asked when a command runs: the backend is made after the table.
            families.addAll(Families.session(this::replication, process.figures()));
            families.addAll(own.commands(this::backend));
            CommandTable table = new CommandTable(families);
            this.acl = acl(table);
            this.keyspace = new ChronicleKeyspace(KeyspaceOptions.defaults().withDatabases(own.databases(config)));
            this.changes = new ChangeStream(keyspace, directory.path(), NodeDirectory::newId, config);
            this.memory = new MemoryLimit(
                    keyspace,
                    connections::bytes,
                    () -> connections.followerBytes() + changes.waitingBytes(),
                    () -> connections.pausedUntilMillis() != 0);
            this.stats = new NodeStats(table);
            this.blocked = new BlockedKeys();
            this.backend = own.backend(new NodeParts(
                    config,
                    directory,
                    keyspace,
                    table,
                    stats,
                    keyEvents,
                    connections,
                    acl,
                    blocked,
                    hub,
                    memory,
                    changes,
                    process.transport(),
                    process.background(),
                    process::fatal));
            backend.follow(changes);
            this.state = new NodeState(this, process, own.redisMode(), table);
            this.server = new RespServer(new Endpoint(
                    state,
                    backend.mode(),
                    stats,
                    connections,
                    limits,
                    outputBounds,
                    budget,
                    blocked,
                    hub,
                    process::fatal));
            made = true;
        } finally {
            if (!made) {
                closeDirectory();
            }
        }
        follow();
    }

    private Acl acl(CommandTable table) throws StartException {
        try {
            return new Acl(table, config, connections);
        } catch (RuleException e) {
            throw new StartException("Aborting Redis startup because of ACL errors: " + e.text());
        }
    }

    private Replication.View replication() {
        return backend.replication().view();
    }

    /** Takes configuration values over now and whenever CONFIG SET changes them. */
    private void follow() {
        limits.maxBulkBytes(config.get(Keys.PROTO_MAX_BULK_LEN));
        config.onChange(Keys.PROTO_MAX_BULK_LEN, limits::maxBulkBytes);
        limits.maxQueryBytes(config.get(Keys.CLIENT_QUERY_BUFFER_LIMIT));
        config.onChange(Keys.CLIENT_QUERY_BUFFER_LIMIT, limits::maxQueryBytes);
        follow(
                Keys.CLIENT_OUTPUT_BUFFER_LIMIT,
                value -> outputBounds.limits(value, config.get(Keys.REPL_BACKLOG_SIZE)));
        config.onChange(
                Keys.REPL_BACKLOG_SIZE,
                bytes -> outputBounds.limits(config.get(Keys.CLIENT_OUTPUT_BUFFER_LIMIT), bytes));
        follow(Keys.NOTIFY_KEYSPACE_EVENTS, events::classes);
        keyEvents.add(events);
        keyEvents.add(blocked);
        keyEvents.add(connections.tracking());
        follow(Keys.TRACKING_TABLE_MAX_KEYS, connections.tracking()::maxKeys);
        receiveBudget(config.get(Keys.MAXMEMORY));
        config.onChange(Keys.MAXMEMORY, this::receiveBudget);
        followMemory();
        state.slowLog().thresholdMicros(config.get(Keys.SLOWLOG_LOG_SLOWER_THAN));
        config.onChange(Keys.SLOWLOG_LOG_SLOWER_THAN, state.slowLog()::thresholdMicros);
        slowLogLength(config.get(Keys.SLOWLOG_MAX_LEN));
        config.onChange(Keys.SLOWLOG_MAX_LEN, this::slowLogLength);
        state.latency().thresholdMillis(config.get(Keys.LATENCY_MONITOR_THRESHOLD));
        config.onChange(Keys.LATENCY_MONITOR_THRESHOLD, state.latency()::thresholdMillis);
        followEncodings(keyspace.encodingLimits());
    }

    private void followMemory() {
        follow(Keys.MAXMEMORY, memory::max);
        follow(Keys.MAXMEMORY, connections::maxMemory);
        follow(Keys.MAXMEMORY_CLIENTS, connections::maxBytes);
        follow(Keys.MAXMEMORY_POLICY, memory::policy);
        follow(Keys.MAXMEMORY_SAMPLES, memory::samples);
        follow(Keys.MAXMEMORY_EVICTION_TENACITY, memory::tenacity);
        follow(Keys.LFU_LOG_FACTOR, keyspace.access()::logFactor);
        follow(Keys.LFU_DECAY_TIME, keyspace.access()::decayMinutes);
    }

    private void followEncodings(EncodingLimits to) {
        follow(Keys.HASH_MAX_LISTPACK_ENTRIES, value -> to.hashEntries = value);
        follow(Keys.HASH_MAX_LISTPACK_VALUE, value -> to.hashValue = value);
        follow(Keys.LIST_MAX_LISTPACK_SIZE, value -> to.listNode = value);
        follow(Keys.ZSET_MAX_LISTPACK_ENTRIES, value -> to.zsetEntries = value);
        follow(Keys.ZSET_MAX_LISTPACK_VALUE, value -> to.zsetValue = value);
    }

    private void followDataLimits() {
        backend.limits(dataLimits());
        for (Key<Long> key : List.of(
                Keys.SET_MAX_INTSET_ENTRIES,
                Keys.HLL_SPARSE_MAX_BYTES,
                Keys.STREAM_NODE_MAX_BYTES,
                Keys.STREAM_NODE_MAX_ENTRIES)) {
            config.onChange(key, any -> backend.limits(dataLimits()));
        }
    }

    private DataLimits dataLimits() {
        return new DataLimits(
                config.get(Keys.SET_MAX_INTSET_ENTRIES),
                config.get(Keys.HLL_SPARSE_MAX_BYTES),
                config.get(Keys.STREAM_NODE_MAX_BYTES),
                config.get(Keys.STREAM_NODE_MAX_ENTRIES));
    }

    private <T> void follow(Key<T> key, Consumer<T> to) {
        to.accept(config.get(key));
        config.onChange(key, to::accept);
    }

    private void receiveBudget(long maxMemory) {
        budget.max(
                maxMemory > 0
                        ? maxMemory
                        : Math.max(MIN_RECEIVE_BYTES, process.figures().machineBytes() / MACHINE_SHARE));
    }

    private void slowLogLength(long length) {
        state.slowLog().maxEntries((int) Math.min(Integer.MAX_VALUE, length));
    }

    /** Loads the data, then listens. Blocks. */
    void start(ByteBufAllocator allocator) throws StartException {
        backend.load();
        followDataLimits();
        listen(allocator);
        backend.started(state);
        LOG.info("node {} of {} ready on port {}", directory.nodeId(), directory.path(), config.port());
    }

    private void listen(ByteBufAllocator allocator) throws StartException {
        int listening = 0;
        for (String host : config.get(Keys.BIND)) {
            // Redis: an address that begins with '-' is skipped when this machine does not have it.
            boolean optional = host.startsWith("-");
            String name = optional ? host.substring(1) : host;
            try {
                for (InetAddress address : InetAddress.getAllByName(name.equals("*") ? "0.0.0.0" : name)) {
                    server.listen(
                            process.transport(),
                            allocator,
                            new InetSocketAddress(address, config.port()),
                            config.get(Keys.TCP_BACKLOG));
                    listening++;
                }
            } catch (IOException e) {
                String message = String.valueOf(e.getMessage());
                if (!optional || message.contains("in use")) {
                    throw new StartException(message, e);
                }
            }
        }
        if (listening == 0) {
            throw new StartException("none of the addresses of 'bind' could be used");
        }
    }

    /** Ten times a second. */
    void tick(long nowMillis) {
        stats.sample(System.nanoTime(), memory.used());
        backend.tick(nowMillis);
        if (nowMillis - tendedMillis >= SECOND_MILLIS) {
            tendedMillis = nowMillis;
            connections.tend(nowMillis, config.get(Keys.TIMEOUT));
            changes.tick(nowMillis);
        }
    }

    public Config config() {
        return config;
    }

    public NodeDirectory directory() {
        return directory;
    }

    /** What is used of maxmemory. */
    public MemoryLimit memory() {
        return memory;
    }

    public Keyspace keyspace() {
        return keyspace;
    }

    public NodeStats stats() {
        return stats;
    }

    /** Writes wait, and the stream of changes gets nothing more, while this node that stops waits for its replicas. */
    void holdForReplicas(boolean on) {
        changes.handsOver(false, on);
        connections.holdWrites(on);
    }

    /** All changes, for who follows them. */
    ChangeStream changes() {
        return changes;
    }

    /** Where who wants to be told of what happens to keys is put in. */
    public KeyEventRelay keyEvents() {
        return keyEvents;
    }

    public ConnectionRegistry connections() {
        return connections;
    }

    /** Who listens to which channels. */
    public Hub hub() {
        return hub;
    }

    public NodeBackend backend() {
        return backend;
    }

    /** The users. */
    Acl acl() {
        return acl;
    }

    /** What session commands see. */
    public NodeState state() {
        return state;
    }

    void bindMetrics(ProcessMetrics metrics) {
        String name = Integer.toString(config.port());
        metrics.add(name, stats, connections, keyspace, hub);
        backend.bindMetrics(metrics.registry(), ProcessMetrics.tags(name));
    }

    /** Stops listening and closes all connections. */
    void stopClients() {
        server.close();
        connections.forEach(Client::kill);
    }

    /** After {@link #stopClients}, when no event loop runs a command any more. */
    void closeBackend() {
        backend.mode().close();
        backend.close();
    }

    /**
     * Gives memory and directory back, when no thread uses them any more. A script that cannot be ended (one endless call of its interpreter) holds its
     * locks for ever: the memory is then left to the end of the process.
     */
    @Override
    public void close() {
        long from = System.nanoTime();
        keyspace.refuseWaiting(() -> System.nanoTime() - from >= CLOSE_NANOS);
        try {
            keyspace.close();
        } catch (StripeBusyException e) {
            LOG.warn("node of port {}: keys are in use to the end", config.port());
        }
        closeDirectory();
    }

    private void closeDirectory() {
        try {
            directory.close();
        } catch (LogException e) {
            LOG.warn("node of port {}: {}", config.port(), e.getMessage());
        }
    }
}
