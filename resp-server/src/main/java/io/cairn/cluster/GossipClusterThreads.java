package io.cairn.cluster;

import io.cairn.gossip.GossipThreads;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;

/** Threads that the nodes of a process in gossip mode share. None of them is Raft's. */
public final class GossipClusterThreads implements AutoCloseable {
    private final GossipThreads gossip = new GossipThreads();
    private final ScheduledExecutorService claims = Executors.newSingleThreadScheduledExecutor(named("claims"));
    private final ExecutorService messages = Executors.newSingleThreadExecutor(named("pubsub"));
    /** What waits for stripes: a node that becomes a replica, keys of slots that are another's. */
    private final ExecutorService roles = Executors.newCachedThreadPool(named("role"));

    private static ThreadFactory named(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    GossipThreads gossip() {
        return gossip;
    }

    ScheduledExecutorService claims() {
        return claims;
    }

    ExecutorService messages() {
        return messages;
    }

    ExecutorService roles() {
        return roles;
    }

    /** After the last node is closed. */
    @Override
    public void close() {
        claims.shutdownNow();
        gossip.close();
        messages.shutdownNow();
        roles.shutdownNow();
    }
}
