package io.cairn.raft.shards;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.Proposal;
import io.cairn.raft.group.ReadBarrier;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps back what comes to a shard's leader while it hands its place over: proposals, read barriers and tasks wait, in the
 * order they came, until there is a new leader or the old one goes on. So nobody who writes during a hand-over is answered
 * with a failure: what was kept is taken then, or refused for certain by a node that can name the new leader. A hold for a
 * backup keeps them, too ({@link WriteHold}): each keeper ends what it began, and calls go on when none is left. Any thread.
 */
final class HandOver {
    private static final Logger LOG = LoggerFactory.getLogger(HandOver.class);

    /** Most proposals, and most barriers, kept; more are refused as BUSY. */
    static final int MAX_KEPT = 4_096;

    private final BiConsumer<ByteBuffer, Proposal> propose;
    private final Consumer<ReadBarrier> barrier;
    /** Shared: who passes a call on. Exclusive: who begins to keep calls or lets them go, so that none overtakes another. */
    private final ReadWriteLock lock = new ReentrantReadWriteLock();

    private final List<KeptProposal> proposals = new ArrayList<>();
    private final List<ReadBarrier> barriers = new ArrayList<>();
    private final List<Runnable> tasks = new ArrayList<>();
    private final Set<Object> keepers = new HashSet<>();
    private volatile boolean keeping;

    private record KeptProposal(ByteBuffer entry, Proposal proposal) {}

    /** Where calls go; neither may block. */
    HandOver(BiConsumer<ByteBuffer, Proposal> propose, Consumer<ReadBarrier> barrier) {
        this.propose = propose;
        this.barrier = barrier;
    }

    boolean isKeeping() {
        return keeping;
    }

    void propose(ByteBuffer entry, Proposal proposal) {
        lock.readLock().lock();
        try {
            if (!keeping) {
                propose.accept(entry, proposal);
                return;
            }
            synchronized (proposals) {
                if (proposals.size() < MAX_KEPT) {
                    proposals.add(new KeptProposal(entry, proposal));
                    return;
                }
            }
        } finally {
            lock.readLock().unlock();
        }
        proposal.failed(Failure.BUSY);
    }

    void readBarrier(ReadBarrier read) {
        lock.readLock().lock();
        try {
            if (!keeping) {
                barrier.accept(read);
                return;
            }
            synchronized (barriers) {
                if (barriers.size() < MAX_KEPT) {
                    barriers.add(read);
                    return;
                }
            }
        } finally {
            lock.readLock().unlock();
        }
        read.refused(Failure.BUSY);
    }

    /** Keeps a task to run at the end of the hand-over; false when none is under way. */
    boolean later(Runnable task) {
        if (!keeping) {
            return false;
        }
        lock.readLock().lock();
        try {
            if (keeping) {
                synchronized (tasks) {
                    tasks.add(task);
                }
            }
            return keeping;
        } finally {
            lock.readLock().unlock();
        }
    }

    /** From here on calls are kept, until {@code keeper} ends it; those before it were passed on. */
    void begin(Object keeper) {
        lock.writeLock().lock();
        try {
            keepers.add(keeper);
            keeping = true;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Whether this keeper has begun and not ended. */
    boolean isKeptBy(Object keeper) {
        lock.readLock().lock();
        try {
            return keepers.contains(keeper);
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Passes on what was kept, in order, unless somebody else keeps it, too; what comes after that is passed on at once.
     * Nothing happens when {@code keeper} has not begun.
     */
    void end(Object keeper) {
        List<Runnable> due;
        lock.writeLock().lock();
        try {
            if (!keepers.remove(keeper) || !keepers.isEmpty()) {
                return;
            }
            proposals.forEach(this::passOn);
            proposals.clear();
            barriers.forEach(this::passOn);
            barriers.clear();
            due = List.copyOf(tasks);
            tasks.clear();
            keeping = false;
        } finally {
            lock.writeLock().unlock();
        }
        due.forEach(task -> safely("a task", task));
    }

    /** What one call makes fail keeps none of the others back. */
    private void passOn(KeptProposal kept) {
        if (!safely("a proposal", () -> propose.accept(kept.entry(), kept.proposal()))) {
            safely("its failure", () -> kept.proposal().failed(Failure.OUTCOME_UNKNOWN));
        }
    }

    private void passOn(ReadBarrier kept) {
        if (!safely("a barrier", () -> barrier.accept(kept))) {
            safely("its refusal", () -> kept.refused(Failure.NOT_LEADER));
        }
    }

    private static boolean safely(String what, Runnable task) {
        try {
            task.run();
            return true;
        } catch (RuntimeException e) {
            LOG.error("{} that was kept during a hand-over failed", what, e);
            return false;
        }
    }

    /** Ends it for all keepers: the replica stops. */
    void endAll() {
        Object last = new Object();
        lock.writeLock().lock();
        try {
            keepers.clear();
            keepers.add(last);
        } finally {
            lock.writeLock().unlock();
        }
        end(last);
    }
}
