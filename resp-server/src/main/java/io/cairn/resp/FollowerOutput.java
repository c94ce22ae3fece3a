package io.cairn.resp;

import io.cairn.command.FollowerLink;
import io.cairn.command.FollowerTraits;
import io.netty.channel.EventLoop;
import io.netty.util.internal.PlatformDependent;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The stream of changes that a connection gets besides replies: any thread adds to it, the connection's event loop writes it. */
final class FollowerOutput implements FollowerLink {
    private final Connection connection;
    private final EventLoop loop;
    private final Queue<byte[]> queue = PlatformDependent.newMpscQueue();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    /** Of the connection, when this last looked. */
    private volatile long unsentBytes;

    private boolean open = true;
    private @Nullable Runnable onClose;

    private final String host;
    private final int port;
    private volatile long acknowledged;
    private volatile long durable;
    private volatile Runnable onAcknowledge = () -> {};
    private volatile long lastHeardMillis;

    FollowerOutput(Connection connection, FollowerTraits traits, long nowMillis) {
        this.connection = connection;
        this.port = traits.port();
        this.lastHeardMillis = nowMillis;
        SocketAddress remote = connection.remoteAddress();
        String seen = remote instanceof InetSocketAddress address
                ? address.getAddress().getHostAddress()
                : "?";
        this.host = traits.host().isEmpty() ? seen : traits.host();
        this.loop = connection.eventLoop();
    }

    @Override
    public void send(byte[] bytes) {
        queuedBytes.addAndGet(bytes.length);
        queue.add(bytes);
        schedule();
    }

    private void schedule() {
        if (scheduled.compareAndSet(false, true)) {
            try {
                loop.execute(this::turn);
            } catch (RejectedExecutionException e) {
                closed();
            }
        }
    }

    private void turn() {
        scheduled.set(false);
        if (connection.isGone()) {
            queue.clear();
            queuedBytes.set(0);
            return;
        }
        if (!connection.isBetweenReplies()) {
            schedule();
            return;
        }
        for (byte[] bytes = queue.poll(); bytes != null; bytes = queue.poll()) {
            queuedBytes.addAndGet(-bytes.length);
            try {
                connection.replies().raw(bytes, 0, bytes.length);
            } catch (OutOfMemoryError e) {
                connection.lostReply();
                return;
            }
        }
        connection.flush();
        unsentBytes = connection.outputBytes();
        connection.checkPushedLimit();
    }

    @Override
    public long queuedBytes() {
        return queuedBytes.get();
    }

    @Override
    public long unsentBytes() {
        if (unsentBytes > 0) {
            schedule();
        }
        return unsentBytes + queuedBytes.get();
    }

    /** @param onDisk 0 when it did not say */
    void acknowledges(long offset, long onDisk, long nowMillis) {
        acknowledged = Math.max(acknowledged, offset);
        durable = Math.max(durable, onDisk);
        lastHeardMillis = nowMillis;
        onAcknowledge.run();
    }

    @Override
    public void onAcknowledge(Runnable action) {
        onAcknowledge = action;
    }

    @Override
    public long durable() {
        return durable;
    }

    @Override
    public void heard(long nowMillis) {
        lastHeardMillis = nowMillis;
    }

    @Override
    public void gathers(boolean on) {
        connection.gathers(on);
    }

    @Override
    public long acknowledged() {
        return acknowledged;
    }

    @Override
    public long lastHeardMillis() {
        return lastHeardMillis;
    }

    @Override
    public String host() {
        return host;
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public synchronized boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        connection.kill();
    }

    @Override
    public void onClose(Runnable action) {
        synchronized (this) {
            if (open) {
                onClose = action;
                return;
            }
        }
        action.run();
    }

    /** The connection is gone. */
    void closed() {
        Runnable action;
        synchronized (this) {
            if (!open) {
                return;
            }
            open = false;
            action = onClose;
        }
        if (action != null) {
            action.run();
        }
    }
}
