package io.cairn.mode;

import io.cairn.config.MaxmemoryPolicy;
import io.cairn.mode.VictimPool.Victim;
import io.cairn.raft.group.Failure;
import io.cairn.raft.shards.ShardGroup;
import io.cairn.record.RecordWriter;
import java.util.Arrays;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Eviction at the primary of a shard, before a write is proposed. By what the primary remembers of accesses, which no replica shares, it chooses keys;
 * what is logged is a block per key that watches the version it chose and deletes the key, so that all replicas lose the same keys and a
 * key written meanwhile stays. The deletes of a turn go as one entry, ahead of the turn's writes. What is under way counts as free.
 * Confined to its event loop, but for what the apply thread tells.
 */
final class RaftEviction {
    /** Most keys that one command makes go; eviction goes on as entries are applied. */
    private static final int MAX_PER_COMMAND = 128;
    /** Most keys of an entry. */
    private static final int MAX_KEYS = 1_000;
    /** Entries of this loop under way. */
    private static final int MAX_IN_FLIGHT = 4;

    private static final int KEYS_PER_LOOK = 16;

    private static final Logger LOG = LoggerFactory.getLogger(RaftEviction.class);

    private final LoopQueue queue;
    private final RaftMode mode;
    private final MemoryLimit limit;
    private final Set<Long> underWay;
    private final VictimPool pool;
    private final RecordWriter writer = new RecordWriter();
    private final long[] identities = new long[MAX_KEYS];
    private final long[] bytes = new long[MAX_KEYS];
    private int gathered;
    private int inFlight;

    RaftEviction(LoopQueue queue, RaftMode mode) {
        this.queue = queue;
        this.mode = mode;
        this.limit = mode.memory();
        this.underWay = mode.evictionsUnderWay();
        this.pool = new VictimPool(limit, underWay::contains);
        pool.onlyFirstDatabase(); // The other one has the marks of MIGRATE.
        pool.onlySlots(slot -> OpenSlots.mayServe(mode.state(slot)));
    }

    /**
     * Gathers deletes until the limit is kept, a bounded number. At the primary only.
     *
     * @return false when more is used than may be and there is nothing to evict: commands that need memory are refused
     */
    boolean makeRoom() {
        return evict() && !limit.heapFull();
    }

    private boolean evict() {
        if (limit.max() == 0) {
            return true;
        }
        long blobs = mode.ownBlobs().bytes();
        if (limit.excess() + blobs <= 0) {
            limit.stuck(false);
            return true;
        }
        if (limit.policy() == MaxmemoryPolicy.NOEVICTION) {
            boolean over = limit.exceeded(blobs);
            limit.stuck(over);
            return !over;
        }
        if (limit.paused()) {
            return true;
        }
        return gather(blobs);
    }

    private boolean gather(long blobs) {
        long now = mode.stamps().readTime();
        long end = System.nanoTime() + limit.timeLimitNanos();
        int chosen = 0;
        while (limit.excess() + blobs > 0
                && chosen < MAX_PER_COMMAND
                && gathered < MAX_KEYS
                && (gathered == 0 || writer.length() < LoopQueue.MAX_ENTRY_BYTES)) {
            Victim victim = pool.next(now);
            if (victim == null) {
                boolean over = !pool.blocked() && limit.exceeded(blobs);
                if (over) {
                    mode.keyspace().releaseEmpty();
                    over = limit.exceeded(blobs);
                }
                limit.stuck(over);
                return !over;
            }
            add(victim);
            chosen++;
            if (chosen % KEYS_PER_LOOK == 0 && System.nanoTime() > end) {
                break;
            }
        }
        limit.stuck(false);
        return true;
    }

    private void add(Victim victim) {
        if (!underWay.add(victim.identity)) {
            return;
        }
        long stamp = mode.stamps().next();
        if (gathered == 0) {
            writer.begin(stamp, 0);
        }
        RaftExpiry.delete(writer, stamp, Arrays.copyOf(victim.key, victim.length), victim.version);
        identities[gathered] = victim.identity;
        bytes[gathered] = victim.bytes;
        gathered++;
        limit.frees(victim.bytes);
        queue.schedule();
    }

    /** End of the loop's turn: proposes what was gathered. */
    void propose() {
        if (gathered == 0 || inFlight == MAX_IN_FLIGHT) {
            return;
        }
        Batch batch = new Batch(Arrays.copyOf(identities, gathered), Arrays.copyOf(bytes, gathered));
        gathered = 0;
        inFlight++;
        ShardGroup shard = mode.shard();
        if (shard == null) {
            batch.failed(Failure.NOT_LEADER);
            return;
        }
        try {
            shard.propose(LoopQueue.entry(writer), batch);
        } catch (RuntimeException | OutOfMemoryError e) {
            LOG.error("evictions were not proposed", e);
            batch.failed(Failure.OUTCOME_UNKNOWN);
        }
    }

    /** Evicts on while more is used than may be, without a command that asks for it. On the event loop. */
    void goOn() {
        ShardGroup shard = mode.shard();
        if (shard != null && shard.isServing()) {
            makeRoom();
        }
    }

    private void settled(boolean applied) {
        inFlight--;
        if (gathered > 0) {
            queue.schedule();
        }
        if (applied) {
            goOn(); // After a failure the node's cron does, so that it is not tried without end.
        }
        limit.remains(limit.exceeded());
    }

    /** Deletes that travel as one entry. */
    private final class Batch implements LocalProposal {
        private final long[] identitiesOf;
        private final long[] bytesOf;
        private int done;
        private int evicted;

        Batch(long[] identitiesOf, long[] bytesOf) {
            this.identitiesOf = identitiesOf;
            this.bytesOf = bytesOf;
        }

        @Override
        public boolean evicts() {
            return true;
        }

        @Override
        public void evicted(boolean gone) {
            evicted += gone ? 1 : 0;
        }

        @Override
        public void recordDone() {
            forget();
        }

        private void forget() {
            limit.frees(-bytesOf[done]);
            underWay.remove(identitiesOf[done]);
            done++;
        }

        @Override
        public void applied() {
            mode.stats().evicted(evicted);
            queue.loop.execute(() -> settled(true));
        }

        @Override
        public void failed(Failure why) {
            while (done < identitiesOf.length) {
                forget();
            }
            queue.loop.execute(() -> settled(false));
        }
    }
}
