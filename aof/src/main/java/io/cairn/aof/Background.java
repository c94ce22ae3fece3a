package io.cairn.aof;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Where a log does what nobody waits for: preallocating and the once-a-second fsync. Tasks run one after the other. */
public interface Background extends AutoCloseable {
    void run(Runnable task);

    void runAfter(long delayMillis, Runnable task);

    /** Tasks that have not started are dropped; one that runs is waited for. */
    @Override
    void close();

    /** A daemon thread {@code aof-<name>-back} that only exists while there is something to do. */
    static Background thread(String name) {
        return new Threaded(name);
    }

    /** On a thread that ends when idle. */
    final class Threaded implements Background {
        private static final long IDLE_MILLIS = 5_000;
        private static final long CLOSE_SECONDS = 60;

        private final ScheduledThreadPoolExecutor executor;

        private Threaded(String name) {
            executor = new ScheduledThreadPoolExecutor(1, task -> {
                Thread thread = new Thread(task, "aof-" + name + "-back");
                thread.setDaemon(true);
                return thread;
            });
            executor.setKeepAliveTime(IDLE_MILLIS, TimeUnit.MILLISECONDS);
            executor.allowCoreThreadTimeOut(true);
            executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        }

        @Override
        public void run(Runnable task) {
            runAfter(0, task);
        }

        @Override
        public void runAfter(long delayMillis, Runnable task) {
            try {
                executor.schedule(task, delayMillis, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                if (!executor.isShutdown()) {
                    throw e; // After close there is nothing left to do in the background.
                }
            }
        }

        @Override
        public void close() {
            executor.shutdown();
            boolean interrupted = false;
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
            while (!executor.isTerminated() && System.nanoTime() < end) {
                try {
                    executor.awaitTermination(1, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
