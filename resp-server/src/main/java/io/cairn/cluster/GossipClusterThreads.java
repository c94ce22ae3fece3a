package io.cairn.cluster;

import io.cairn.gossip.GossipThreads;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;

/** Threads of the nodes of a process in gossip mode. None of them is Raft's. */
public final class GossipClusterThreads implements AutoCloseable {
    private final GossipThreads gossip = new GossipThreads();
    private final List<ScheduledExecutorService> claims = new CopyOnWriteArrayList<>();
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

    /** A thread for one node: its fsyncs hold up nobody else, whose pings must be answered. */
    ScheduledExecutorService newClaims() {
        ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(named("claims"));
        claims.add(thread);
        return thread;
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
        claims.forEach(ScheduledExecutorService::shutdownNow);
        gossip.close();
        messages.shutdownNow();
        roles.shutdownNow();
    }
}
