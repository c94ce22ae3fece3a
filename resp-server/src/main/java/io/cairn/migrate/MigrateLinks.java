package io.cairn.migrate;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Connections to targets of MIGRATE that wait for their next use. Redis: migrateGetSocket, migrateCloseTimedoutSockets. Any thread. */
final class MigrateLinks {
    /** Most that wait. Redis: MIGRATE_SOCKET_CACHE_ITEMS. */
    private static final int MAX_IDLE = 64;
    /** Closed when unused for so long. Redis: MIGRATE_SOCKET_CACHE_TTL. */
    private static final long IDLE_SECONDS = 10;

    private record Idle(String name, MigrateLink link) {}

    private final ArrayDeque<Idle> idle = new ArrayDeque<>();
    private boolean sweeping;

    /** One that was used before, or null. */
    synchronized @Nullable MigrateLink take(String host, int port) {
        String name = host + ":" + port;
        for (Iterator<Idle> all = idle.descendingIterator(); all.hasNext(); ) {
            Idle one = all.next();
            if (one.name.equals(name)) {
                all.remove();
                return one.link;
            }
        }
        return null;
    }

    MigrateLink connect(String host, int port, long timeoutMillis) throws IOException {
        return MigrateLink.connect(host, port, timeoutMillis);
    }

    /** Keeps a connection on which nothing is under way. */
    synchronized void give(String host, int port, MigrateLink link) {
        link.usedNanos = System.nanoTime();
        idle.addLast(new Idle(host + ":" + port, link));
        if (idle.size() > MAX_IDLE) {
            idle.removeFirst().link.close();
        }
        if (!sweeping) {
            sweeping = true;
            sweepLater();
        }
    }

    private void sweepLater() {
        CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS).execute(this::sweep);
    }

    private synchronized void sweep() {
        long now = System.nanoTime();
        while (!idle.isEmpty() && now - idle.peekFirst().link.usedNanos > TimeUnit.SECONDS.toNanos(IDLE_SECONDS)) {
            idle.removeFirst().link.close();
        }
        sweeping = !idle.isEmpty();
        if (sweeping) {
            sweepLater();
        }
    }

    /** Connections that wait. */
    synchronized int size() {
        return idle.size();
    }
}
