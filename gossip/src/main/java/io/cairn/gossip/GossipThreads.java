package io.cairn.gossip;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The threads that all gossiping nodes of a process share: one for sockets ({@code gossip-io}), one for events and soft
 * state ({@code gossip-events}), one that may block on a name lookup ({@code gossip-seeds}). ScaleCube adds one mostly
 * idle thread per node.
 */
public final class GossipThreads implements AutoCloseable {
    private static final long STOP_MILLIS = 2_000;

    private final EventLoopGroup io =
            new MultiThreadIoEventLoopGroup(1, daemon("gossip-io"), NioIoHandler.newFactory());
    private final ScheduledThreadPoolExecutor events = executor("gossip-events");
    private final ScheduledThreadPoolExecutor seeds = executor("gossip-seeds");

    EventLoopGroup io() {
        return io;
    }

    ScheduledThreadPoolExecutor events() {
        return events;
    }

    ScheduledThreadPoolExecutor seeds() {
        return seeds;
    }

    private static ScheduledThreadPoolExecutor executor(String name) {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, daemon(name));
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return executor;
    }

    private static ThreadFactory daemon(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Call after every node's {@link Gossip#close}. Waits at most {@value #STOP_MILLIS} ms. */
    @Override
    public void close() {
        events.shutdown();
        seeds.shutdownNow();
        io.shutdownGracefully(0, STOP_MILLIS, TimeUnit.MILLISECONDS).awaitUninterruptibly(STOP_MILLIS);
    }
}
