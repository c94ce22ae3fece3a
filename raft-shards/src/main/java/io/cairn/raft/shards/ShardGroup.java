package io.cairn.raft.shards;

import io.cairn.aof.LogStats;
import io.cairn.raft.group.Failure;
import io.cairn.raft.group.GroupBase;
import io.cairn.raft.group.GroupException;
import io.cairn.raft.group.GroupOptions;
import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.ReadBarrier;
import io.cairn.raft.group.SinceSnapshot;
import io.cairn.raft.meta.GroupHost;
import io.cairn.raft.meta.MetaGroup;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** This node's replica of one shard. All methods may be called from any thread and never block. */
public final class ShardGroup {
    /** Longest {@link #holdWrites}, milliseconds. */
    public static final int MAX_HOLD_MILLIS = WriteHold.MAX_MILLIS;

    /** Bytes that {@link #propose} fills in before the records. */
    public static final int HEADER_BYTES = 2;

    /** How long a leader that has stepped down waits to hear of its heir. */
    static final int SUCCESSOR_MILLIS = 1_000;

    private static final int STAYS_POLL_MILLIS = 5;

    private final String shardId;
    private final ShardStateMachine machine;
    private final SharedBarriers barriers;
    private final HandOver handOver;
    private final WriteHold hold;
    private final ShardApply data;
    private final LeadershipListener leadership;
    private final Object controlLock = new Object();
    private volatile @Nullable RaftGroup group;
    private @Nullable ControlProposal control;
    /** Guarded by itself, as {@link #servedTerm} is. */
    private final List<Successor> successors = new ArrayList<>();

    private long servedTerm;
    private final LongAdder leaseReads = new LongAdder();

    /** What this node's replica learns about leadership. Apply thread: must be quick. */
    interface LeadershipListener {
        /** This replica serves from {@code term} on. */
        void serves(String shardId, long term);

        /** A control entry of this replica is applied: there may be more to do. */
        void controlApplied();

        /** What this replica's Raft believes. */
        void leaderChanged(String shardId, @Nullable String nodeId, long term);
    }

    private ShardGroup(String shardId, ShardApply data, LeadershipListener leadership) {
        this.shardId = shardId;
        this.data = data;
        this.leadership = leadership;
        this.machine = new ShardStateMachine(shardId, data, new Watch());
        this.barriers = new SharedBarriers(this::startBarrier);
        this.handOver = new HandOver(this::proposeNow, barriers::add);
        this.hold = new WriteHold(handOver, this::raft, this::servingTerm);
    }

    /** Opens the replica; blocks while its log is read. */
    static ShardGroup open(
            String shardId, GroupOptions options, GroupHost host, ShardApply data, LeadershipListener leadership)
            throws IOException {
        ShardGroup shard = new ShardGroup(shardId, data, leadership);
        shard.group = host.open(options, shard.machine);
        shard.startTerm();
        return shard;
    }

    /**
     * Writes where a shard's log begins on data that its members have; see {@link GroupBase}. The replica does not run. Blocks.
     *
     * @param directory of the shard's group
     */
    public static void writeBase(Path directory, String shardId, long index, List<String> voters, GroupBase.Filler data)
            throws IOException {
        GroupBase.write(directory, index, voters, dir -> {
            data.fill(dir);
            ShardStateMachine.writeBeginning(dir, shardId, index);
        });
    }

    /** A hint that this replica is to lead before anybody else has; see {@link RaftGroup#goFirst}. */
    public void goFirst() {
        raft().goFirst();
    }

    public String shardId() {
        return shardId;
    }

    /** True while this replica leads and has applied its term's start entry: it may serve. */
    public boolean isServing() {
        return servingTerm() != 0;
    }

    /**
     * True while calls may be given to this replica: it serves, or hands its place over and keeps what comes until it is
     * known who does.
     */
    public boolean takesCalls() {
        return machine.ending() == null && takes();
    }

    private boolean takes() {
        return handOver.isKeeping() || isServing();
    }

    /** Runs {@code task} at the end of the hand-over that is under way; false when none is. */
    public boolean afterHandOver(Runnable task) {
        return handOver.later(task);
    }

    /**
     * The term that this replica serves in, 0 while it does not. Who tells others of this leadership takes the term from
     * here, in one read: {@link #term} may by then be that of the next leader, whose place the word would take.
     */
    public long servingTerm() {
        RaftGroup raft = group;
        long serving = machine.servingTerm();
        return serving != 0 && raft != null && raft.isLeader() ? serving : 0;
    }

    /** The slot table as applied here: reads check it after their barrier. */
    public SlotTable slots() {
        return machine.slots();
    }

    /** What this shard receives of migrations, as applied here. */
    Imports imports() {
        return machine.imports();
    }

    /** Whether the shard's log receives slots of this migration. */
    public boolean receives(String id) {
        return machine.imports().find(id) != null;
    }

    /** Whether all of the slot's data has come from another shard, which has frozen it: its change of owner may be decided already. */
    public boolean hasArrived(int slot) {
        Imports.Import one = machine.imports().of(slot);
        return one != null && one.ended();
    }

    /** As {@link #hasArrived(int)}, of any slot. */
    public boolean hasArrivals() {
        return machine.imports().all().stream().anyMatch(Imports.Import::ended);
    }

    /** A piece of a migration as an entry; exactly one of {@link ImportProposal#applied} and {@link Proposal#failed} follows. */
    void proposeImport(ByteBuffer entry, ImportProposal proposal) {
        RaftGroup raft = group;
        if (raft == null || machine.servingTerm() == 0) {
            proposal.failed(Failure.NOT_LEADER);
        } else {
            raft.propose(entry, proposal);
        }
    }

    /** See {@link ShardApply#export}. */
    SlotExport export(BitSet slots) {
        return data.export(slots);
    }

    /** Whether the slot has no key here, as of now. */
    boolean isEmpty(int slot) {
        return data.isEmpty(slot);
    }

    /** The node id of the leader as this replica's Raft knows it, or null. */
    public @Nullable String leader() {
        RaftGroup raft = group;
        return raft == null ? null : raft.leader();
    }

    /** The newest term that this replica has heard of, whoever leads in it. */
    public long term() {
        RaftGroup raft = group;
        return raft == null ? 0 : raft.term();
    }

    /** The last log index that this replica has applied. */
    public long appliedIndex() {
        return machine.appliedIndex();
    }

    /**
     * Proposes a batch of records as one entry; exactly one of {@link ShardApply#batch} with this proposal or
     * {@link Proposal#failed} follows.
     *
     * @param entry heap buffer, handed over: {@link #HEADER_BYTES} free bytes at its position, then the records
     */
    public void propose(ByteBuffer entry, Proposal proposal) {
        handOver.propose(entry, proposal);
    }

    private void proposeNow(ByteBuffer entry, Proposal proposal) {
        RaftGroup raft = group;
        if (raft == null || machine.servingTerm() == 0 || machine.ending() != null) {
            proposal.failed(Failure.NOT_LEADER);
            return;
        }
        int start = entry.position();
        entry.put(start, ShardEntry.VERSION).put(start + 1, ShardEntry.BATCH);
        raft.propose(entry, proposal);
    }

    /**
     * Linearizable read barrier; it passes at once while this replica holds a lease ({@link #useLeases}), else those asked
     * for while one is under way share the next one.
     */
    public void readBarrier(ReadBarrier done) {
        if (machine.ending() != null) {
            done.refused(Failure.NOT_LEADER);
        } else if (holdsLease()) {
            leaseReads.increment();
            done.passed();
        } else {
            handOver.readBarrier(done);
        }
    }

    /** {@code cluster-read-consistency lease}: as the leader, gather the promises that reads without a round need. */
    public void useLeases(boolean on) {
        raft().useLeases(on);
    }

    /** Whether a read that has come by now needs no round of the quorum. */
    public boolean holdsLease() {
        RaftGroup raft = group;
        return raft != null && machine.servingTerm() != 0 && machine.ending() == null && raft.holdsLease();
    }

    /** Barriers that a lease has spared so far. */
    public long leaseReads() {
        return leaseReads.sum();
    }

    /**
     * Hands leadership to a voter (CLUSTER FAILOVER, the end of this process); completes when the heir was heard to serve,
     * or this replica has stepped down and {@link #SUCCESSOR_MILLIS} have passed. Calls that come in the moment of the
     * hand-over are kept and then taken by this replica, if it stays, or refused as NOT_LEADER: that moment is bounded by
     * about two election timeouts and {@link #SUCCESSOR_MILLIS}.
     */
    public CompletableFuture<@Nullable Void> transferLeadership(String nodeId) {
        RaftGroup raft = raft();
        long from = raft.term();
        Object keeper = new Object();
        hold.cancel();
        return raft.transferLeadership(nodeId, () -> handOver.begin(keeper))
                .thenCompose(done -> successor(from))
                .handle((done, failure) -> failure == null
                        ? CompletableFuture.<@Nullable Void>completedFuture(null)
                        : stays(keeper, System.nanoTime())
                                .thenCompose(waited -> CompletableFuture.<@Nullable Void>failedFuture(failure)))
                .thenCompose(end -> end)
                .whenComplete((done, failure) -> {
                    if (failure == null || !isServing()) {
                        // A hold that began meanwhile; it lasts where the leader stays.
                        hold.cancel();
                    }
                    handOver.end(keeper);
                });
    }

    /**
     * Completes when it is known who leads after a transfer that failed: a leader that had told another to campaign begins its
     * own term's service anew, and what was kept would be refused before that. After {@link #SUCCESSOR_MILLIS} in any case.
     */
    private CompletableFuture<@Nullable Void> stays(Object keeper, long startNanos) {
        RaftGroup raft = raft();
        boolean known = isServing() || (raft.leader() != null && !raft.isLeader());
        boolean over = System.nanoTime() - startNanos > TimeUnit.MILLISECONDS.toNanos(SUCCESSOR_MILLIS);
        if (known || over || !handOver.isKeptBy(keeper)) {
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.runAsync(
                        () -> {}, CompletableFuture.delayedExecutor(STAYS_POLL_MILLIS, TimeUnit.MILLISECONDS))
                .thenCompose(waited -> stays(keeper, startNanos));
    }

    /**
     * Keeps this primary's writes back, at most {@code millis}, for a backup of the whole cluster at one point; completes
     * with the term once all writes before are applied. Reads wait, too. Fails, and holds all the same until released, while a
     * slot is between two shards.
     *
     * @param id of the hold, for {@link #releaseWrites}
     */
    public CompletableFuture<Long> holdWrites(String id, int millis) {
        return hold.begin(id, millis).thenCompose(held -> {
            if (!machine.slots().in(SlotState.FROZEN).isEmpty() || hasArrivals()) {
                // From some moment on neither shard shows them, or both do.
                return CompletableFuture.failedFuture(new GroupException(Failure.BUSY, "slots are changing hands"));
            }
            return CompletableFuture.completedFuture(held);
        });
    }

    /** Lets them go on; fails when they went on before, or when this primary may not have been the shard's all the time. */
    public CompletableFuture<@Nullable Void> releaseWrites(String id) {
        return hold.release(id);
    }

    /**
     * At the primary: the last entry of the shard's log is logged, behind all that was let through, and applied here; from it on no replica takes records, reads
     * or writes of clients, whoever leads. When this fails it may have been logged all the same.
     *
     * @param attempt of the way back to gossip mode
     * @return the entry's index
     */
    public CompletableFuture<Long> end(long attempt, int millis) {
        Long known = endedAt(attempt);
        if (known != null) {
            return CompletableFuture.completedFuture(known);
        }
        return holdWrites("end-" + attempt, millis)
                .thenCompose(term -> LoggedControl.propose(raft(), new ShardEntry.End(attempt), millis))
                .thenCompose(done -> {
                    Long at = endedAt(attempt);
                    raft().tellCommitted(); // The others go on from there, too.
                    return at == null
                            ? CompletableFuture.failedFuture(
                                    new GroupException(Failure.BUSY, "the log has gone on meanwhile"))
                            : CompletableFuture.completedFuture(at);
                })
                .whenComplete((index, failure) -> hold.cancel());
    }

    /** Where the log ended in that attempt, as applied here, or null. */
    public @Nullable Long endedAt(long attempt) {
        ShardStateMachine.Ending ending = machine.ending();
        return ending == null || ending.attempt() != attempt ? null : ending.index();
    }

    /** The attempt in which the log has ended, as applied here; null when it did not, or went on since. */
    public @Nullable Long endedAttempt() {
        ShardStateMachine.Ending ending = machine.ending();
        return ending == null ? null : ending.attempt();
    }

    /** Where the log has ended, in whatever attempt, as applied here; null when it did not, or went on since. */
    public @Nullable Long endedIndex() {
        ShardStateMachine.Ending ending = machine.ending();
        return ending == null ? null : ending.index();
    }

    /** At the primary: the log goes on after an attempt that was given up. */
    public CompletableFuture<@Nullable Void> resume(long attempt, int millis) {
        return LoggedControl.propose(raft(), new ShardEntry.Resume(attempt), millis);
    }

    /** Who waits for a later term than {@code from} to be served. */
    private static final class Successor {
        private final long from;
        private final CompletableFuture<@Nullable Void> heard = new CompletableFuture<>();

        Successor(long from) {
            this.from = from;
        }
    }

    /** Completes when a later term than {@code from} is served, or none was heard of in time. */
    private CompletableFuture<@Nullable Void> successor(long from) {
        Successor awaited = new Successor(from);
        synchronized (successors) {
            if (servedTerm > from) {
                awaited.heard.complete(null);
                return awaited.heard;
            }
            successors.add(awaited);
        }
        return awaited.heard
                .completeOnTimeout(null, SUCCESSOR_MILLIS, TimeUnit.MILLISECONDS)
                .whenComplete((done, failure) -> {
                    synchronized (successors) {
                        successors.remove(awaited);
                    }
                });
    }

    /** Somebody serves this shard from {@code term} on. */
    void served(long term) {
        List<Successor> due = new ArrayList<>();
        synchronized (successors) {
            servedTerm = Math.max(servedTerm, term);
            for (Successor awaited : successors) {
                if (awaited.from < term) {
                    due.add(awaited);
                }
            }
        }
        due.forEach(awaited -> awaited.heard.complete(null));
    }

    /** The node is about to stop: no leadership is taken from others any more. */
    public void leave() {
        raft().leave();
    }

    /** BGSAVE and BGREWRITEAOF: a snapshot, and the log before it is purged; completes with its index. */
    public CompletableFuture<Long> snapshot() {
        return raft().snapshot();
    }

    /** A hint that a node is gone; may only start an election earlier. */
    public void suspect(String nodeId) {
        raft().suspect(nodeId);
    }

    public GroupStatus status() {
        return raft().status();
    }

    /** Snapshots that this replica was sent by a leader since the process started. */
    public long snapshotsReceived() {
        return raft().snapshotsReceived();
    }

    /** See {@link RaftGroup#sinceSnapshot}. Reads the snapshot's directory. */
    public SinceSnapshot sinceSnapshot() {
        return raft().sinceSnapshot();
    }

    /** See {@link RaftGroup#durableIndex}. */
    public long durableIndex() {
        return raft().durableIndex();
    }

    /** Counters of this replica's log. */
    public LogStats logStats() {
        return raft().logStats();
    }

    RaftGroup raft() {
        RaftGroup raft = group;
        if (raft == null) {
            throw new IllegalStateException("shard " + shardId + " is still opening");
        }
        return raft;
    }

    /** Proposes this term's start entry if this replica leads and it is neither applied nor under way. */
    void startTerm() {
        long term = machine.leadingTerm();
        if (term != 0 && machine.servingTerm() != term) {
            proposeControl(new ShardEntry.TermStart());
        }
    }

    /** One control entry at a time; false when one is under way. */
    boolean proposeControl(ShardEntry.Control entry) {
        RaftGroup raft = group;
        ControlProposal proposal = new ControlProposal(leadership::controlApplied);
        synchronized (controlLock) {
            if (raft == null || (control != null && !control.isSettled())) {
                return false;
            }
            control = proposal;
        }
        raft.propose(ShardEntry.encode(entry), proposal);
        return true;
    }

    /** Blocks until the log is closed, a bounded time. */
    void close() {
        RaftGroup raft = group;
        if (raft != null) {
            MetaGroup.awaitStop(raft);
        }
        handOver.endAll();
    }

    private void startBarrier(ReadBarrier round) {
        RaftGroup raft = group;
        if (raft == null) {
            round.refused(Failure.NOT_LEADER);
        } else {
            raft.readBarrier(round);
        }
    }

    private final class Watch implements ShardStateMachine.Watcher {
        @Override
        public void leads(long term) {
            startTerm();
        }

        @Override
        public void serves(long term) {
            served(term);
            leadership.serves(shardId, term);
        }

        @Override
        public void leaderChanged(@Nullable String nodeId, long term) {
            leadership.leaderChanged(shardId, nodeId, term);
        }
    }
}
