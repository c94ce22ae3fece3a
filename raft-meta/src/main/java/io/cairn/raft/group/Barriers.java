package io.cairn.raft.group;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.rpc.RpcRequests.ReadIndexRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.ReadIndexResponse;
import com.alipay.sofa.jraft.rpc.RpcResponseClosureAdapter;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Linearizable reads of one group. A barrier is a ReadIndex round (Raft thesis 6.4). The library counts only the newest
 * configuration in it, so a round that ended while a membership change was under way, or in another term than it began
 * in, proves nothing: then the leader logs an empty entry and the barrier passes when that is applied (SAFETY 2). The
 * leader does the same for rounds of followers and learners.
 */
final class Barriers {
    /** Barriers that may wait at once, and for how long. */
    static final int MAX_WAITING = 8_192;

    static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final byte[] NO_CONTEXT = new byte[0];

    private final HostedGroup group;
    private final AtomicInteger waiting = new AtomicInteger();
    private final Queue<Barrier> byAge = new ConcurrentLinkedQueue<>();
    /** Barriers whose entry is committed but not yet applied here; guarded by itself. */
    private final PriorityQueue<Barrier> byIndex = new PriorityQueue<>();

    private volatile boolean anyByIndex;

    Barriers(HostedGroup group) {
        this.group = group;
    }

    /** One barrier; settled once. */
    private final class Barrier implements Comparable<Barrier> {
        private final ReadBarrier done;
        private final long deadlineNanos = System.nanoTime() + TIMEOUT_NANOS;
        private final AtomicBoolean settled = new AtomicBoolean();
        private volatile long index;

        Barrier(ReadBarrier done) {
            this.done = done;
        }

        void pass() {
            if (settled.compareAndSet(false, true)) {
                waiting.decrementAndGet();
                done.passed();
            }
        }

        void refuse(Failure failure) {
            if (settled.compareAndSet(false, true)) {
                waiting.decrementAndGet();
                done.refused(failure);
            }
        }

        @Override
        public int compareTo(Barrier other) {
            return Long.compare(index, other.index);
        }
    }

    /**
     * When a round started, to tell at its end whether it can be trusted.
     *
     * @param follows this replica followed then, and so in all of {@code term}, for it can lead only in a later one
     */
    private record Start(long term, boolean follows, long changes) {}

    private Start start() {
        long term = group.term();
        return new Start(term, group.follows(), group.changes());
    }

    /**
     * Whether a round that began so and has just succeeded proves what it should. What the leader of a term says to a
     * follower is checked at the leader. At the leader itself the library's word is not enough: the only voter of a group
     * need not have committed an entry of its own term, and one that followed until the other voters were removed may not
     * know of all that they committed.
     */
    private boolean trusted(Start start) {
        if (start.follows() && group.lastLedTerm() != start.term()) {
            return group.term() == start.term();
        }
        return group.leaderTerm() == start.term() && group.changes() == start.changes() && group.isSettled();
    }

    void read(ReadBarrier done) {
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            done.refused(Failure.BUSY);
            return;
        }
        Barrier barrier = new Barrier(done);
        byAge.add(barrier);
        Start start = start();
        ReadIndexClosure round = new ReadIndexClosure(-1) {
            @Override
            public void run(Status status, long index, byte[] context) {
                if (!status.isOk()) {
                    barrier.refuse(refusal(status));
                } else if (trusted(start)) {
                    barrier.pass();
                } else {
                    logged(barrier);
                }
            }
        };
        try {
            group.node().readIndex(NO_CONTEXT, round);
        } catch (IllegalStateException e) {
            barrier.refuse(Failure.NOT_LEADER);
        }
    }

    private static Failure refusal(Status status) {
        return status.getCode() == RaftError.EBUSY.getNumber() ? Failure.BUSY : Failure.NOT_LEADER;
    }

    private void logged(Barrier barrier) {
        if (group.leaderTerm() != 0) {
            group.logBarrier(new LoggedBarrier(index -> barrier.pass(), () -> barrier.refuse(Failure.NOT_LEADER)));
            return;
        }
        String leader = group.leader();
        if (leader == null) {
            barrier.refuse(Failure.NOT_LEADER);
            return;
        }
        group.host().askBarrier(leader, group.id()).whenComplete((index, failure) -> {
            if (failure != null) {
                barrier.refuse(Failure.NOT_LEADER);
            } else {
                await(barrier, index);
            }
        });
    }

    private void await(Barrier barrier, long index) {
        barrier.index = index;
        synchronized (byIndex) {
            byIndex.add(barrier);
            anyByIndex = true;
        }
        applied(group.appliedIndex());
    }

    /** Everything up to {@code index} is applied. */
    void applied(long index) {
        while (anyByIndex) {
            Barrier next;
            synchronized (byIndex) {
                next = byIndex.peek();
                if (next == null || next.index > index) {
                    anyByIndex = next != null;
                    return;
                }
                byIndex.poll();
            }
            next.pass();
        }
    }

    /** A follower's or learner's round, at its leader. */
    void serve(ReadIndexRequest request, Inbound from, long id) {
        Start start = start();
        group.service().handleReadIndexRequest(request, new RpcResponseClosureAdapter<ReadIndexResponse>() {
            @Override
            public void run(Status status) {
                @Nullable ReadIndexResponse response = getResponse();
                if (!status.isOk() || response == null) {
                    from.fail(id, String.valueOf(status));
                } else if (!response.getSuccess() || trusted(start)) {
                    group.telling(response.getIndex());
                    from.answer(id, response);
                    group.tellLearner(from.sender().nodeId(), response.getIndex());
                } else {
                    serveLogged(
                            index -> from.answer(
                                    id,
                                    ReadIndexResponse.newBuilder()
                                            .setSuccess(true)
                                            .setIndex(index)
                                            .build()),
                            () -> from.fail(id, "not the leader"));
                }
            }
        });
    }

    /** Logs an empty entry and tells its index once it is applied here. */
    void serveLogged(java.util.function.LongConsumer applied, Runnable failed) {
        if (group.leaderTerm() == 0) {
            failed.run();
        } else {
            group.logBarrier(new LoggedBarrier(applied, failed));
        }
    }

    /** No barrier of this replica waits. */
    boolean isIdle() {
        return waiting.get() == 0;
    }

    /** Refuses what has waited too long. */
    void sweep(long nowNanos) {
        for (Barrier oldest = byAge.peek(); oldest != null; oldest = byAge.peek()) {
            if (!oldest.settled.get()) {
                if (nowNanos - oldest.deadlineNanos < 0) {
                    return;
                }
                oldest.refuse(Failure.NOT_LEADER);
            }
            byAge.remove(oldest);
            synchronized (byIndex) {
                byIndex.remove(oldest);
            }
        }
    }

    void refuseAll() {
        for (Barrier barrier : byAge) {
            barrier.refuse(Failure.NOT_LEADER);
        }
        byAge.clear();
    }
}
