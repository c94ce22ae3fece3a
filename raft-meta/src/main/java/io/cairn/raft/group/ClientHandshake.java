package io.cairn.raft.group;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The connecting side of {@link Handshake}; runs on the channel's event loop. */
final class ClientHandshake extends ByteToMessageDecoder {
    private final PeerLink link;
    private final Identity self;
    private final boolean stranger;
    private final @Nullable String ownCluster;
    private final byte[] helloBody;
    private byte @Nullable [] nonce;
    private @Nullable Future<?> timeout;

    ClientHandshake(PeerLink link, Identity self, @Nullable String wanted, int ownPort, @Nullable String ownHost) {
        this.link = link;
        this.self = self;
        this.stranger = link.isStranger();
        this.ownCluster = stranger ? null : self.clusterId();
        this.helloBody =
                Handshake.hello(new Handshake.Hello(ownCluster, self.nodeId(), wanted, ownPort, ownHost), self.nonce());
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        timeout = ctx.executor().schedule(() -> ctx.close(), Handshake.TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        ctx.writeAndFlush(Handshake.message(Handshake.HELLO, helloBody));
        ctx.fireChannelActive();
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        try {
            byte[] challenge = nonce;
            if (challenge == null) {
                byte[] body = Handshake.body(in, Handshake.CHALLENGE);
                if (body == null) {
                    return;
                }
                if (body.length != Identity.NONCE_BYTES) {
                    throw new PeerException("a malformed challenge");
                }
                nonce = body;
                ctx.writeAndFlush(Handshake.message(Handshake.PROOF, self.proof(Handshake.CLIENT, helloBody, body)));
                return;
            }
            byte[] body = Handshake.body(in, Handshake.WELCOME);
            if (body != null) {
                onWelcome(ctx, Handshake.readWelcome(body), challenge);
            }
        } catch (PeerException e) {
            in.skipBytes(in.readableBytes());
            link.refused(String.valueOf(e.getMessage()));
            ctx.close();
        }
    }

    private void onWelcome(ChannelHandlerContext ctx, Handshake.Welcome welcome, byte[] challenge)
            throws PeerException {
        byte[] said = Handshake.welcome(welcome.clusterId(), welcome.nodeId());
        if (!self.proves(welcome.proof(), Handshake.SERVER, helloBody, challenge, said)) {
            throw new PeerException("the peer does not know the peer secret");
        }
        if (!Handshake.mayTalk(ownCluster, welcome.clusterId())) {
            throw new PeerException("the peer belongs to another cluster");
        }
        cancelTimeout();
        link.connected(ctx, this, welcome.nodeId(), Handshake.isFormed(ownCluster, welcome.clusterId()));
        if (!stranger) {
            Handshake.closeIfOutdated(ctx.channel(), self, ownCluster);
        }
    }

    private void cancelTimeout() {
        if (timeout != null) {
            timeout.cancel(false);
        }
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        cancelTimeout();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
