package io.cairn.raft.group;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** Writes frames from any thread to one channel, in the order offered, with one flush for all that wait. */
final class FrameWriter {
    /** Bytes offered but not yet taken by the socket; over it a frame is refused. */
    static final long MAX_OUTSTANDING_BYTES = 64L << 20;

    private final Channel channel;
    private final Queue<ByteBuf> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final AtomicLong outstanding = new AtomicLong();

    FrameWriter(Channel channel) {
        this.channel = channel;
    }

    /** Bytes offered and not yet taken by the socket. */
    long outstanding() {
        return outstanding.get();
    }

    Channel channel() {
        return channel;
    }

    /** Takes the frame over; false when it was dropped because too much is outstanding or the channel is closed. */
    boolean offer(ByteBuf frame) {
        int bytes = frame.readableBytes();
        if (!channel.isActive()) {
            frame.release();
            return false;
        }
        if (outstanding.addAndGet(bytes) > MAX_OUTSTANDING_BYTES) {
            outstanding.addAndGet(-bytes);
            frame.release();
            return false;
        }
        queue.add(frame);
        if (scheduled.compareAndSet(false, true)) {
            try {
                channel.eventLoop().execute(this::drain);
            } catch (RejectedExecutionException e) {
                releaseAll();
                return false;
            }
        }
        return true;
    }

    private void drain() {
        scheduled.set(false);
        boolean any = false;
        for (ByteBuf frame = queue.poll(); frame != null; frame = queue.poll()) {
            int bytes = frame.readableBytes();
            channel.write(frame).addListener(done -> outstanding.addAndGet(-bytes));
            any = true;
        }
        if (any) {
            channel.flush();
        }
    }

    private void releaseAll() {
        for (ByteBuf frame = queue.poll(); frame != null; frame = queue.poll()) {
            frame.release();
        }
    }
}
