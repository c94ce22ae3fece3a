package io.cairn.resp;

import io.netty.util.internal.PlatformDependent;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lines on their way to one connection that watches all commands. Any thread puts one in and waits for nobody; the connection's event loop writes
 * them between two replies. What is written counts against {@code client-output-buffer-limit pubsub}: nobody asked for it, and the limit of
 * normal clients may be none.
 */
final class MonitorLines {
    /** Lines that wait for the event loop, bytes; a client that has more is closed. */
    static final long MAX_QUEUED_BYTES = 16L << 20;
    /** What a line costs beside its bytes. */
    private static final int OVERHEAD = 48;
    /** After so many lines the loop does other work first. */
    private static final int LINES_PER_TURN = 1_024;

    private static final Logger LOG = LoggerFactory.getLogger(MonitorLines.class);

    private final Connection connection;
    private final Queue<byte[]> queue = PlatformDependent.newMpscQueue();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private volatile boolean closed;

    MonitorLines(Connection connection) {
        this.connection = connection;
    }

    /** Takes a line; any thread. */
    void offer(byte[] line) {
        if (closed) {
            return;
        }
        long cost = (long) line.length + OVERHEAD;
        if (queuedBytes.addAndGet(cost) > MAX_QUEUED_BYTES) {
            closed = true;
            onLoop(connection::overOutputLimit);
        } else {
            queue.add(line);
            if (scheduled.compareAndSet(false, true)) {
                onLoop(this::turn);
            }
        }
    }

    private void onLoop(Runnable task) {
        try {
            connection.eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("the event loop has stopped, and so have its connections", e);
        }
    }

    private void turn() {
        scheduled.set(false);
        if (!connection.runsExec()) {
            connection.flush(); // Which calls write().
            connection.checkPushedLimit();
        }
        if (!queue.isEmpty() && !connection.runsExec() && scheduled.compareAndSet(false, true)) {
            onLoop(this::turn);
        }
    }

    /** Writes what waits, or a turn's part of it, behind the replies so far. On the event loop, between two replies. */
    void write() {
        for (int i = 0; i < LINES_PER_TURN; i++) {
            byte[] line = queue.poll();
            if (line == null) {
                return;
            }
            queuedBytes.addAndGet(-line.length - OVERHEAD);
            if (!closed && !connection.isClosing() && connection.client().repliesNow()) {
                connection.line(line);
            }
        }
    }

    long queuedBytes() {
        return queuedBytes.get();
    }

    /** Nothing is sent any more. On the event loop. */
    void close() {
        closed = true;
        queue.clear();
    }
}
