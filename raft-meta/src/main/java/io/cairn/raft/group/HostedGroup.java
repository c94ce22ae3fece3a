package io.cairn.raft.group;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.core.NodeView;
import com.alipay.sofa.jraft.core.State;
import com.alipay.sofa.jraft.entity.Task;
import com.alipay.sofa.jraft.rpc.RaftServerService;
import io.cairn.aof.Log;
import io.cairn.aof.LogStats;
import io.cairn.aof.VoteStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica over one node of the library.
 *
 * <p>The library says that it leads before its term's first entry is committed, reports lost and possibly committed
 * entries alike, and notices the loss of its quorum late. So this class keeps its own view, in volatile fields: the term
 * that it leads once the apply thread has seen it start, the newest term that was voted in (from the vote store), and
 * when a majority last answered. A proposal needs all three; from the moment it is handed to the library it can only be
 * applied or become unknown.
 */
final class HostedGroup implements RaftGroup, GroupHealth {
    private static final Logger LOG = LoggerFactory.getLogger(HostedGroup.class);

    /** Bound of one proposal; the layers above split or refuse what is larger. */
    static final int MAX_PROPOSAL_BYTES = 32 << 20;

    /** Space kept beyond what is in flight, for headers, configurations and the library's own entries. */
    static final int ROOM_BYTES = 64 * 1_024;
    /** What a snapshot may need beyond the size of the last one. */
    private static final int SNAPSHOT_ROOM_BYTES = 4 << 20;

    static final int GIVE_UP_MILLIS = 5_000;

    /** A member answers when it did so within this many election timeouts. */
    static final long ANSWER_TIMEOUTS = 2;

    private final RaftHost host;
    private final GroupOptions options;
    private final GroupMachine machine;
    private final StateMachine above;
    private final GroupStorage storage;
    private final NodeImpl node;
    private final Progress progress = new Progress();
    private final Inflight inflight = new Inflight();
    private final Barriers barriers = new Barriers(this);
    private final Suspicion suspicion = new Suspicion(this);
    private final Membership membership = new Membership(this);
    private final Handover handover = new Handover(this);
    private final Leases leases;
    private final Lane control;
    private final AtomicBoolean ticking = new AtomicBoolean();
    private final AtomicBoolean brokenTold = new AtomicBoolean();
    private final AtomicBoolean changing = new AtomicBoolean();
    private final AtomicLong changes = new AtomicLong();
    private final AtomicLong elections = new AtomicLong();
    private final AtomicLong snapshotsReceived = new AtomicLong();
    /** The highest index that this replica has told anybody to be committed, in whatever term. */
    private final AtomicLong told = new AtomicLong();

    private final CompletableFuture<@Nullable Void> stopped = new CompletableFuture<>();
    private volatile @Nullable GroupRpcClient client;
    private volatile long term;
    private volatile long leaderTerm;
    private volatile long lastLedTerm;
    private volatile long settledTerm;
    private volatile @Nullable String leader;
    private volatile boolean broken;
    private volatile boolean stopping;
    private volatile boolean leaving;
    private volatile long offeredTerm = -1;
    private volatile boolean appendFoundNoSpace;
    private volatile Members members = Members.NONE;
    private long markedTerm;
    private long markedIndex;

    private HostedGroup(RaftHost host, GroupOptions options, StateMachine above, Log log, VoteStore votes) {
        this.host = host;
        this.options = options;
        this.above = above;
        this.machine = new GroupMachine(this, above);
        this.term = votes.term();
        this.leases = new Leases(this, options);
        this.control = new Lane(host.threads().workers());
        Path snapshots = options.directory().resolve("snapshots");
        this.storage =
                new GroupStorage(new AofLogStorage(log, snapshots, this), new VoteMetaStorage(votes, this), snapshots);
        this.node = new NodeImpl(options.groupId(), Peers.of(host.nodeId()));
    }

    /** Opens the replica; blocks while its log is read and its snapshot loaded. */
    static HostedGroup open(RaftHost host, GroupOptions options, StateMachine above, LogOpener opener)
            throws IOException {
        Files.createDirectories(options.directory());
        Log log = opener.openLog(options);
        VoteStore votes;
        try {
            votes = opener.openVote(options);
        } catch (IOException e) {
            log.close();
            throw e;
        }
        HostedGroup group = new HostedGroup(host, options, above, log, votes);
        if (!group.node.init(NodeSettings.of(group, group.machine, group.storage))) {
            group.giveUp();
            throw new IOException("cannot open group " + options.groupId() + " in " + options.directory());
        }
        group.refreshMembers();
        return group;
    }

    /** A replica that was not opened wholly may not stop by itself; its files are closed in any case. */
    private void giveUp() throws IOException {
        try {
            stop().get(GIVE_UP_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("group {} did not stop", id(), e);
        }
        storage.log().log().close();
    }

    RaftHost host() {
        return host;
    }

    GroupOptions options() {
        return options;
    }

    NodeImpl node() {
        return node;
    }

    RaftServerService service() {
        return node;
    }

    Progress progress() {
        return progress;
    }

    Barriers barriers() {
        return barriers;
    }

    Leases leases() {
        return leases;
    }

    @Override
    public void useLeases(boolean on) {
        leases.want(on);
    }

    @Override
    public boolean holdsLease() {
        return leases.holds();
    }

    /** Another replica is about to hear from this one, the leader, that entries up to {@code index} are committed. */
    void telling(long index) {
        if (index > told.get()) {
            told.accumulateAndGet(index, Math::max);
        }
    }

    /**
     * Whatever another replica may know from this one to be committed is applied here. The library's own count of what is
     * committed will not do: it is the apply thread's, which counts an entry when it begins to apply it, while others have
     * long been told. A configuration is followed by a members entry, so what is applied does not stay behind it. Never blocks.
     */
    boolean hasAppliedTold() {
        return machine.appliedIndex() >= told.get();
    }

    Members members() {
        return members;
    }

    void bind(GroupRpcClient made) {
        client = made;
    }

    @Override
    public String id() {
        return options.groupId();
    }

    @Override
    public boolean isLeader() {
        long led = leaderTerm;
        return led != 0 && led == term && !broken && node.isLeader(false);
    }

    @Override
    public @Nullable String leader() {
        return leader;
    }

    /** The leader as the library knows it now; takes the node's read lock, so it is for workers. */
    @Nullable
    String leaderNow() {
        var peer = node.getLeaderId();
        return peer == null || peer.isEmpty() ? null : Peers.nodeId(peer);
    }

    void following(@Nullable String nodeId) {
        leader = nodeId;
    }

    @Override
    public long term() {
        return term;
    }

    /** The term that this replica leads and whose first entry it has applied; 0 when it does not lead. */
    long leaderTerm() {
        return isLeader() ? leaderTerm : 0;
    }

    /** The library takes this replica for a follower or learner. Never blocks. */
    boolean follows() {
        return node.getNodeState() == State.STATE_FOLLOWER;
    }

    long lastLedTerm() {
        return lastLedTerm;
    }

    long changes() {
        return changes.get();
    }

    /** At the leader: no membership change is under way. */
    boolean isSettled() {
        return !changing.get() && settledTerm == leaderTerm;
    }

    boolean isStopped() {
        return stopping || broken;
    }

    long appliedIndex() {
        return machine.appliedIndex();
    }

    @Override
    public void propose(ByteBuffer data, Proposal proposal) {
        if (!data.hasRemaining() || data.remaining() > MAX_PROPOSAL_BYTES || Members.isEncoded(data)) {
            throw new IllegalArgumentException("a proposal has 1.." + MAX_PROPOSAL_BYTES + " bytes of a record");
        }
        long led = leaderTerm();
        if (led == 0 || stopping || handover.isDraining() || !hasQuorum(led)) {
            proposal.failed(Failure.NOT_LEADER);
            return;
        }
        if (appendFoundNoSpace || !storage.log().hasRoom(inflight.bytes() + data.remaining() + ROOM_BYTES)) {
            proposal.failed(Failure.DISK_FULL);
            return;
        }
        ProposalClosure closure = new ProposalClosure(inflight, proposal, data.remaining());
        if (!inflight.admit(closure)) {
            proposal.failed(Failure.BUSY);
            return;
        }
        if (handover.isDraining() && closure.take() != null) {
            // The hand-over began meanwhile and may not have seen this one.
            proposal.failed(Failure.NOT_LEADER);
            return;
        }
        submit(new Task(data, closure, led));
    }

    private void submit(Task task) {
        try {
            node.apply(task);
        } catch (IllegalStateException e) {
            // Shutting down: the library says so by exception, too, after it has queued the closure's failure.
            LOG.debug("group {} is shutting down", id(), e);
            task.getDone().run(new Status(-1, "shutting down"));
        }
    }

    /** Whether a majority answered this term's leader within one election timeout (SAFETY 8). */
    private boolean hasQuorum(long led) {
        Members now = members;
        long bound = TimeUnit.MILLISECONDS.toNanos(options.electionTimeoutMillis());
        long at = System.nanoTime();
        String self = host.nodeId();
        return progress.quorumAgeNanos(now.voters(), self, led, at) < bound
                && (!now.isJoint() || progress.quorumAgeNanos(now.oldVoters(), self, led, at) < bound);
    }

    /** Logs an empty entry for a barrier. */
    void logBarrier(LoggedBarrier barrier) {
        long led = leaderTerm();
        if (led == 0) {
            barrier.run(new Status(-1, "not the leader"));
        } else {
            submit(new Task(ByteBuffer.allocate(0), barrier, led));
        }
    }

    /** A round of ReadIndex reaches the voters only; what goes to learners too is an entry. */
    @Override
    public void tellCommitted() {
        long led = leaderTerm();
        if (led == 0 || isStopped()) {
            return;
        }
        if (!members.learners().isEmpty()) {
            submit(new Task(ByteBuffer.allocate(0), status -> {}, led));
            return;
        }
        readBarrier(new ReadBarrier() {
            @Override
            public void passed() {}

            @Override
            public void refused(Failure why) {}
        });
    }

    /**
     * Tells a learner that asked for a barrier what is committed. A round of ReadIndex reaches the voters only: a learner would
     * wait for the next heartbeat. Any thread.
     */
    void tellLearner(String nodeId, long index) {
        GroupRpcClient now = client;
        if (now != null && !isStopped() && members.learners().contains(nodeId)) {
            control.execute(() -> now.tell(nodeId, index));
        }
    }

    @Override
    public void readBarrier(ReadBarrier done) {
        if (isStopped()) {
            done.refused(Failure.NOT_LEADER);
        } else {
            barriers.read(done);
        }
    }

    @Override
    public CompletableFuture<@Nullable Void> changeMembers(Collection<String> voters, Collection<String> learners) {
        return membership.change(voters, learners);
    }

    boolean beginChange() {
        if (!changing.compareAndSet(false, true)) {
            return false;
        }
        changes.incrementAndGet();
        return true;
    }

    void endChange() {
        changes.incrementAndGet();
        control.execute(() -> {
            // Until a tick sees a settled configuration, reads go through the log.
            settledTerm = 0;
            changing.set(false);
            tick();
        });
    }

    @Override
    public CompletableFuture<@Nullable Void> transferLeadership(String nodeId, Runnable hold) {
        return handover.to(nodeId, hold);
    }

    @Override
    public void leave() {
        leaving = true;
    }

    /** The leader of {@code inTerm} asks this replica to take its place. */
    void offered(long inTerm) {
        offeredTerm = inTerm;
    }

    @Override
    public boolean wasGiven() {
        long led = leaderTerm();
        return led != 0 && led == offeredTerm + 1;
    }

    /** This replica takes no leadership that is offered: its node is about to stop. */
    boolean isLeaving() {
        return leaving;
    }

    /** No proposal is between {@link #propose} and apply, and no read barrier waits. */
    boolean isIdle() {
        return inflight.isEmpty() && barriers.isIdle();
    }

    /** At the leader: entries of its log that a voter is not known to hold. */
    long lag(String nodeId) {
        return lastIndex()
                - progress.matchIndexes(Set.of(nodeId), host.nodeId(), term).getOrDefault(nodeId, 0L);
    }

    void onWorker(Runnable task) {
        control.execute(task);
    }

    void onWorkerLater(Runnable task, int millis) {
        host.threads().ticker().schedule(() -> control.execute(task), millis, TimeUnit.MILLISECONDS);
    }

    @Override
    public CompletableFuture<Long> snapshot() {
        CompletableFuture<Long> done = new CompletableFuture<>();
        if (!hasSnapshotRoom()) {
            done.completeExceptionally(new GroupException(Failure.DISK_FULL, "there is no disk space for a snapshot"));
            return done;
        }
        control.execute(() -> node.snapshot(status -> {
            if (status.isOk()) {
                done.complete(storage.snapshotIndex());
            } else {
                done.completeExceptionally(new GroupException(Failure.BUSY, status.toString()));
            }
        }));
        return done;
    }

    /**
     * Whether the disk has space for another snapshot like the last one. The library takes most failures to write one for the
     * end of the replica, where a log without space only waits.
     */
    boolean hasSnapshotRoom() {
        try {
            Path directory = storage.snapshotDirectory();
            long usable = Files.getFileStore(Files.exists(directory) ? directory : directory.getParent())
                    .getUsableSpace();
            return !appendFoundNoSpace && usable > storage.snapshotBytes() + SNAPSHOT_ROOM_BYTES;
        } catch (IOException e) {
            return true; // Whoever writes will see.
        }
    }

    /** Whether the snapshot that ends at {@code index} is a base ({@link GroupBase}). */
    boolean isBase(long index) {
        return Files.exists(
                storage.snapshotDirectory().resolve("snapshot_" + index).resolve(GroupBase.FILE));
    }

    /** A voter's pre-vote was refused here. */
    void refusedPreVote() {
        if (!isStopped()) {
            control.execute(suspicion::refusedPreVote);
        }
    }

    @Override
    public void suspect(String nodeId) {
        if (!isStopped()) {
            control.execute(() -> suspicion.suspect(nodeId));
        }
    }

    @Override
    public void goFirst() {
        if (!isStopped()) {
            control.execute(suspicion::goFirst);
        }
    }

    /** A link came up: the library may start a replicator that it could not start before. */
    void linkUp(String nodeId) {
        GroupRpcClient now = client;
        if (now != null && !isStopped()) {
            control.execute(() -> now.linkUp(nodeId));
        }
    }

    void leaderStarted(long led) {
        leader = host.nodeId();
        lastLedTerm = led;
        leaderTerm = led;
        control.execute(this::tick);
    }

    void leaderStopped() {
        leaderTerm = 0;
        leader = null;
    }

    /** Rereads the newest configuration; takes the node's read lock, so it runs on workers. */
    void refreshMembers() {
        members = Members.of(NodeView.configuration(node));
    }

    /** Called by the host's ticker; the work is done on a worker, once at a time. */
    void requestTick() {
        barriers.sweep(System.nanoTime());
        if (!isStopped() && ticking.compareAndSet(false, true)) {
            control.execute(() -> {
                ticking.set(false);
                tick();
            });
        }
    }

    private void tick() {
        if (isStopped()) {
            return;
        }
        storage.log().tick(System.nanoTime());
        // Before the members: those of a term that began in between may be another leader's change.
        long led = leaderTerm();
        refreshMembers();
        leases.renew();
        Members now = members;
        progress.keepOnly(now.all());
        if (led == 0) {
            return;
        }
        if (now.isJoint() || now.index() > node.getLastCommittedIndex()) {
            settledTerm = 0;
            return;
        }
        settledTerm = led;
        if (led != markedTerm || now.index() != markedIndex) {
            markedTerm = led;
            markedIndex = now.index();
            submit(new Task(now.encode(), status -> LOG.debug("members entry: {}", status), led));
        }
    }

    @Override
    public void diskFull(boolean full) {
        if (full != appendFoundNoSpace) {
            appendFoundNoSpace = full;
            LOG.warn("group {}: {}", id(), full ? "no disk space left, waiting for some" : "there is disk space again");
        }
    }

    @Override
    public void term(long entered) {
        if (entered > term) {
            term = entered;
            elections.incrementAndGet();
        }
    }

    @Override
    public void broken(Throwable cause) {
        if (stopping) {
            LOG.debug("group {} is stopping", id(), cause);
            return;
        }
        broken = true;
        if (brokenTold.compareAndSet(false, true)) {
            LOG.error("group {} is broken", id(), cause);
            above.broken(cause);
        }
    }

    @Override
    public GroupStatus status() {
        Members now = members;
        State state = node.getNodeState();
        boolean leads = state == State.STATE_LEADER;
        Log log = storage.log().log();
        boolean active = state.isActive();
        Set<String> others = new HashSet<>(now.all());
        Map<String, Long> matches = leads ? progress.matchIndexes(others, host.nodeId(), term) : Map.of();
        long lately = TimeUnit.MILLISECONDS.toNanos(ANSWER_TIMEOUTS * options.electionTimeoutMillis());
        Set<String> answering =
                leads ? progress.answering(others, host.nodeId(), term, System.nanoTime(), lately) : Set.of();
        return new GroupStatus(
                id(),
                role(state, now),
                term,
                active ? leader : null,
                log.firstIndex(),
                active ? lastIndex() : log.lastIndex(),
                active ? commitIndex() : 0,
                appliedIndex(),
                now.voters(),
                now.learners(),
                matches,
                elections.get(),
                storage.snapshotIndex(),
                now.oldVoters(),
                now.index(),
                answering);
    }

    @Override
    public long snapshotsReceived() {
        return snapshotsReceived.get();
    }

    /** A leader sends a snapshot. */
    void snapshotOffered() {
        snapshotsReceived.incrementAndGet();
    }

    @Override
    public SinceSnapshot sinceSnapshot() {
        long snapshot = storage.snapshotIndex();
        long entries = Math.max(0, appliedIndex() - snapshot);
        long bytes = entries > 0 ? storage.log().log().bytesFrom(snapshot + 1) : 0;
        return new SinceSnapshot(entries, bytes, storage.snapshotBytes());
    }

    @Override
    public long durableIndex() {
        return storage.log().durableIndex();
    }

    @Override
    public LogStats logStats() {
        return storage.log().log().stats();
    }

    private long lastIndex() {
        try {
            return node.getLastLogIndex();
        } catch (IllegalStateException e) {
            return storage.log().log().lastIndex();
        }
    }

    private long commitIndex() {
        try {
            return node.getLastCommittedIndex();
        } catch (IllegalStateException e) {
            return 0;
        }
    }

    private String role(State state, Members now) {
        return switch (state) {
            case STATE_LEADER, STATE_TRANSFERRING -> "LEADER";
            case STATE_CANDIDATE -> "CANDIDATE";
            case STATE_FOLLOWER ->
                now.voters().contains(host.nodeId()) || now.oldVoters().contains(host.nodeId())
                        ? "FOLLOWER"
                        : "LEARNER";
            default -> "STOPPED";
        };
    }

    @Override
    public CompletableFuture<@Nullable Void> stop() {
        if (stopping) {
            return stopped;
        }
        stopping = true;
        storage.log().stopping();
        host.closed(this);
        barriers.refuseAll();
        node.shutdown(status -> {
            inflight.failAll();
            stopped.complete(null);
        });
        return stopped;
    }
}
