package io.cairn.raft.group;

import com.alipay.sofa.jraft.core.Scheduler;
import com.alipay.sofa.jraft.util.SPI;
import com.alipay.sofa.jraft.util.timer.RaftTimerFactory;
import com.alipay.sofa.jraft.util.timer.Timeout;
import com.alipay.sofa.jraft.util.timer.Timer;
import com.alipay.sofa.jraft.util.timer.TimerTask;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All timers of the library's nodes in this JVM on a few threads (found by its service loader, kept by it for good).
 * Its own timers tick every millisecond and take a thread each: with nine groups a process that is the idle CPU.
 */
@SPI(name = "cairn", priority = 100)
public final class SharedTimers implements RaftTimerFactory, Timer, Scheduler {
    private static final Logger LOG = LoggerFactory.getLogger(SharedTimers.class);

    /** A timer's task may wait for an fsync under its node's lock, so one thread would be too few. */
    private static final int THREADS = 3;

    private final ScheduledThreadPoolExecutor executor =
            new ScheduledThreadPoolExecutor(THREADS, new DefaultThreadFactory("raft-timer", true));

    /** Called by the service loader. */
    public SharedTimers() {
        executor.setRemoveOnCancelPolicy(true);
    }

    @Override
    public Timer getElectionTimer(boolean shared, String name) {
        return this;
    }

    @Override
    public Timer getVoteTimer(boolean shared, String name) {
        return this;
    }

    @Override
    public Timer getStepDownTimer(boolean shared, String name) {
        return this;
    }

    @Override
    public Timer getSnapshotTimer(boolean shared, String name) {
        return this;
    }

    @Override
    public Scheduler getRaftScheduler(boolean shared, int workerNum, String name) {
        return this;
    }

    @Override
    public Timer createTimer(String name) {
        return this;
    }

    @Override
    public Scheduler createScheduler(int workerNum, String name) {
        return this;
    }

    @Override
    public Timeout newTimeout(TimerTask task, long delay, TimeUnit unit) {
        Armed armed = new Armed(this, task);
        armed.future = executor.schedule(armed, delay, unit);
        return armed;
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return executor.schedule(command, delay, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return executor.scheduleAtFixedRate(command, initialDelay, period, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        return executor.scheduleWithFixedDelay(command, initialDelay, delay, unit);
    }

    @Override
    public Set<Timeout> stop() {
        return Set.of();
    }

    @Override
    public void shutdown() {
        // Shared by all nodes of the JVM: one node's end is not theirs.
    }

    /** A timeout that was set. */
    private static final class Armed implements Timeout, Runnable {
        private final SharedTimers timers;
        private final TimerTask task;
        private volatile @Nullable Future<?> future;
        private volatile boolean expired;

        Armed(SharedTimers timers, TimerTask task) {
            this.timers = timers;
            this.task = task;
        }

        @Override
        public void run() {
            expired = true;
            try {
                task.run(this);
            } catch (Exception e) {
                LOG.error("a timer's task failed", e);
            }
        }

        @Override
        public Timer timer() {
            return timers;
        }

        @Override
        public TimerTask task() {
            return task;
        }

        @Override
        public boolean isExpired() {
            return expired;
        }

        @Override
        public boolean isCancelled() {
            Future<?> now = future;
            return now != null && now.isCancelled();
        }

        @Override
        public boolean cancel() {
            Future<?> now = future;
            return now != null && now.cancel(false);
        }
    }
}
