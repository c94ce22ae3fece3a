package io.cairn.raft.shards;

import io.cairn.raft.group.Failure;
import io.cairn.raft.group.ReadBarrier;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One read barrier under way at a time: reads that come meanwhile share the next one. A barrier serves only reads that
 * came before it started, else it could miss a write acknowledged in between. Any thread.
 */
final class SharedBarriers {
    /** Reads waiting for the next barrier; one more is refused. */
    static final int MAX_WAITING = 100_000;

    private static final Logger LOG = LoggerFactory.getLogger(SharedBarriers.class);

    private final Consumer<ReadBarrier> start;
    private final Object lock = new Object();
    private List<ReadBarrier> waiting = new ArrayList<>();
    private boolean underWay;

    /** @param start starts a barrier of the group */
    SharedBarriers(Consumer<ReadBarrier> start) {
        this.start = start;
    }

    void add(ReadBarrier read) {
        boolean full;
        List<ReadBarrier> batch = null;
        synchronized (lock) {
            full = waiting.size() >= MAX_WAITING;
            if (!full) {
                waiting.add(read);
                if (!underWay) {
                    underWay = true;
                    batch = takeWaiting();
                }
            }
        }
        if (full) {
            read.refused(Failure.BUSY);
        } else if (batch != null) {
            start(batch);
        }
    }

    private void start(List<ReadBarrier> batch) {
        Round round = new Round(batch);
        try {
            start.accept(round);
        } catch (RuntimeException e) {
            // Else nobody would ever start another one.
            LOG.error("a read barrier could not be started", e);
            round.refused(Failure.NOT_LEADER);
        }
    }

    private List<ReadBarrier> takeWaiting() {
        List<ReadBarrier> batch = waiting;
        waiting = new ArrayList<>();
        return batch;
    }

    /** Starts the next round before the answers of this one go out, so that the network does not idle. */
    private void startNext() {
        List<ReadBarrier> batch;
        synchronized (lock) {
            if (waiting.isEmpty()) {
                underWay = false;
                return;
            }
            batch = takeWaiting();
        }
        start(batch);
    }

    private final class Round implements ReadBarrier {
        private final List<ReadBarrier> reads;
        private final AtomicBoolean ended = new AtomicBoolean();

        Round(List<ReadBarrier> reads) {
            this.reads = reads;
        }

        @Override
        public void passed() {
            end(ReadBarrier::passed);
        }

        @Override
        public void refused(Failure failure) {
            end(read -> read.refused(failure));
        }

        private void end(Consumer<ReadBarrier> answer) {
            if (!ended.compareAndSet(false, true)) {
                return;
            }
            startNext();
            for (ReadBarrier read : reads) {
                try {
                    answer.accept(read);
                } catch (RuntimeException e) {
                    LOG.error("a read failed after its barrier", e);
                }
            }
        }
    }
}
