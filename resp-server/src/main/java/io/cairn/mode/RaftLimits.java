package io.cairn.mode;

import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Keyspace;
import io.cairn.raft.group.Failure;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.record.RecordWriter;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The primary's limits become its shard's: it logs them when the shard's are others. Any thread; at most one entry is in flight. */
public final class RaftLimits {
    private final Keyspace keyspace;
    private final Supplier<@Nullable ShardGroup> shard;
    private final Stamps stamps;
    private final RecordWriter writer = new RecordWriter();
    private @Nullable DataLimits wanted;
    private volatile boolean inFlight;

    RaftLimits(Keyspace keyspace, Supplier<@Nullable ShardGroup> shard, Stamps stamps) {
        this.keyspace = keyspace;
        this.shard = shard;
        this.stamps = stamps;
    }

    /** The node's settings. */
    public synchronized void want(DataLimits limits) {
        wanted = limits;
        check();
    }

    /** To be called again and again: who was a replica may be primary now. */
    public synchronized void check() {
        ShardGroup group = shard.get();
        DataLimits limits = wanted;
        if (limits == null || limits.equals(keyspace.dataLimits()) || inFlight || group == null || !group.isServing()) {
            return;
        }
        long stamp = stamps.next();
        writer.begin(stamp, 0);
        writer.limits(stamp, limits);
        inFlight = true;
        Sent sent = new Sent();
        try {
            group.propose(LoopQueue.entry(writer), sent);
        } catch (RuntimeException | OutOfMemoryError e) {
            sent.failed(Failure.OUTCOME_UNKNOWN);
            throw e;
        }
    }

    private final class Sent implements LocalProposal {
        @Override
        public void applied() {
            inFlight = false;
        }

        @Override
        public void failed(Failure why) {
            inFlight = false;
        }
    }
}
