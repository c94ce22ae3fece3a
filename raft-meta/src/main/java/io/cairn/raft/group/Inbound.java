package io.cairn.raft.group;

import com.google.protobuf.Message;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/** One accepted connection after its handshake: requests come in, are handled lane by lane, and answers go out. */
final class Inbound extends SimpleChannelInboundHandler<ByteBuf> {
    /** Bytes of requests read but not handled yet at which reading stops, and at which it goes on. */
    static final long PAUSE_BYTES = 32L << 20;

    static final long RESUME_BYTES = 8L << 20;

    /** Lanes are folded to so many per connection. */
    static final int MAX_LANES = 256;

    private final PeerPort port;
    private final Sender sender;
    private final boolean formed;
    private final FrameWriter writer;
    private final Executor pool;
    private final Map<Integer, Lane> lanes = new ConcurrentHashMap<>();
    private final AtomicLong queuedBytes = new AtomicLong();

    Inbound(PeerPort port, Sender sender, boolean formed, FrameWriter writer, Executor pool) {
        this.port = port;
        this.sender = sender;
        this.formed = formed;
        this.writer = writer;
        this.pool = pool;
    }

    Sender sender() {
        return sender;
    }

    /** True when both sides said the same cluster id; otherwise only what is allowed to unformed nodes is handled. */
    boolean formed() {
        return formed;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, ByteBuf in) {
        if (in.readableBytes() < Frame.HEADER_BYTES) {
            ctx.close();
            return;
        }
        Frame frame = Frame.read(in);
        int bytes = frame.payload().length + Frame.HEADER_BYTES;
        if (queuedBytes.addAndGet(bytes) > PAUSE_BYTES) {
            ctx.channel().config().setAutoRead(false);
        }
        lanes.computeIfAbsent(Math.floorMod(frame.lane(), MAX_LANES), k -> new Lane(pool))
                .execute(() -> {
                    try {
                        port.requests().handle(this, frame);
                    } finally {
                        handled(bytes);
                    }
                });
    }

    private void handled(int bytes) {
        if (queuedBytes.addAndGet(-bytes) < RESUME_BYTES
                && !writer.channel().config().isAutoRead()) {
            writer.channel().config().setAutoRead(true);
        }
    }

    void answer(long id, Message message) {
        send(RaftMessages.encode(writer.channel().alloc(), Frame.ANSWER, id, 0, message));
    }

    void answer(long id, byte[] payload) {
        send(Frame.of(writer.channel().alloc(), Frame.ANSWER, (byte) 0, id, 0, payload));
    }

    void fail(long id, String why) {
        byte[] text = why.getBytes(StandardCharsets.UTF_8);
        send(Frame.of(writer.channel().alloc(), Frame.FAILURE, (byte) 0, id, 0, text));
    }

    private void send(ByteBuf frame) {
        if (port.drops(sender.nodeId())) {
            frame.release();
            return;
        }
        // A dropped answer is a lost message to the requester: it times out there, and Raft sends again.
        writer.offer(frame);
    }

    void close() {
        writer.channel().close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        port.closed(this);
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        port.refused(ctx.channel().remoteAddress(), cause.toString());
        ctx.close();
    }
}
