package io.cairn.resp;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the buffers of all clients of a node take, but for those who follow its changes, and {@code maxmemory-clients}: above it the clients with the
 * largest buffers are closed, but for those with NO-EVICT. Any thread. Redis: evictClients.
 */
final class ClientMemory {
    /** A smaller limit would shut everybody out. Redis: getClientEvictionLimit. */
    private static final long LEAST_LIMIT = 128 * 1024;

    private static final int PERCENT = 100;

    private final AtomicLong total = new AtomicLong();
    private final AtomicBoolean evicting = new AtomicBoolean();
    private volatile long setting;
    private volatile long maxMemory;

    /** maxmemory-clients: bytes, or percent of maxmemory as a negative number; 0 for none. */
    void setting(long bytesOrPercent) {
        setting = bytesOrPercent;
    }

    /** maxmemory, bytes; 0 for none. */
    void maxMemory(long bytes) {
        maxMemory = bytes;
    }

    long total() {
        return total.get();
    }

    void add(long bytes) {
        total.addAndGet(bytes);
    }

    private long limit() {
        long set = setting;
        if (set == 0 || (set < 0 && maxMemory == 0)) {
            return Long.MAX_VALUE;
        }
        return Math.max(LEAST_LIMIT, set > 0 ? set : (long) (maxMemory / (double) PERCENT * -set));
    }

    /** Whether clients must go. */
    boolean exceeded() {
        return setting != 0 && total.get() > limit();
    }

    /** Closes the largest of {@code connections} until the others keep the limit. */
    void evict(Iterable<Connection> connections) {
        if (!evicting.compareAndSet(false, true)) {
            return;
        }
        try {
            long over = total.get() - limit();
            List<Connection> may = new ArrayList<>();
            for (Connection connection : connections) {
                if (connection.isFollower()) {
                    continue;
                }
                if (connection.isEvicted()) {
                    over -= connection.accountedBytes(); // It is about to be closed.
                } else if (connection.accountedBytes() > 0
                        && !connection.client().isSpared()) {
                    may.add(connection);
                }
            }
            may.sort(Comparator.comparingLong(Connection::accountedBytes).reversed());
            for (Connection connection : may) {
                if (over <= 0) {
                    return;
                }
                over -= connection.accountedBytes();
                connection.evict();
            }
        } finally {
            evicting.set(false);
        }
    }
}
