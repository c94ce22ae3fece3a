package io.cairn.raft.shards;

import io.cairn.aof.LogStats;
import io.cairn.raft.group.Failure;
import io.cairn.raft.group.GroupOptions;
import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.RaftGroup;
import io.cairn.raft.group.ReadBarrier;
import io.cairn.raft.meta.GroupHost;
import io.cairn.raft.meta.MetaGroup;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** This node's replica of one shard. All methods may be called from any thread and never block. */
public final class ShardGroup {
    /** Bytes that {@link #propose} fills in before the records. */
    public static final int HEADER_BYTES = 2;

    private final String shardId;
    private final ShardStateMachine machine;
    private final SharedBarriers barriers;
    private final LeadershipListener leadership;
    private final Object controlLock = new Object();
    private volatile @Nullable RaftGroup group;
    private @Nullable ControlProposal control;

    /** What this node's replica learns about leadership. Apply thread: must be quick. */
    interface LeadershipListener {
        /** This replica serves from {@code term} on. */
        void serves(String shardId, long term);

        /** What this replica's Raft believes. */
        void leaderChanged(String shardId, @Nullable String nodeId, long term);
    }

    private ShardGroup(String shardId, ShardApply data, LeadershipListener leadership) {
        this.shardId = shardId;
        this.leadership = leadership;
        this.machine = new ShardStateMachine(shardId, data, new Watch());
        this.barriers = new SharedBarriers(this::startBarrier);
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

    public String shardId() {
        return shardId;
    }

    /** True while this replica leads and has applied its term's start entry: it may serve. */
    public boolean isServing() {
        return servingTerm() != 0;
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
        RaftGroup raft = group;
        if (raft == null || machine.servingTerm() == 0) {
            proposal.failed(Failure.NOT_LEADER);
            return;
        }
        int start = entry.position();
        entry.put(start, ShardEntry.VERSION).put(start + 1, ShardEntry.BATCH);
        raft.propose(entry, proposal);
    }

    /** Linearizable read barrier; those asked for while one is under way share the next one. */
    public void readBarrier(ReadBarrier done) {
        barriers.add(done);
    }

    /** Hands leadership to a member (CLUSTER FAILOVER); completes when this replica has stepped down. */
    public CompletableFuture<@Nullable Void> transferLeadership(String nodeId) {
        return raft().transferLeadership(nodeId);
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

    /** See {@link RaftGroup#bytesSinceSnapshot}. */
    public long bytesSinceSnapshot() {
        return raft().bytesSinceSnapshot();
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
        ControlProposal proposal = new ControlProposal();
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
            leadership.serves(shardId, term);
        }

        @Override
        public void leaderChanged(@Nullable String nodeId, long term) {
            leadership.leaderChanged(shardId, nodeId, term);
        }
    }
}
