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
    private static final long NONE = -1;

    private final long[] ends;
    private final NodeStats stats;
    private @Nullable ReplyBuffer out;
    private int count;
    private long end;

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
            buffer = ReplyBuffer.losable(PooledByteBufAllocator.DEFAULT, stats.local());
            out = buffer;
        }
        return buffer;
    }

    /** The call's reply is complete. */
    void end() {
        end = reply().bytes();
        ends[count++] = end;
    }

    /** The call failed within its reply: there will be none. */
    void endWithout() {
        reply().truncate(end);
        ends[count++] = NONE;
    }

    /** Bytes of the replies so far. */
    long length() {
        return reply().bytes();
    }

    /** A copy of all replies. */
    byte[] bytes() {
        return reply().bytes(0, reply().bytes());
    }

    /**
     * Gives the n-th reply to the n-th of {@code origins} after {@code first}, and lets each go on; an origin whose
     * reply is lost is closed. On their event loop, once.
     */
    void deliver(Origin[] origins, int first) {
        deliver(origins, first, new String[0]);
    }

    /** As {@link #deliver(Origin[], int)}, but calls that have one get an error instead, by their number among the origins. */
    void deliver(Origin[] origins, int first, @Nullable String[] errors) {
        ReplyBuffer buffer = reply();
        long from = 0;
        for (int i = 0; i < count; i++) {
            Origin origin = origins[first + i];
            String error = first + i < errors.length ? errors[first + i] : null;
            if (error != null) {
                refuse(origin, error);
                from = ends[i] == NONE ? from : ends[i];
            } else if (buffer.lost() || ends[i] == NONE) {
                origin.abort();
            } else {
                origin.complete(buffer, from, ends[i]);
                from = ends[i];
            }
            if (i + 1 == count || origins[first + i + 1] != origin) {
                origin.resume();
            }
        }
        close();
    }

    private void refuse(Origin origin, String error) {
        ReplyBuffer own = ReplyBuffer.losable(PooledByteBufAllocator.DEFAULT, stats.local());
        try {
            own.error(error);
            if (own.lost()) {
                origin.abort();
            } else {
                origin.complete(own, 0, own.bytes());
            }
        } finally {
            own.release();
        }
    }

    /** Drops the replies. */
    void close() {
        if (out != null) {
            out.release();
            out = null;
        }
    }
}
