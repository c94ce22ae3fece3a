package io.cairn.raft.group;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that the hosts of one process share: one for the sockets, a few workers on which messages are handled in
 * order per group and peer, some for what blocks (snapshots, DNS), and one that ticks.
 */
public final class RaftThreads implements AutoCloseable {
    static final int IO_THREADS = 1;
    static final int WORKERS = 4;
    static final int MAX_BLOCKING = 8;
    private static final int MAX_QUEUED = 1 << 16;
    private static final int MAX_QUEUED_BLOCKING = 1 << 10;

    private final EventLoopGroup loops;
    private final ThreadPoolExecutor workers;
    private final ThreadPoolExecutor blocking;
    private final ScheduledThreadPoolExecutor ticker;
    private final PeerNames names;

    public RaftThreads() {
        this(InetAddress::getByName);
    }

    RaftThreads(PeerNames.Resolver resolver) {
        loops = new MultiThreadIoEventLoopGroup(
                IO_THREADS, new DefaultThreadFactory("raft-io", true), NioIoHandler.newFactory());
        // A lane has at most one task in this queue, so its bound is the number of lanes of the process.
        workers = new ThreadPoolExecutor(
                WORKERS,
                WORKERS,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MAX_QUEUED),
                new DefaultThreadFactory("raft-worker", true),
                // A full queue slows the feeder down; after close() nothing is left to do.
                new ThreadPoolExecutor.CallerRunsPolicy());
        workers.allowCoreThreadTimeOut(true);
        blocking = new ThreadPoolExecutor(
                MAX_BLOCKING,
                MAX_BLOCKING,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MAX_QUEUED_BLOCKING),
                new DefaultThreadFactory("raft-blocking", true));
        blocking.allowCoreThreadTimeOut(true);
        names = new PeerNames(blocking, resolver);
        ticker = new ScheduledThreadPoolExecutor(1, new DefaultThreadFactory("raft-tick", true));
        ticker.setRemoveOnCancelPolicy(true);
        ticker.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    EventLoopGroup loops() {
        return loops;
    }

    ThreadPoolExecutor workers() {
        return workers;
    }

    ThreadPoolExecutor blocking() {
        return blocking;
    }

    PeerNames names() {
        return names;
    }

    ScheduledThreadPoolExecutor ticker() {
        return ticker;
    }

    @Override
    public void close() {
        ticker.shutdownNow();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        workers.shutdown();
        blocking.shutdown();
    }
}
