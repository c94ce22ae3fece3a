package io.cairn.cli;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Commands that belong together: the pieces of a large value. The first error ends it. */
final class ImportBatch {
    private int open;
    private @Nullable String error;
    private String last = "";

    synchronized void sent() {
        open++;
    }

    synchronized void answered(String line) {
        open--;
        last = line;
        if (line.startsWith("-")) {
            failed(line.substring(1));
        }
        notifyAll();
    }

    /** What was sent is lost. */
    synchronized void lost(String why) {
        open--;
        failed(why);
        notifyAll();
    }

    private void failed(String why) {
        if (error == null) {
            error = why;
        }
    }

    /** What went wrong so far, or null. */
    synchronized @Nullable String error() {
        return error;
    }

    /** The latest reply. */
    synchronized String last() {
        return last;
    }

    synchronized boolean isDone() {
        return open == 0;
    }

    /** Waits a moment for answers. */
    synchronized void await(long millis) throws IOException {
        try {
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            long left = millis;
            while (open > 0 && left > 0) {
                wait(left);
                left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
