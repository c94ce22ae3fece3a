package io.cairn.jepsen.process;

import java.util.concurrent.TimeUnit;

/** Waiting for something that becomes true by itself. */
public final class Await {
    private static final long POLL_MILLIS = 10;

    private Await() {}

    /** A question that may fail while its answer is not there yet. */
    @FunctionalInterface
    public interface Condition {
        boolean holds() throws Exception;
    }

    /**
     * Asks again and again until the answer is yes.
     *
     * @throws IllegalStateException when it was not within {@code seconds}; the last failure is its cause
     */
    public static void until(String what, int seconds, Condition condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        Exception last = null;
        while (System.nanoTime() - deadline < 0) {
            try {
                if (condition.holds()) {
                    return;
                }
                last = null;
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting: " + what, e);
            } catch (Exception e) {
                last = e;
                pause();
            }
        }
        throw new IllegalStateException("not within " + seconds + " s: " + what, last);
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
