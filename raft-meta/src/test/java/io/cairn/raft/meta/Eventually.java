package io.cairn.raft.meta;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Waits for an assertion to hold, by polling, a bounded time. */
public final class Eventually {
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private Eventually() {}

    /** Runs {@code assertion} until it passes; after {@code seconds} its last failure is thrown. */
    public static void eventually(int seconds, ThrowingCallable assertion) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (true) {
            try {
                assertion.call();
                return;
            } catch (Throwable failure) {
                if (System.nanoTime() - deadline > 0) {
                    throw new AssertionError("not within " + seconds + " s: " + failure.getMessage(), failure);
                }
                LockSupport.parkNanos(POLL_NANOS);
            }
        }
    }
}
