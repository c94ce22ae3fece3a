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

    static final int TRANSFER_POLL_MILLIS = 5;
    static final int GIVE_UP_MILLIS = 5_000;

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
    private final Lane control;
    private final AtomicBoolean ticking = new AtomicBoolean();
    private final AtomicBoolean brokenTold = new AtomicBoolean();
    private final AtomicBoolean changing = new AtomicBoolean();
    private final AtomicLong changes = new AtomicLong();
    private final AtomicLong elections = new AtomicLong();
    private final CompletableFuture<@Nullable Void> stopped = new CompletableFuture<>();
    private volatile @Nullable GroupRpcClient client;
    private volatile long term;
    private volatile long leaderTerm;
    private volatile long lastLedTerm;
    private volatile long settledTerm;
    private volatile @Nullable String leader;
    private volatile boolean broken;
    private volatile boolean stopping;
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
        if (led == 0 || stopping || !hasQuorum(led)) {
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
    public CompletableFuture<@Nullable Void> transferLeadership(String nodeId) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        control.execute(() -> {
            Status status = node.transferLeadershipTo(Peers.of(nodeId));
            if (status.isOk()) {
                awaitStepDown(nodeId, done);
            } else {
                done.completeExceptionally(new GroupException(Failure.NOT_LEADER, status.toString()));
            }
        });
        return done;
    }

    private void awaitStepDown(String nodeId, CompletableFuture<@Nullable Void> done) {
        State state = node.getNodeState();
        if (state == State.STATE_TRANSFERRING) {
            host.threads()
                    .ticker()
                    .schedule(() -> awaitStepDown(nodeId, done), TRANSFER_POLL_MILLIS, TimeUnit.MILLISECONDS);
        } else if (state == State.STATE_LEADER && !nodeId.equals(host.nodeId())) {
            done.completeExceptionally(new GroupException(Failure.BUSY, nodeId + " did not take over in time"));
        } else {
            done.complete(null);
        }
    }

    @Override
    public CompletableFuture<Long> snapshot() {
        CompletableFuture<Long> done = new CompletableFuture<>();
        control.execute(() -> node.snapshot(status -> {
            if (status.isOk()) {
                done.complete(storage.snapshotIndex());
            } else {
                done.completeExceptionally(new GroupException(Failure.BUSY, status.toString()));
            }
        }));
        return done;
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
        refreshMembers();
        Members now = members;
        progress.keepOnly(now.all());
        long led = leaderTerm();
        if (led == 0 || now.isJoint() || now.index() > node.getLastCommittedIndex()) {
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
                storage.snapshotIndex());
    }

    @Override
    public long bytesSinceSnapshot() {
        long snapshot = storage.snapshotIndex();
        return appliedIndex() > snapshot ? storage.log().log().bytesFrom(snapshot + 1) : 0;
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
