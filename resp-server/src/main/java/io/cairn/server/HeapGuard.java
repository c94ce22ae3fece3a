package io.cairn.server;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when the Java heap is nearly full of what is in use. Each large collection has a handle there (DESIGN-memory.md), so a few million of them fill it
 * whatever maxmemory says, and a JVM without heap ends. Confined to the cron.
 */
final class HeapGuard {
    private static final Logger LOG = LoggerFactory.getLogger(HeapGuard.class);
    private static final int FULL_PERCENT = 85;
    private static final int PERCENT = 100;
    private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final LongSupplier used;
    private final Runnable collect;
    private final long limit;
    private boolean collected;
    private long collectedNanos;
    private boolean full;

    /**
     * @param used bytes of objects that outlived some collections, garbage among them
     * @param collect leaves only what is in use
     * @param max bytes that the heap may have
     */
    HeapGuard(LongSupplier used, Runnable collect, long max) {
        this.used = used;
        this.collect = collect;
        this.limit = max / PERCENT * FULL_PERCENT;
    }

    /** Of this JVM. */
    static HeapGuard ofThisProcess() {
        LongSupplier used =
                () -> ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.HEAP
                    && (pool.getName().contains("Old") || pool.getName().contains("Tenured"))) {
                used = () -> pool.getUsage().getUsed();
            }
        }
        return new HeapGuard(used, System::gc, Runtime.getRuntime().maxMemory());
    }

    /** True while commands that need memory are to be refused; collects, at most every ten seconds, before it says so. */
    boolean full(long nanoTime) {
        if (used.getAsLong() < limit) {
            full(false);
        } else if (!collected || nanoTime - collectedNanos >= AGAIN_NANOS) {
            collected = true;
            collectedNanos = nanoTime;
            collect.run();
            full(used.getAsLong() >= limit);
        }
        return full;
    }

    private void full(boolean now) {
        if (now != full) {
            full = now;
            LOG.warn(
                    now
                            ? "the Java heap is full to {} %: commands that need memory are refused; more heap: CAIRN_JVM_OPTS=-Xmx..."
                            : "the Java heap is below {} % again",
                    FULL_PERCENT);
        }
    }
}
