package io.cairn.raft.group;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Looks up the host names of peers on threads that may block: all heartbeats of the process leave from one event loop,
 * and a slow DNS server would stop them. Any thread; never blocks.
 */
final class PeerNames {
    /** Look-ups at once, half of the threads that may block: the others are left to snapshots. */
    static final int MAX_LOOKUPS = RaftThreads.MAX_BLOCKING / 2;

    /** Asks DNS; blocks. */
    interface Resolver {
        InetAddress resolve(String name) throws UnknownHostException;
    }

    private final Executor blocking;
    private final Resolver resolver;
    private final Map<String, CompletableFuture<InetAddress>> underWay = new ConcurrentHashMap<>();

    PeerNames(Executor blocking, Resolver resolver) {
        this.blocking = blocking;
        this.resolver = resolver;
    }

    /**
     * The address of a name. All who ask for one name share one look-up, which goes on when one of them gives up: the
     * next attempt joins it, or finds its answer in the JVM's cache.
     */
    CompletableFuture<InetAddress> address(String name) {
        CompletableFuture<InetAddress> fresh = new CompletableFuture<>();
        CompletableFuture<InetAddress> known = underWay.putIfAbsent(name, fresh);
        if (known != null) {
            return known.copy();
        }
        try {
            if (underWay.size() > MAX_LOOKUPS) {
                throw new RejectedExecutionException("too many host names are being looked up");
            }
            blocking.execute(() -> lookUp(name, fresh));
        } catch (RejectedExecutionException e) {
            end(name, fresh, new IOException("cannot look up " + name + " now", e));
        }
        return fresh.copy();
    }

    private void lookUp(String name, CompletableFuture<InetAddress> answer) {
        try {
            InetAddress address = resolver.resolve(name);
            underWay.remove(name, answer);
            answer.complete(address);
        } catch (UnknownHostException | RuntimeException e) {
            end(name, answer, new IOException("cannot look up " + name + ": " + e.getMessage(), e));
        }
    }

    private void end(String name, CompletableFuture<InetAddress> answer, IOException failure) {
        underWay.remove(name, answer);
        answer.completeExceptionally(failure);
    }
}
