package io.cairn.it;

import io.cairn.jepsen.process.ServerProcess;

/** Follows a process's resident memory from now on. */
final class MemoryWatch implements AutoCloseable {
    private static final long SAMPLE_MILLIS = 50;

    private final ServerProcess process;
    private final long before;
    private final Thread thread = new Thread(this::sample, "memory-watch");
    private volatile boolean running = true;
    private volatile long peak;

    MemoryWatch(ServerProcess process) {
        this.process = process;
        before = process.residentBytes();
        peak = before;
        thread.start();
    }

    /** Most megabytes above the start. */
    long peakGrowthMegabytes() {
        return (peak - before) >> 20;
    }

    /** Megabytes above the start now. */
    long growthMegabytes() {
        return (process.residentBytes() - before) >> 20;
    }

    @Override
    public void close() {
        running = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void sample() {
        try {
            while (running && process.alive()) {
                peak = Math.max(peak, process.residentBytes());
                Thread.sleep(SAMPLE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
