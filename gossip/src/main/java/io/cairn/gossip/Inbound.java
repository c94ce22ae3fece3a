package io.cairn.gossip;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import io.scalecube.cluster.transport.api.Message;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The accepting side of a connection: says hello, then takes frames of {@code length, payload, seal}. Anything wrong
 * closes the connection and is told once. A connection that brings no good frame in time is closed too, so that
 * strangers cannot hold places.
 */
final class Inbound extends ByteToMessageDecoder {
    /** A connection must bring its first good frame within this. */
    static final long FIRST_FRAME_MILLIS = 5_000;
    /** And a further one within this; a live member pings far more often. */
    static final long IDLE_MILLIS = 120_000;

    /** Bytes of a first frame: what a stranger can make us hold. A sync of a thousand members fits. */
    static final int MAX_FIRST_BYTES = 128 * 1024;

    private static final int LENGTH_BYTES = 4;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final PeerKey key;
    private final WireCodec codec;
    private final Consumer<Message> received;
    private final BiConsumer<String, String> refused;
    private PeerKey.@Nullable Seals seals;
    private @Nullable ScheduledFuture<?> deadline;
    private boolean fresh;
    private boolean trusted;

    Inbound(PeerKey key, WireCodec codec, Consumer<Message> received, BiConsumer<String, String> refused) {
        this.key = key;
        this.codec = codec;
        this.received = received;
        this.refused = refused;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) throws Exception {
        byte[] nonce = new byte[Hello.NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        seals = key.sealed() ? key.seals(nonce) : null;
        ByteBuf hello = ctx.alloc().buffer(Hello.BYTES);
        new Hello(key.sealed(), nonce).write(hello);
        ctx.writeAndFlush(hello);
        watch(ctx, FIRST_FRAME_MILLIS);
        super.channelActive(ctx);
    }

    private void watch(ChannelHandlerContext ctx, long millis) {
        fresh = false;
        deadline = ctx.executor()
                .schedule(
                        () -> {
                            if (fresh) {
                                watch(ctx, IDLE_MILLIS);
                            } else {
                                ctx.close();
                            }
                        },
                        millis,
                        TimeUnit.MILLISECONDS);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (!ctx.channel().isActive()) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (in.readableBytes() < LENGTH_BYTES) {
            return;
        }
        int length = in.getInt(in.readerIndex());
        if (length < 1 || length > (trusted ? WireCodec.MAX_MESSAGE_BYTES : MAX_FIRST_BYTES)) {
            refuse(ctx, in, "a frame of " + length + " bytes");
            return;
        }
        if (in.readableBytes() < LENGTH_BYTES + length + key.sealBytes()) {
            return;
        }
        in.skipBytes(LENGTH_BYTES);
        byte[] payload = new byte[length];
        in.readBytes(payload);
        if (!sealIsGood(in, payload)) {
            refuse(ctx, in, "a frame that was not sealed with our cluster-peer-secret");
            return;
        }
        try {
            Message message = codec.decode(payload);
            fresh = true;
            trusted = true;
            received.accept(message);
        } catch (IOException e) {
            refuse(ctx, in, String.valueOf(e.getMessage()));
        }
    }

    private boolean sealIsGood(ByteBuf in, byte[] payload) {
        PeerKey.Seals expected = seals;
        if (expected == null) {
            return true;
        }
        byte[] seal = new byte[PeerKey.SEAL_BYTES];
        in.readBytes(seal);
        return MessageDigest.isEqual(seal, expected.next(payload));
    }

    private void refuse(ChannelHandlerContext ctx, ByteBuf in, String why) {
        refused.accept(String.valueOf(ctx.channel().remoteAddress()), why);
        in.skipBytes(in.readableBytes());
        ctx.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        refused.accept(String.valueOf(ctx.channel().remoteAddress()), cause.toString());
        ctx.close();
    }
}
