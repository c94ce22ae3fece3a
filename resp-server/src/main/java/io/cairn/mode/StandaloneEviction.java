package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.config.MaxmemoryPolicy;
import io.cairn.keyspace.Database;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.mode.VictimPool.Victim;
import io.cairn.record.RecordWriter;

/**
 * Makes room below {@code maxmemory} before a command runs; one for each thread. Each key that goes is a logged DEL, which followers get too. Redis:
 * performEvictions.
 */
final class StandaloneEviction {
    /** The clock is looked at once in so many keys, as Redis does. */
    private static final int KEYS_PER_LOOK = 16;

    private final StandaloneMode mode;
    private final MemoryLimit limit;
    private final Keyspace keyspace;
    private final VictimPool pool;
    private final ChangeRecorder recorder;
    private final LargeArguments large;
    private final RecordWriter writer;
    private NativeBlock scratch = NativeBlock.allocate(256);

    /**
     * @param recorder of the thread, as its writer and scratch used between records only
     * @param writer and its owner's scratch
     */
    StandaloneEviction(StandaloneMode mode, ChangeRecorder recorder, LargeArguments large, RecordWriter writer) {
        this.mode = mode;
        this.limit = mode.memory();
        this.keyspace = mode.keyspace;
        this.pool = new VictimPool(limit, id -> false);
        this.recorder = recorder;
        this.large = large;
        this.writer = writer;
    }

    /**
     * Evicts until the limit is kept, for a bounded time; what is left goes on in the background. The calling thread holds no stripe.
     *
     * @return false when more is used than may be and there is nothing to evict: commands that need memory are refused
     */
    boolean makeRoom() {
        if (!limit.exceeded() || mode.leavesEvictionToPrimary()) {
            if (limit.stuck()) {
                limit.stuck(false);
            }
            return !limit.heapFull();
        }
        return evict() && !limit.heapFull();
    }

    private boolean evict() {
        if (limit.policy() == MaxmemoryPolicy.NOEVICTION) {
            limit.stuck(true);
            return false;
        }
        Journal journal = mode.journal();
        if (limit.paused() || mode.leavesKeysAlone()) {
            return true;
        }
        long end = System.nanoTime() + limit.timeLimitNanos();
        long now = mode.clock().stamp();
        int evicted = 0;
        boolean found = true;
        while (limit.exceeded() && journal.hasSpace()) {
            Victim victim = pool.next(now);
            if (victim == null) {
                keyspace.releaseEmpty();
                found = pool.blocked() || !limit.exceeded();
                break;
            }
            evicted += evict(victim, now, journal) ? 1 : 0;
            if (evicted % KEYS_PER_LOOK == 0 && System.nanoTime() > end) {
                break;
            }
        }
        mode.stats.evicted(evicted);
        boolean over = found && limit.exceeded();
        limit.remains(over);
        limit.stuck(!found);
        if (over) {
            mode.evictLater();
        }
        return found;
    }

    private boolean evict(Victim victim, long now, Journal journal) {
        if (scratch.capacity() < victim.length) {
            scratch.release();
            scratch = NativeBlock.allocate(victim.length);
        }
        long key = scratch.address();
        Memory.copy(victim.key, 0, key, victim.length);
        Database database = keyspace.database(victim.database);
        int stripe = keyspace.stripeOf(Slots.of(key, victim.length));
        if (!keyspace.tryLock(stripe)) {
            return false;
        }
        try {
            if (mode.leavesEvictionToPrimary()) {
                return false;
            }
            // Asked at time 0, a key that is expired counts as there.
            if (database.version(key, victim.length, 0) != victim.version) {
                return false;
            }
            database.drop(key, victim.length, now);
            mode.changed(1);
            mode.events.event(victim.database, 'e', "evicted", key, victim.length);
            recorder.deleted(victim.database, key, victim.length);
            if (journal != Journal.NONE) {
                Args args = large.evict(key, victim.length);
                writer.begin(now, 0);
                writer.command(now, victim.database, args);
                journal.append(writer.address(), writer.length());
            }
            return true;
        } finally {
            keyspace.unlock(stripe);
        }
    }
}
