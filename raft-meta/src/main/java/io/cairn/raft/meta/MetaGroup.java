package io.cairn.raft.meta;

import io.cairn.raft.group.GroupOptions;
import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.RaftGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node's part in the meta group: its replica, the latest map and the way to change it. A node is in one of three
 * states: in no cluster (no {@code cluster.conf}), formed with others from a {@link Layout}, or adopted into a running
 * cluster; the last two open the meta replica and never end. Any thread; what changes the state runs on the cluster
 * thread.
 */
public final class MetaGroup implements AutoCloseable {
    /** The name of the meta group, and of its directory. */
    public static final String GROUP_ID = "meta";

    /** Pause between two rounds of the reconcilers. */
    public static final int TICK_MILLIS = 200;

    /** Pause between two announcements of a changed address. */
    static final long ADDRESS_MILLIS = 5_000;

    /** A replica whose log is this many entries longer than its last snapshot takes a new one. */
    static final long SNAPSHOT_ENTRIES = 10_000;

    /** How long closing waits for the log to close. */
    public static final long CLOSE_MILLIS = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(MetaGroup.class);

    private final MetaOptions options;
    private final GroupHost host;
    private final AddressBook addresses;
    private final ScheduledExecutorService clusterThread;
    private final LongSupplier clockMillis;
    private final MetaStateMachine machine;
    private final MetaProposer proposer;
    private final Formation formation;
    private final Adoption adoption;
    private final Consumer<Throwable> onBroken;
    private final MetaReconciler reconciler;
    private volatile @Nullable ClusterFile file;
    private volatile @Nullable RaftGroup group;
    private volatile boolean closed;
    private @Nullable CompletableFuture<Long> snapshot;
    private long lastAddressMillis = Long.MIN_VALUE / 2;

    /**
     * @param clusterThread one thread, shared with the shards of this node
     * @param clockMillis a monotonic clock
     * @param onBroken told when the replica cannot go on: the node must stop
     */
    public MetaGroup(
            MetaOptions options,
            GroupHost host,
            AddressBook addresses,
            NodeDirectory directory,
            ScheduledExecutorService clusterThread,
            LongSupplier clockMillis,
            Consumer<Throwable> onBroken) {
        String selfId = options.self().id();
        this.options = options;
        this.onBroken = onBroken;
        this.host = host;
        this.addresses = addresses;
        this.clusterThread = clusterThread;
        this.clockMillis = clockMillis;
        this.machine = new MetaStateMachine(clusterThread, onBroken);
        this.proposer = new MetaProposer(selfId, host, clusterThread, () -> group, this::knownPeers);
        this.formation = new Formation(selfId, host, directory, new LayoutTaker(), clockMillis);
        this.adoption = new Adoption(selfId, host, directory, new AdoptionTaker(), this::propose, clockMillis);
        this.reconciler = new MetaReconciler(directory, adoption, this::propose, clockMillis);
    }

    /** Opens what the data directory holds; a node in no cluster waits for a layout or an adoption. Blocks. */
    public void start() throws IOException {
        // Before anybody can invite this node.
        ClusterFile found = ClusterFile.read(options.directory(), options.self().id());
        if (found == null) {
            requireNew();
        }
        machine.onChange(map -> addresses.take(map).forEach(host::disconnect));
        host.handle(MessageTypes.META_PROPOSE, false, (from, payload) -> proposer.answer(payload));
        host.handle(MessageTypes.FORM, true, (from, payload) -> onClusterThread(() -> formation.answer(payload)));
        host.handle(MessageTypes.ADOPT, true, (from, payload) -> onClusterThread(() -> adoption.answer(payload)));
        if (found != null) {
            // A directory of a version that knew no mark gets it now.
            options.mark().joins(found.clusterId());
            enter(found);
        }
    }

    /** Without {@code cluster.conf} this must be a node that no group has ever counted a vote of. */
    private void requireNew() throws IOException {
        String joined = options.mark().clusterId();
        if (!joined.isEmpty()) {
            throw new IOException("node " + options.self().id() + " was in cluster " + joined + " but "
                    + options.directory().resolve(ClusterFile.NAME)
                    + " is gone: its votes without its log could lose acknowledged writes. Restore it, or delete "
                    + options.directory() + " whole to come back as a new node");
        }
        if (!ClusterFile.isEmpty(groupDirectory())) {
            throw new IOException(groupDirectory() + " holds a log but " + ClusterFile.NAME
                    + " is gone: restore it, or delete " + options.directory()
                    + " whole to come back as a new node");
        }
    }

    /** One round of this node's duties; the leader's reconciler among them. Cluster thread, every TICK_MILLIS. */
    public void tick() {
        ClusterFile known = file;
        RaftGroup local = group;
        if (known == null || local == null || closed) {
            return;
        }
        ClusterMap map = map();
        Layout layout = known.layout();
        if (layout != null) {
            formation.tick(layout, map);
        }
        announceAddress(map);
        rememberPeers(known, map);
        takeSnapshot(local);
        reconciler.tick(local, map, layout);
    }

    /** The cluster this node belongs to, or empty. */
    public String clusterId() {
        ClusterFile known = file;
        return known == null ? "" : known.clusterId();
    }

    /** This node's {@code cluster.conf}, or null while it is in no cluster. */
    public @Nullable ClusterFile file() {
        return file;
    }

    /** The latest applied map of this replica. */
    public ClusterMap map() {
        return machine.map();
    }

    /** Tells {@code listener} the map now and each new one, on the apply thread: it must be quick and never throw. */
    public void onChange(Consumer<ClusterMap> listener) {
        machine.onChange(listener);
    }

    /**
     * Forms a fresh cluster: asks all nodes of the layout, then gives it to all, this one included. Done when all have
     * it; fails with the node that refused or does not answer. After a refusal nothing has changed anywhere.
     */
    public CompletableFuture<@Nullable Void> form(Layout layout) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        formation.ask(layout).whenComplete((agreed, failure) -> {
            if (failure != null) {
                done.completeExceptionally(failure);
            } else {
                clusterThread.execute(() -> formation.begin(layout, done));
            }
        });
        return done;
    }

    /** Proposes from any node: forwarded to the leader, retried while it is surely not taken, about two seconds. */
    public CompletableFuture<MetaResult> propose(MetaCommand command) {
        return proposer.propose(command);
    }

    public boolean isLeader() {
        RaftGroup local = group;
        return local != null && local.isLeader();
    }

    /** The replica's state, or null before there is one. */
    public @Nullable GroupStatus status() {
        RaftGroup local = group;
        return local == null ? null : local.status();
    }

    /** The replica itself, or null before there is one: for hints, leader transfer and snapshots by the operator. */
    public @Nullable RaftGroup group() {
        return group;
    }

    /** Stops the replica; blocks until its log is closed, a bounded time. */
    @Override
    public void close() {
        closed = true;
        RaftGroup local = group;
        if (local != null) {
            awaitStop(local);
        }
    }

    /** Stops a replica and waits until its log is closed, at most {@link #CLOSE_MILLIS}. */
    public static void awaitStop(RaftGroup local) {
        try {
            local.stop().get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("group {} did not stop cleanly", local.id(), e);
        }
    }

    private Path groupDirectory() {
        return options.directory().resolve(GROUP_ID);
    }

    /** From here on this node belongs to the cluster of {@code entered}. */
    private synchronized void enter(ClusterFile entered) throws IOException {
        addresses.learn(entered.peers());
        host.setClusterId(entered.clusterId());
        file = entered;
        entered.requireLog(GROUP_ID, groupDirectory());
        Layout layout = entered.layout();
        group = host.open(
                new GroupOptions(
                        GROUP_ID,
                        groupDirectory(),
                        layout == null ? List.of() : layout.meta().voters(),
                        layout == null ? List.of() : layout.meta().learners(),
                        options.electionTimeoutMillis(),
                        options.fsync(),
                        options.segmentBytes()),
                machine);
        entered.markOpened(GROUP_ID);
        LOG.info(
                "node {} is in cluster {}, {}",
                options.self().id(),
                entered.clusterId(),
                layout == null ? "adopted" : "formed with it");
    }

    /** Belonging to a cluster is durable by now, so a replica that does not open leaves nothing but to stop. */
    private void enterOrBreak(ClusterFile entered) throws IOException {
        try {
            enter(entered);
        } catch (IOException e) {
            onBroken.accept(e);
            throw e;
        }
    }

    private void announceAddress(ClusterMap map) {
        ClusterNode self = options.self();
        ClusterNode known = map.node(self.id());
        long now = clockMillis.getAsLong();
        if (known == null || !known.isActive() || known.equals(self) || now - lastAddressMillis < ADDRESS_MILLIS) {
            return;
        }
        lastAddressMillis = now;
        propose(new MetaCommand.UpdateAddress(self))
                .thenAccept(result -> LOG.info("announced the address {}: {}", self, result));
    }

    private void rememberPeers(ClusterFile known, ClusterMap map) {
        if (!map.isFormed()) {
            return;
        }
        try {
            known.setPeers(map.activeNodes());
        } catch (IOException e) {
            onBroken.accept(e);
        }
    }

    private void takeSnapshot(RaftGroup local) {
        GroupStatus status = local.status();
        boolean running = snapshot != null && !snapshot.isDone();
        if (!running && status.appliedIndex() - status.snapshotIndex() >= SNAPSHOT_ENTRIES) {
            snapshot = local.snapshot().whenComplete((index, failure) -> {
                if (failure != null) {
                    LOG.warn("no snapshot of the meta group: {}", failure.toString());
                }
            });
        }
    }

    private List<String> knownPeers() {
        ClusterMap map = map();
        ClusterFile known = file;
        List<ClusterNode> nodes =
                map.isFormed() ? map.activeNodes() : known == null ? List.<ClusterNode>of() : known.peers();
        return nodes.stream().map(ClusterNode::id).toList();
    }

    private <T> CompletableFuture<T> onClusterThread(Supplier<T> work) {
        try {
            return CompletableFuture.supplyAsync(work, clusterThread);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(new IOException("the node stops", e));
        }
    }

    private final class LayoutTaker implements Formation.Taker {
        @Override
        public @Nullable String objection(Layout layout) {
            String clusterId = clusterId();
            if (layout.node(options.self().id()).isEmpty()) {
                return "not part of the layout";
            }
            return clusterId.isEmpty() || clusterId.equals(layout.clusterId())
                    ? null
                    : "already in cluster " + clusterId;
        }

        @Override
        public void take(Layout layout) throws IOException {
            if (file == null) {
                options.mark().joins(layout.clusterId());
                enterOrBreak(
                        ClusterFile.formed(options.directory(), options.self().id(), layout));
            }
        }
    }

    private final class AdoptionTaker implements Adoption.Taker {
        @Override
        public String clusterId() {
            return MetaGroup.this.clusterId();
        }

        @Override
        public void take(String clusterId, List<ClusterNode> peers) throws IOException {
            options.mark().joins(clusterId);
            enterOrBreak(ClusterFile.adopted(options.directory(), options.self().id(), clusterId, peers));
        }
    }
}
