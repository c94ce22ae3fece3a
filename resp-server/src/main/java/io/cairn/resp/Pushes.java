package io.cairn.resp;

import io.cairn.command.Subscriptions;
import io.cairn.pubsub.Hub;
import io.cairn.pubsub.Outlet;
import io.cairn.pubsub.Subscriber;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one connection listens to, and the way of messages into its output: behind the replies that are written, before the next. In the
 * middle of a reply (an EXEC whose session commands still run) messages wait for its end. Confined to the event loop, but for the
 * counts.
 */
final class Pushes implements Outlet, Subscriptions {
    private final Connection connection;
    private final Hub hub;
    private volatile @Nullable Subscriber subscriber;
    private final ArrayDeque<byte[]> held = new ArrayDeque<>(0);
    private long heldBytes;

    Pushes(Connection connection, Hub hub) {
        this.connection = connection;
        this.hub = hub;
    }

    // ---- messages

    @Override
    public EventLoop eventLoop() {
        return connection.eventLoop();
    }

    @Override
    public void push(byte[] tail) {
        if (connection.isClosing() || connection.isGone()) {
            return;
        }
        if (connection.isBetweenReplies()) {
            release(); // Those of before: the reply that they waited for has just ended.
            write(tail);
        } else {
            held.add(tail);
            heldBytes += tail.length;
        }
        connection.checkPushedLimit();
    }

    private void write(byte[] tail) {
        try {
            connection.replies().push(tail);
        } catch (OutOfMemoryError e) {
            connection.lostReply();
        }
    }

    /** Writes what was published up to now; between two replies. */
    void receive() {
        Subscriber mine = subscriber;
        if (mine != null) {
            mine.receive();
        }
    }

    /** Writes what had to wait; between two replies. */
    void release() {
        for (byte[] tail = held.poll(); tail != null && !connection.isGone(); tail = held.poll()) {
            write(tail);
        }
        heldBytes = 0;
    }

    /** Bytes that wait for the end of a reply. */
    long heldBytes() {
        return heldBytes;
    }

    @Override
    public void flushPushed() {
        connection.flush();
    }

    @Override
    public void overflowed() {
        connection.overOutputLimit();
    }

    /** The connection is gone. */
    void close() {
        Subscriber mine = subscriber;
        if (mine != null) {
            mine.close();
        }
        held.clear();
    }

    // ---- subscriptions

    @Override
    public void add(Kind kind, byte[] name) {
        Subscriber mine = subscriber;
        if (mine == null) {
            mine = hub.subscriber(this);
            subscriber = mine;
        }
        mine.add(kind, name);
    }

    private Subscriptions mine() {
        Subscriber mine = subscriber;
        return mine == null ? NONE : mine;
    }

    @Override
    public void remove(Kind kind, byte[] name) {
        mine().remove(kind, name);
    }

    @Override
    public List<byte[]> names(Kind kind) {
        return mine().names(kind);
    }

    @Override
    public void clear() {
        mine().clear();
    }

    @Override
    public long bytes() {
        return mine().bytes();
    }

    @Override
    public int count(Kind kind) {
        return mine().count(kind);
    }

    @Override
    public boolean any() {
        return subscriber != null && mine().any();
    }
}
