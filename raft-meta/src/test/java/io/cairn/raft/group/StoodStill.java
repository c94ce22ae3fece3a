package io.cairn.raft.group;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.opentest4j.TestAbortedException;

/**
 * How long this machine let no thread run, from construction to now: a host that takes its processors away, a page that comes from disk.
 * Where that is in the order of an election timeout, an election is due, and a test that none comes says nothing.
 */
final class StoodStill implements AutoCloseable {
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final Thread watch = new Thread(this::watch, "stood-still");
    private volatile boolean closed;
    private volatile long worstNanos;

    StoodStill() {
        watch.setDaemon(true);
        watch.start();
    }

    private void watch() {
        long last = System.nanoTime();
        while (!closed) {
            LockSupport.parkNanos(STEP_NANOS);
            long now = System.nanoTime();
            worstNanos = Math.max(worstNanos, now - last - STEP_NANOS);
            last = now;
        }
    }

    /** Runs what holds where no election was due; where it does not hold after a long stall, the test is given up, with that reason. */
    void unless(Runnable assertion) {
        try {
            assertion.run();
        } catch (AssertionError e) {
            long millis = TimeUnit.NANOSECONDS.toMillis(worstNanos);
            if (millis < TestCluster.ELECTION_TIMEOUT_MILLIS / 3) {
                throw e;
            }
            throw new TestAbortedException("the machine stood still for " + millis + " ms: an election was due", e);
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
