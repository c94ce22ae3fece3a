package io.cairn.raft.group;

import com.alipay.sofa.jraft.core.NodeImpl;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hint that a leader is gone. The voter first in order shortens its own election timeout at once, the next after a
 * pause, and so on; all of them stop to believe in the old leader's lease, so that they grant pre-votes. Pre-vote, terms
 * and votes stay as they are: the hint starts an election earlier and decides nothing. The library's election timer runs
 * freely and waits a whole further period when a tick finds the lease still valid, which is most of the time saved.
 */
final class Suspicion {
    private static final Logger LOG = LoggerFactory.getLogger(Suspicion.class);
    static final int SHORT_TIMEOUT_MILLIS = 10;
    static final int RANK_PAUSE_MILLIS = 100;
    static final int POLL_MILLIS = 2;

    /** After this the timeouts are as before, leader or not. */
    static final int MAX_MILLIS = 400;

    /** A hint is good for so long. */
    static final int MAX_HINT_MILLIS = Leases.MAX_GRANT_MILLIS + MAX_MILLIS;

    private final HostedGroup group;
    private final AtomicBoolean active = new AtomicBoolean();
    /** Whether this voter's turn is still to come. */
    private final AtomicBoolean waiting = new AtomicBoolean();

    private volatile @Nullable Runnable turn;

    Suspicion(HostedGroup group) {
        this.group = group;
    }

    /** Takes the node's lock: call it on a worker. */
    void suspect(String nodeId) {
        suspect(nodeId, System.nanoTime());
    }

    /** Nobody has led yet and others know that it is this voter's turn: as if a leader was gone. Takes the node's lock: call it on a worker. */
    void goFirst() {
        if (group.leaderNow() == null && !group.isStopped() && active.compareAndSet(false, true)) {
            group.node().getOptions().setElectionTimeoutMs(SHORT_TIMEOUT_MILLIS);
            campaign("", 0, System.nanoTime());
        }
    }

    private void suspect(String nodeId, long hintedNanos) {
        long withheld = group.leases().withheldNanos();
        if (!nodeId.equals(group.leaderNow())
                || group.isStopped()
                || isOver(hintedNanos, System.nanoTime(), withheld)) {
            return;
        }
        if (withheld > 0) {
            // The leader may serve by its lease until then (SAFETY 1).
            later(() -> suspect(nodeId, hintedNanos), (int) TimeUnit.NANOSECONDS.toMillis(withheld) + 1);
            return;
        }
        Members members = group.members();
        String self = group.host().nodeId();
        if (!members.voters().contains(self) || !active.compareAndSet(false, true)) {
            return;
        }
        List<String> others = new ArrayList<>(members.voters());
        others.remove(nodeId);
        Collections.sort(others);
        int rank = others.indexOf(self);
        LOG.info("group {}: leader {} seems gone, rank {}", group.id(), nodeId, rank);
        NodeImpl node = group.node();
        // Opens the lease check only; the timers still run as they did.
        node.getOptions().setElectionTimeoutMs(SHORT_TIMEOUT_MILLIS);
        long start = System.nanoTime();
        turn = () -> campaign(nodeId, rank, start);
        waiting.set(true);
        later(this::takeTurn, rank * RANK_PAUSE_MILLIS);
    }

    /**
     * Another voter asked for a pre-vote and did not get it here: most likely it lacks entries that are here, and without
     * this voter it cannot win. So this voter's turn is now. Takes the node's lock: call it on a worker.
     */
    void refusedPreVote() {
        if (active.get()) {
            takeTurn();
        }
    }

    private void takeTurn() {
        Runnable now = turn;
        if (now != null && waiting.compareAndSet(true, false)) {
            now.run();
        }
    }

    /**
     * Whether a hint is to be forgotten. A leader that is gone is promised nothing more, so the wait for its last promise is
     * one grant at most: who is still withheld after that has heard from it since, and the hint was wrong.
     */
    static boolean isOver(long hintedNanos, long nowNanos, long withheldNanos) {
        return nowNanos - hintedNanos + withheldNanos > TimeUnit.MILLISECONDS.toNanos(MAX_HINT_MILLIS);
    }

    private void campaign(String nodeId, int rank, long startNanos) {
        if (!hasNewLeader(nodeId)) {
            NodeImpl node = group.node();
            int factor = rank == 0 ? 1 : 2;
            node.getRaftOptions().setMaxElectionDelayMs(rank == 0 ? 1 : SHORT_TIMEOUT_MILLIS * factor);
            node.resetElectionTimeoutMs(SHORT_TIMEOUT_MILLIS * factor);
        }
        poll(nodeId, startNanos);
    }

    private void poll(String nodeId, long startNanos) {
        if (hasNewLeader(nodeId)
                || System.nanoTime() - startNanos > TimeUnit.MILLISECONDS.toNanos(MAX_MILLIS)
                || group.isStopped()) {
            restore();
        } else {
            later(() -> poll(nodeId, startNanos), POLL_MILLIS);
        }
    }

    private boolean hasNewLeader(String nodeId) {
        String leader = group.leaderNow();
        return leader != null && !leader.equals(nodeId);
    }

    private void restore() {
        NodeImpl node = group.node();
        node.getRaftOptions().setMaxElectionDelayMs(NodeSettings.maxElectionDelayMillis(group.options()));
        node.resetElectionTimeoutMs(group.options().electionTimeoutMillis());
        active.set(false);
    }

    private void later(Runnable task, int millis) {
        RaftThreads threads = group.host().threads();
        threads.ticker().schedule(() -> threads.workers().execute(task), millis, TimeUnit.MILLISECONDS);
    }
}
