package io.cairn.resp;

import io.cairn.command.TrackingOptions;
import io.cairn.tracking.Tracker;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What tells one connection that keys changed, for itself or for another that redirects to it. Any thread puts a message in and waits for nobody; the
 * connection's event loop writes it between two replies, behind the replies to all calls that it had taken when it saw the message first: such a call may have
 * remembered a key and not have read it yet (see {@link io.cairn.tracking.Tracking}).
 *
 * <p>It is bounded: what does not fit while a client does not read is dropped, and the client is told instead that all keys changed.
 */
final class Invalidations implements Tracker.Outlet {
    /** Messages that wait, bytes. */
    static final long MAX_QUEUED_BYTES = 1 << 20;
    /** What a message costs beside its bytes. */
    private static final int OVERHEAD = 64;

    private static final byte[] HEAD_RESP3 = ascii(">2\r\n$10\r\ninvalidate\r\n");
    private static final byte[] HEAD_RESP2 = ascii("*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n");
    private static final byte[] ALL_RESP3 = ascii("_\r\n");
    private static final byte[] ALL_RESP2 = ascii("$-1\r\n");
    private static final Logger LOG = LoggerFactory.getLogger(Invalidations.class);

    private final Connection connection;
    private final Queue<Message> queue = new ConcurrentLinkedQueue<>();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final AtomicBoolean overflowed = new AtomicBoolean();
    /** The other end of a redirection was missed. */
    private volatile boolean broken;
    /** Confined to the event loop, with the number of the call whose reply comes before each. */
    private final ArrayDeque<Held> held = new ArrayDeque<>();

    /**
     * @param keys encoded, null for all
     * @param redirected for another connection
     * @param own see {@link Tracker.Outlet}
     * @param lost the id of the connection that should have got it and is gone, 0 for none
     */
    private record Message(byte @Nullable [] keys, boolean redirected, boolean own, long lost) {
        long cost() {
            return (long) OVERHEAD + (keys == null ? 0 : keys.length);
        }
    }

    private record Held(Message message, long after) {}

    Invalidations(Connection connection) {
        this.connection = connection;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    // ---- any thread

    @Override
    public void invalidate(TrackingOptions options, byte @Nullable [] keys, boolean own) {
        long redirect = options.redirect();
        if (redirect == 0) {
            offer(new Message(keys, false, own, 0));
            return;
        }
        Connection to = connection.other(redirect);
        if (to == null) {
            broken = true;
            offer(new Message(null, false, own, redirect));
        } else {
            to.invalidations().offer(new Message(keys, true, false, 0));
        }
    }

    boolean isBroken() {
        return broken;
    }

    void mended() {
        broken = false;
    }

    private void offer(Message message) {
        long cost = message.cost();
        if (queuedBytes.addAndGet(cost) > MAX_QUEUED_BYTES) {
            queuedBytes.addAndGet(-cost);
            overflowed.set(true);
        } else {
            queue.add(message);
        }
        if (scheduled.compareAndSet(false, true)) {
            try {
                connection.eventLoop().execute(this::turn);
            } catch (RejectedExecutionException e) {
                LOG.debug("the event loop has stopped, and so have its connections", e);
            }
        }
    }

    long queuedBytes() {
        return queuedBytes.get();
    }

    // ---- on the event loop

    private void turn() {
        scheduled.set(false);
        connection.flush(); // Which calls write().
    }

    /** Writes what may be written now; to be called between two replies, and again when more may be. */
    void write() {
        gather();
        boolean wrote = false;
        for (Held next = held.peek(); next != null && mayWrite(next); next = held.peek()) {
            held.poll();
            queuedBytes.addAndGet(-next.message.cost());
            write(next.message);
            wrote = true;
        }
        if (wrote) {
            connection.checkPushedLimit();
        }
    }

    private void gather() {
        if (overflowed.compareAndSet(true, false)) {
            boolean redirected = false;
            for (Message lost = queue.poll(); lost != null; lost = queue.poll()) {
                hold(lost);
            }
            for (Held lost : held) {
                redirected |= lost.message.redirected;
                queuedBytes.addAndGet(-lost.message.cost());
            }
            held.clear();
            Message all = new Message(null, redirected, false, 0);
            queuedBytes.addAndGet(all.cost());
            hold(all);
        }
        for (Message next = queue.poll(); next != null; next = queue.poll()) {
            hold(next);
        }
    }

    private void hold(Message message) {
        held.add(new Held(message, connection.callsTaken()));
    }

    private boolean mayWrite(Held next) {
        return connection.isBetweenReplies()
                && next.after <= connection.callsAnswered()
                && !(next.message.own && connection.isBlocked())
                && connection.outputBytes() - queuedBytes.get() < Connection.OUTPUT_HIGH_BYTES;
    }

    private void write(Message message) {
        if (connection.isClosing() || connection.isGone()) {
            return;
        }
        boolean resp3 = connection.resp3();
        if (message.lost != 0) {
            if (resp3) {
                connection.line(ascii(">2\r\n$21\r\ntracking-redir-broken\r\n:" + message.lost + "\r\n"));
            }
        } else if (resp3) {
            connection.line(HEAD_RESP3);
            connection.line(message.keys == null ? ALL_RESP3 : message.keys);
        } else if (message.redirected && connection.pushes().any()) {
            connection.line(HEAD_RESP2);
            connection.line(message.keys == null ? ALL_RESP2 : message.keys);
        }
        // Else: RESP2 has no way to say it. Redis: sendTrackingMessage.
    }
}
