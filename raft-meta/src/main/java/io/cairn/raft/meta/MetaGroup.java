package io.cairn.raft.meta;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.GroupOptions;
import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.ReadBarrier;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
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

    /** Pause between two announcements of whether this node votes. */
    static final long VOTE_MILLIS = 1_000;
    /** Pause between two announcements of what this build can. */
    static final long FORMAT_MILLIS = 1_000;

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
    private final Meeting meeting;
    private final Removals removals;
    private final Standing standing;
    private volatile ClusterNode self;
    private volatile MemberRules rules = MemberRules.DEFAULTS;
    private final Object sealLock = new Object();
    private volatile boolean sealed;
    private final List<CompletableFuture<@Nullable Void>> formingAlone = new ArrayList<>();
    private volatile @Nullable ClusterFile file;
    private volatile @Nullable RaftGroup group;
    private volatile boolean closed;
    private volatile boolean dissolved;
    private @Nullable CompletableFuture<Long> snapshot;
    private long snapshotNotBeforeNanos = System.nanoTime();
    private long lastAddressMillis = Long.MIN_VALUE / 2;
    private @Nullable ClusterNode lastAddress;
    private long lastVoteMillis = Long.MIN_VALUE / 2;
    private long lastFormatMillis = Long.MIN_VALUE / 2;

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
        this.self = options.self();
        this.onBroken = onBroken;
        this.host = host;
        this.addresses = addresses;
        this.clusterThread = clusterThread;
        this.clockMillis = clockMillis;
        this.machine = new MetaStateMachine(clusterThread, onBroken);
        this.proposer = new MetaProposer(
                selfId,
                host,
                clusterThread,
                () -> group,
                this::knownPeers,
                this::unlessSealed,
                () -> machine.map().activeFormat());
        this.meeting = new Meeting(options.self(), host, directory, new MeetingPart(), clusterThread, clockMillis);
        this.formation = new Formation(selfId, host, directory, new LayoutTaker(), clockMillis);
        this.adoption = new Adoption(selfId, host, directory, new AdoptionTaker(), this::propose, clockMillis);
        this.removals = new Removals(options.self().id(), host, this::propose);
        this.standing = new Standing(options.self().id(), host, directory, clusterThread, clockMillis);
        LostVoters lost = new LostVoters(() -> rules.lostVoterMillis(), clockMillis);
        FormatRaise raise = new FormatRaise(selfId, host, this::propose, clockMillis);
        this.reconciler = new MetaReconciler(directory, adoption, removals, lost, raise, this::propose, clockMillis);
    }

    /** What the node's settings say about members, asked again and again; before {@link #start}. */
    public void rules(MemberRules wanted) {
        rules = wanted;
    }

    /** This node announces itself so from now on; id, host and domain are as before. The map is told soon. Any thread. */
    public void announce(ClusterNode now) {
        self = now;
        meeting.announce(now);
    }

    /** Opens what the data directory holds; a node in no cluster waits for a layout or an adoption. Blocks. */
    public void start() throws IOException {
        // Before anybody can invite this node.
        if (Files.exists(options.directory().resolve(ClusterFile.DISSOLVED))) {
            deleteDissolved();
        }
        ClusterFile found = ClusterFile.read(options.directory(), options.self().id());
        if (found == null) {
            requireNew();
        }
        machine.onChange(map -> addresses.take(map).forEach(host::disconnect));
        host.handle(MessageTypes.META_PROPOSE, false, (from, payload) -> proposer.answer(payload));
        host.handle(MessageTypes.FORM, true, (from, payload) -> onClusterThread(() -> formation.answer(payload)));
        host.handle(MessageTypes.ADOPT, true, (from, payload) -> onClusterThread(() -> adoption.answer(payload)));
        host.handle(
                MessageTypes.FAREWELL,
                false,
                (from, payload) -> onClusterThread(() -> {
                    removals.farewell(payload, Objects.requireNonNull(file));
                    return new byte[0];
                }));
        host.handle(
                MessageTypes.FORMAT, false, (from, payload) -> CompletableFuture.completedFuture(FormatRaise.answer()));
        host.handle(
                MessageTypes.STANDING,
                true,
                (from, payload) -> current()
                        .handle((map, failure) -> map == null
                                ? Standing.answer(payload, clusterId(), machine.map(), false)
                                : Standing.answer(payload, clusterId(), map, true)));
        host.handle(MessageTypes.MEET_ASK, true, (from, payload) -> onClusterThread(() -> meeting.answerAsk(payload)));
        host.handle(
                MessageTypes.MEET_JOIN, true, (from, payload) -> onClusterThread(() -> meeting.answerJoin(payload)));
        host.handle(
                MessageTypes.MEET_ADMIT,
                true,
                (from, payload) ->
                        onClusterThread(() -> meeting.answerAdmit(payload)).thenCompose(answer -> answer));
        if (found != null) {
            // A directory of a version that knew no mark gets it now.
            options.mark().joins(found.clusterId());
            sealed = found.seal() != null;
            meeting.resume(found.seal());
            enter(found);
        }
    }

    /** Proposes here unless this node has sealed its cluster: from then on its log takes nothing more. */
    private boolean unlessSealed(Runnable propose) {
        synchronized (sealLock) {
            if (!sealed) {
                propose.run();
            }
            return !sealed;
        }
    }

    /**
     * The log of this node's cluster, of which it is the only node, takes nothing more until {@link #resume} or the end of this
     * node. Completes with false, and nothing has changed, when another node is in it or may be about to come in. Any thread.
     */
    public CompletableFuture<Boolean> suspend() {
        RaftGroup local = group;
        MetaProposal last = new MetaProposal();
        synchronized (sealLock) {
            if (sealed || local == null) {
                return CompletableFuture.completedFuture(false);
            }
            sealed = true;
            // It changes nothing; what was proposed before is applied before it.
            local.propose(ByteBuffer.wrap(MetaCodec.encode(new MetaCommand.UpdateAddress(options.self()))), last);
        }
        return last.result.thenApply(result -> {
            boolean applied =
                    result.outcome() == MetaResult.Outcome.APPLIED || result.outcome() == MetaResult.Outcome.REFUSED;
            ClusterMap map = map();
            boolean alone =
                    applied && map.activeNodes().size() == 1 && map.departures().isEmpty();
            if (!alone) {
                resume();
            }
            return alone;
        });
    }

    /** What {@link #suspend} stopped goes on. Any thread. */
    public void resume() {
        synchronized (sealLock) {
            ClusterFile known = file;
            sealed = known != null && known.seal() != null;
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
        if (!closed) {
            meeting.tick();
        }
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
        standing.tick(local, known);
        announceAddress(map);
        announceVote(map);
        announceFormat(map);
        rememberPeers(known, map);
        takeSnapshot(local);
        if (!sealed) {
            reconciler.tick(local, map, layout);
        }
        if (map().isFormed()) {
            formingAlone.forEach(waiting -> waiting.complete(null));
            formingAlone.clear();
        }
    }

    /**
     * CLUSTER MEET: this node and another, as gossip shows it, come into one cluster. Completes with an empty text, or with
     * why they have not met (yet).
     */
    public CompletableFuture<String> meet(ClusterNode target) {
        return meeting.meet(target);
    }

    /** Forms a cluster of this node alone unless it is in one; completes when its map is there. Any thread. */
    public CompletableFuture<@Nullable Void> formAlone() {
        if (map().isFormed()) {
            return CompletableFuture.completedFuture(null);
        }
        return onClusterThread(this::beginAlone).thenCompose(waiting -> waiting);
    }

    private CompletableFuture<@Nullable Void> beginAlone() {
        CompletableFuture<@Nullable Void> formed = new CompletableFuture<>();
        if (map().isFormed()) {
            formed.complete(null);
            return formed;
        }
        if (file == null && meeting.joining() == null) {
            ClusterNode only = self;
            Layout alone =
                    new Layout(Ids.random(), List.of(only), new Members(List.of(only.id()), List.of()), List.of());
            try {
                new LayoutTaker().take(alone);
            } catch (IOException e) {
                formed.completeExceptionally(e);
                return formed;
            }
        }
        formingAlone.add(formed);
        return formed.orTimeout(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
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

    /** Completes when this replica's map shows {@code version}, or fails after a while. Any thread. */
    public CompletableFuture<@Nullable Void> await(long version) {
        return await(map -> map.version() >= version);
    }

    /** Completes when this replica's map is as asked, or fails after {@link #CLOSE_MILLIS}. Any thread. */
    public CompletableFuture<@Nullable Void> await(Predicate<ClusterMap> condition) {
        return machine.await(condition).orTimeout(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /**
     * The map with all that was committed before this call, whoever leads; fails when the group has no leader that can be
     * asked. In no cluster it is the empty map. Any thread.
     */
    public CompletableFuture<ClusterMap> current() {
        CompletableFuture<ClusterMap> current = new CompletableFuture<>();
        RaftGroup local = group;
        if (local == null) {
            current.complete(map());
            return current;
        }
        local.readBarrier(new ReadBarrier() {
            @Override
            public void passed() {
                current.complete(map());
            }

            @Override
            public void refused(Failure why) {
                current.completeExceptionally(new IOException("the meta group has no leader: " + why));
            }
        });
        return current.orTimeout(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
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

    /** True while this node asks another cluster to take it in. */
    public boolean isJoining() {
        return meeting.joining() != null;
    }

    /** Which cluster this node asks, why it is not admitted yet, and what ends that; for an operator. */
    public String joiningText() {
        return meeting.text();
    }

    /** True while it asks a cluster which that node is, or was, a member of. */
    public boolean isJoining(String nodeId) {
        return meeting.joins(nodeId);
    }

    /** Goes on without the cluster that this node is about to join: an operator's word. Completes with an error text, or empty. */
    public CompletableFuture<String> giveUpJoining() {
        return onClusterThread(() -> {
            meeting.giveUp();
            return isJoining() ? "the end of joining could not be written down" : "";
        });
    }

    /**
     * True once no group counts on this node any more: it was forgotten, and knows it for good; or as long as it is told that its
     * cluster does not have it ({@link Standing}).
     */
    public boolean isGone() {
        ClusterFile known = file;
        return known != null && (known.isOpened(Removals.GONE) || standing.isUnknown());
    }

    /**
     * Writes {@code cluster.conf} anew (CLUSTER SAVECONFIG); completes with an empty text, or why it could not be written. On the
     * cluster thread: in the middle of a move to another cluster, which runs there, it would write back what was before it.
     */
    public CompletableFuture<String> saveConfig() {
        return onClusterThread(() -> {
            ClusterFile known = file;
            try {
                if (known != null) {
                    known.save();
                }
                return "";
            } catch (IOException e) {
                return e.toString();
            }
        });
    }

    /**
     * The cluster is in gossip mode again, as its last entry said: this node belongs to no meta group any more. Its replica stops and its files
     * go; before it forms another one it is to be restarted. Completes with an empty text, or why not (yet).
     */
    public CompletableFuture<String> dissolve() {
        return onClusterThread(() -> {
                    ClusterFile known = file;
                    RaftGroup old = group;
                    if (known == null) {
                        return "";
                    }
                    dissolved = true;
                    group = null;
                    try {
                        if (old != null) {
                            awaitEnd(old);
                        }
                        Path directory = groupDirectory();
                        if (Files.exists(directory)) {
                            Path gone = options.directory().resolve(ClusterFile.DISSOLVED);
                            DurableFile.deleteTree(gone);
                            Files.move(directory, gone, StandardCopyOption.ATOMIC_MOVE);
                            DurableFile.syncDirectory(options.directory());
                        }
                        deleteDissolved();
                    } catch (IOException e) {
                        return e.toString();
                    }
                    file = null;
                    machine.reset();
                    LOG.info(
                            "node {} has left cluster {}, which is dissolved",
                            options.self().id(),
                            known.clusterId());
                    return "";
                })
                .exceptionally(Throwable::toString);
    }

    /** The log goes last: a start after a crash in between goes on here. */
    private void deleteDissolved() throws IOException {
        options.mark().joins("");
        Files.deleteIfExists(options.directory().resolve(ClusterFile.NAME));
        DurableFile.syncDirectory(options.directory());
        Path gone = options.directory().resolve(ClusterFile.DISSOLVED);
        try {
            DurableFile.deleteTree(gone);
        } catch (IOException e) {
            LOG.warn("{} is deleted at the next start: {}", gone, e.toString());
        }
    }

    /** Stops a replica whose files are to go; once this returns, no snapshot of it is being written. Cluster thread. */
    private void awaitEnd(RaftGroup old) {
        CompletableFuture<Long> running = snapshot;
        if (running != null) {
            try {
                running.get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException e) {
                LOG.debug("the last snapshot of group {}", old.id(), e);
            }
        }
        awaitStop(old);
    }

    private Path groupDirectory() {
        ClusterFile known = file;
        return options.directory().resolve(known == null ? GROUP_ID : known.metaDirectory());
    }

    /** Takes away what is left of a meta group that this node has left for another. */
    private void deleteOldGroups() throws IOException {
        Path current = groupDirectory();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(options.directory(), GROUP_ID + "*")) {
            for (Path directory : found) {
                if (Files.isDirectory(directory) && !directory.equals(current)) {
                    DurableFile.deleteTree(directory);
                }
            }
        }
    }

    /** From here on this node belongs to the cluster of {@code entered}. */
    private synchronized void enter(ClusterFile entered) throws IOException {
        addresses.learn(entered.peers());
        host.setClusterId(entered.clusterId());
        file = entered;
        deleteOldGroups();
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
        ClusterNode wanted = self;
        ClusterNode known = map.node(wanted.id());
        long now = clockMillis.getAsLong();
        boolean soon = !wanted.equals(lastAddress) || now - lastAddressMillis >= ADDRESS_MILLIS;
        if (known == null || !known.isActive() || known.equals(wanted) || !soon) {
            return;
        }
        lastAddressMillis = now;
        lastAddress = wanted;
        propose(new MetaCommand.UpdateAddress(wanted))
                .thenAccept(result -> LOG.info("announced the address {}: {}", wanted, result));
    }

    /** Says when this node's setting has changed that it never votes, or may again. */
    private void announceVote(ClusterMap map) {
        String selfId = options.self().id();
        boolean votes = rules.votes();
        long now = clockMillis.getAsLong();
        if (map.isForgotten(selfId) || map.isReader(selfId) == !votes || now - lastVoteMillis < VOTE_MILLIS) {
            return;
        }
        lastVoteMillis = now;
        propose(new MetaCommand.SetVote(selfId, votes))
                .thenAccept(result -> LOG.info("node {} {}: {}", selfId, votes ? "may vote" : "never votes", result));
    }

    /** Tells the others up to which version this node can write and read. */
    private void announceFormat(ClusterMap map) {
        ClusterNode known = map.node(options.self().id());
        boolean told = ClusterFormat.announced(map, options.self().id()) == ClusterFormat.SUPPORTED;
        long now = clockMillis.getAsLong();
        if (known == null || !known.isActive() || told || sealed || now - lastFormatMillis < FORMAT_MILLIS) {
            return;
        }
        lastFormatMillis = now;
        propose(new MetaCommand.SetConfig(
                ClusterFormat.PREFIX + options.self().id(), Integer.toString(ClusterFormat.SUPPORTED)));
    }

    private void rememberPeers(ClusterFile known, ClusterMap map) {
        if (!map.isFormed()) {
            return;
        }
        try {
            known.setActiveFormat(map.activeFormat());
            known.setPeers(map.activeNodes());
        } catch (IOException e) {
            onBroken.accept(e);
        }
    }

    private void takeSnapshot(RaftGroup local) {
        GroupStatus status = local.status();
        boolean running = snapshot != null && !snapshot.isDone();
        long now = System.nanoTime();
        if (!running
                && now - snapshotNotBeforeNanos >= 0
                && status.appliedIndex() - status.snapshotIndex() >= options.snapshotEntries()) {
            snapshotNotBeforeNanos = now + TimeUnit.MILLISECONDS.toNanos(options.snapshotPauseMillis());
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
            if (dissolved) {
                return "it has left a cluster that is dissolved: restart it";
            }
            if (meeting.joining() != null) {
                return "about to join a cluster";
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
            ClusterFile.Seal joining = meeting.joining();
            if (joining != null && !joining.clusterId().equals(clusterId)) {
                throw new IOException("about to join cluster " + joining.clusterId());
            }
            options.mark().joins(clusterId);
            enterOrBreak(ClusterFile.adopted(options.directory(), options.self().id(), clusterId, peers));
        }
    }

    private final class MeetingPart implements Meeting.Part {
        @Override
        public String clusterId() {
            return MetaGroup.this.clusterId();
        }

        @Override
        public ClusterMap map() {
            return MetaGroup.this.map();
        }

        @Override
        public CompletableFuture<@Nullable Void> formAlone() {
            return beginAlone();
        }

        @Override
        public void seal(ClusterFile.@Nullable Seal seal) throws IOException {
            ClusterFile known = Objects.requireNonNull(file);
            synchronized (sealLock) {
                boolean before = sealed;
                sealed = true;
                try {
                    known.setSeal(seal);
                    before = seal != null;
                } finally {
                    sealed = before;
                }
            }
        }

        @Override
        public boolean hasLeftAlone(String clusterId) {
            ClusterFile known = file;
            return known != null && known.hasLeftAlone(clusterId);
        }

        @Override
        public boolean isSettled() {
            RaftGroup local = group;
            if (local == null || !local.isLeader() || !map().isFormed()) {
                return false;
            }
            GroupStatus status = local.status();
            return status.appliedIndex() == status.lastIndex();
        }

        @Override
        public CompletableFuture<MetaResult> propose(MetaCommand command) {
            return MetaGroup.this.propose(command);
        }

        @Override
        public void enter(String clusterId, List<ClusterNode> hosts) throws IOException {
            ClusterFile known = file;
            options.mark().joins(clusterId);
            if (known == null) {
                enterOrBreak(
                        ClusterFile.adopted(options.directory(), options.self().id(), clusterId, hosts));
                return;
            }
            ClusterFile moved = known.moved(clusterId, hosts);
            RaftGroup old = group;
            try {
                if (old != null) {
                    awaitEnd(old);
                }
                host.moveCluster(known.clusterId(), clusterId);
                machine.reset();
                sealed = false;
                MetaGroup.this.enter(moved);
            } catch (IOException e) {
                onBroken.accept(e);
                throw e;
            }
        }
    }
}
