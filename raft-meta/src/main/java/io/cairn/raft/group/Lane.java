package io.cairn.raft.group;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks one after the other, in the order given, on a shared pool: one lane per group and peer keeps AppendEntries
 * in order without a thread of its own. What a lane may hold is bounded by who feeds it (bytes per connection).
 */
final class Lane implements Executor {
    private static final Logger LOG = LoggerFactory.getLogger(Lane.class);
    /** After so many tasks the lane goes to the end of the pool's queue, so that busy groups do not starve others. */
    private static final int MAX_TASKS_PER_TURN = 64;

    private final Executor pool;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();

    Lane(Executor pool) {
        this.pool = pool;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (waiting.getAndIncrement() == 0) {
            pool.execute(this::turn);
        }
    }

    private void turn() {
        int done = 0;
        while (done < MAX_TASKS_PER_TURN) {
            Runnable task = tasks.poll();
            if (task == null) {
                break;
            }
            done++;
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                LOG.error("a task of a lane failed", e);
            }
        }
        if (waiting.addAndGet(-done) > 0) {
            pool.execute(this::turn);
        }
    }
}
