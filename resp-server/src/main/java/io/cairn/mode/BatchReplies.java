package io.cairn.mode;

import io.cairn.metrics.NodeStats;
import io.cairn.resp.ReplyBuffer;
import io.netty.buffer.PooledByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The encoded replies of a series of calls of several connections. Written by one thread, then handed to the event loop
 * that delivers them.
 */
final class BatchReplies {
    private final long[] ends;
    private final NodeStats stats;
    private @Nullable ReplyBuffer out;
    private int count;

    BatchReplies(int calls, NodeStats stats) {
        this.ends = new long[calls];
        this.stats = stats;
    }

    /** Begins the next call's reply. */
    void begin(boolean resp3) {
        reply().resp3(resp3);
    }

    ReplyBuffer reply() {
        ReplyBuffer buffer = out;
        if (buffer == null) {
            buffer = new ReplyBuffer(PooledByteBufAllocator.DEFAULT, stats.local());
            out = buffer;
        }
        return buffer;
    }

    /** The call's reply is complete. */
    void end() {
        ends[count++] = reply().bytes();
    }

    /** Gives the n-th reply to the n-th of {@code origins}, and lets each go on. On their event loop, once. */
    void deliver(Origin[] origins) {
        ReplyBuffer buffer = reply();
        long from = 0;
        for (int i = 0; i < count; i++) {
            origins[i].complete(buffer, from, ends[i]);
            from = ends[i];
            if (i + 1 == count || origins[i + 1] != origins[i]) {
                origins[i].resume();
            }
        }
        close();
    }

    /** A copy of all replies. */
    byte[] bytes() {
        return reply().bytes(0, reply().bytes());
    }

    /** Drops the replies. */
    void close() {
        if (out != null) {
            out.release();
            out = null;
        }
    }
}
