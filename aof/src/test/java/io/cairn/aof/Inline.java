package io.cairn.aof;

/** Background work done at once by whoever asks, so that a test counts the same operations each time. */
public final class Inline implements Background {
    @Override
    public void run(Runnable task) {
        task.run();
    }

    @Override
    public void runAfter(long delayMillis, Runnable task) {
        // The once-a-second fsync never comes: for a crash test that is the worst case.
    }

    @Override
    public void close() {}
}
