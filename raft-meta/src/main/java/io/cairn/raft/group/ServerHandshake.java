package io.cairn.raft.group;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The accepting side of {@link Handshake}; runs on the channel's event loop. */
final class ServerHandshake extends ByteToMessageDecoder {
    private final PeerPort port;
    private @Nullable Future<?> timeout;
    private byte @Nullable [] helloBody;
    private Handshake.@Nullable Hello hello;
    private byte[] nonce = new byte[0];

    ServerHandshake(PeerPort port) {
        this.port = port;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        timeout = ctx.executor()
                .schedule(
                        () -> refuse(ctx, "it sent no handshake in time"),
                        Handshake.TIMEOUT_MILLIS,
                        TimeUnit.MILLISECONDS);
        ctx.fireChannelActive();
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (!ctx.channel().isActive()) {
            in.skipBytes(in.readableBytes());
            return;
        }
        try {
            Handshake.Hello said = hello;
            byte[] saidBytes = helloBody;
            if (said == null || saidBytes == null) {
                byte[] body = Handshake.body(in, Handshake.HELLO);
                if (body != null) {
                    onHello(ctx, body);
                }
                return;
            }
            byte[] proof = Handshake.body(in, Handshake.PROOF);
            if (proof != null) {
                onProof(ctx, said, saidBytes, proof);
            }
        } catch (PeerException e) {
            in.skipBytes(in.readableBytes());
            refuse(ctx, e.getMessage());
        }
    }

    private void onHello(ChannelHandlerContext ctx, byte[] body) throws PeerException {
        Handshake.Hello said = Handshake.readHello(body);
        Identity self = port.identity();
        if (!Handshake.mayTalk(self.clusterId(), said.clusterId())) {
            throw new PeerException("it belongs to another cluster");
        }
        if (said.wanted() != null && !said.wanted().equals(self.nodeId())) {
            throw new PeerException("it looks for another node at this address");
        }
        // One that was removed may ask, as any stranger may, what has become of it.
        boolean removed = said.clusterId() != null && port.isRemoved(said.nodeId());
        if (removed || said.nodeId().equals(self.nodeId())) {
            throw new PeerException("its node was removed, or it has this node's own id");
        }
        if (port.drops(said.nodeId())) {
            return;
        }
        helloBody = body;
        hello = said;
        nonce = self.nonce();
        ctx.writeAndFlush(Handshake.message(Handshake.CHALLENGE, nonce));
    }

    private void onProof(ChannelHandlerContext ctx, Handshake.Hello said, byte[] saidBytes, byte[] proof)
            throws PeerException {
        Identity self = port.identity();
        if (!self.proves(proof, Handshake.CLIENT, saidBytes, nonce)) {
            throw new PeerException("it does not know the peer secret");
        }
        String ownCluster = self.clusterId();
        byte[] welcome = Handshake.welcome(ownCluster, self.nodeId());
        byte[] own = self.proof(Handshake.SERVER, saidBytes, nonce, welcome);
        cancelTimeout();
        InetSocketAddress remote = (InetSocketAddress) ctx.channel().remoteAddress();
        String host = said.host();
        InetSocketAddress found = host == null
                ? new InetSocketAddress(remote.getAddress(), said.port())
                : InetSocketAddress.createUnresolved(host, said.port());
        Sender sender = new Sender(said.nodeId(), said.clusterId(), found);
        ctx.writeAndFlush(Handshake.message(Handshake.WELCOME, welcome, own));
        port.accepted(ctx, this, sender, Handshake.isFormed(ownCluster, said.clusterId()));
        Handshake.closeIfOutdated(ctx.channel(), self, ownCluster);
    }

    private void refuse(ChannelHandlerContext ctx, @Nullable String why) {
        if (ctx.channel().isActive()) {
            port.refused(ctx.channel().remoteAddress(), String.valueOf(why));
            ctx.close();
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
        refuse(ctx, cause.toString());
    }
}
