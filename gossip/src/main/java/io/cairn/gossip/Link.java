package io.cairn.gossip;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * The dialling side of the connection to one address. Lives on the event loop: every method is called there. Messages
 * wait, at most {@value #MAX_WAITING}, until the hello came; what does not fit fails, as gossip can lose messages.
 */
final class Link {
    static final int MAX_WAITING = 64;
    /** This many requests in a row without an answer make the link dial again: its connection may be half open. */
    static final int MAX_UNANSWERED = 4;
    /** The other side must say hello within this: a stopped process still accepts connections. */
    static final long HELLO_MILLIS = 2_000;

    /** What a link tells its owner, on the event loop. */
    interface Owner {
        /** Nobody listens there. */
        void refused(Link link);

        /** The link is over; a new one must be made. */
        void closed(Link link, boolean wasOpen);
    }

    /** Told once what became of a message, on the event loop. */
    interface Outcome {
        void sent();

        void failed(Throwable cause);
    }

    private record Waiting(byte[] payload, Outcome outcome) {}

    final String address;
    private final PeerKey key;
    private final @Nullable Function<Boolean, SSLEngine> tls;
    private final Owner owner;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private volatile @Nullable Channel channel;
    private volatile long openedMillis;
    private PeerKey.@Nullable Seals seals;
    private boolean open;
    private boolean over;
    private int unanswered;

    Link(String address, PeerKey key, @Nullable Function<Boolean, SSLEngine> tls, Owner owner) {
        this.address = address;
        this.key = key;
        this.tls = tls;
        this.owner = owner;
    }

    void dial(Bootstrap bootstrap, String host, int port) {
        ChannelFuture dialled = bootstrap
                .clone()
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel ch) {
                        if (tls != null) {
                            ch.pipeline().addLast(new SslHandler(tls.apply(true)));
                        }
                        ch.pipeline().addLast(new HelloReader());
                    }
                })
                .connect(host, port);
        channel = dialled.channel();
        dialled.addListener(done -> {
            Throwable cause = done.cause();
            if (cause != null) {
                if (cause instanceof ConnectException && !(cause instanceof ConnectTimeoutException)) {
                    owner.refused(this);
                }
                end(cause);
                return;
            }
            dialled.channel()
                    .eventLoop()
                    .schedule(
                            () -> {
                                if (!open) {
                                    end(new IOException(address + " accepted but said nothing"));
                                }
                            },
                            HELLO_MILLIS,
                            TimeUnit.MILLISECONDS);
        });
    }

    void send(byte[] payload, Outcome outcome) {
        Channel ch = channel;
        if (over || ch == null) {
            outcome.failed(new IOException("no connection to " + address));
        } else if (open) {
            write(ch, payload, outcome);
        } else if (waiting.size() < MAX_WAITING) {
            waiting.add(new Waiting(payload, outcome));
        } else {
            outcome.failed(new IOException("too many messages wait for a connection to " + address));
        }
    }

    private void write(Channel ch, byte[] payload, Outcome outcome) {
        if (!ch.isWritable()) {
            outcome.failed(new IOException(address + " does not read"));
            return;
        }
        ByteBuf frame = ch.alloc().buffer(4 + payload.length + key.sealBytes());
        frame.writeInt(payload.length).writeBytes(payload);
        if (seals != null) {
            frame.writeBytes(seals.next(payload));
        }
        ch.writeAndFlush(frame).addListener(done -> {
            Throwable cause = done.cause();
            if (cause == null) {
                outcome.sent();
            } else {
                outcome.failed(cause);
            }
        });
    }

    /** Since when it is open and what waits in it; null while it is not open. Any thread. */
    Gossip.@Nullable LinkState state() {
        Channel ch = channel;
        ChannelOutboundBuffer out = ch == null ? null : ch.unsafe().outboundBuffer();
        return openedMillis == 0 || out == null
                ? null
                : new Gossip.LinkState(openedMillis, out.totalPendingWriteBytes());
    }

    void answered() {
        unanswered = 0;
    }

    void unanswered() {
        if (++unanswered >= MAX_UNANSWERED) {
            close();
        }
    }

    void close() {
        end(new IOException("closed"));
    }

    private void end(Throwable cause) {
        if (over) {
            return;
        }
        over = true;
        Channel ch = channel;
        if (ch != null) {
            ch.close();
        }
        for (Waiting one : waiting) {
            one.outcome().failed(cause);
        }
        waiting.clear();
        owner.closed(this, open);
    }

    /** Waits for the hello, sends what waited; after that the other side has nothing to say. */
    private final class HelloReader extends ByteToMessageDecoder {
        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws WireException {
            if (open || over) {
                in.skipBytes(in.readableBytes());
                return;
            }
            if (in.readableBytes() < Hello.BYTES) {
                return;
            }
            Hello hello = Hello.read(in);
            if (hello.sealed() != key.sealed()) {
                throw new WireException(
                        hello.sealed()
                                ? "it asks for a cluster-peer-secret"
                                : "it does not use our cluster-peer-secret");
            }
            seals = key.sealed() ? key.seals(hello.nonce()) : null;
            open = true;
            openedMillis = System.currentTimeMillis();
            for (Waiting one = waiting.poll(); one != null; one = waiting.poll()) {
                write(ctx.channel(), one.payload(), one.outcome());
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) throws Exception {
            super.channelInactive(ctx);
            end(new IOException(address + " closed the connection"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            end(cause);
        }
    }
}
