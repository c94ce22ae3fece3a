package io.cairn.raft.group;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The listening side of a host: accepts connections, has them prove themselves, hands their requests on. */
final class PeerPort {
    private static final Logger LOG = LoggerFactory.getLogger(PeerPort.class);

    /** How long a port that is taken is tried again. */
    private static final int TAKEN_MILLIS = 500;

    /** Connections at once, proved or not; more are closed at once. */
    static final int MAX_CONNECTIONS = 1_024;

    private final RaftHost host;
    private final Requests requests;
    private final Set<Channel> channels = ConcurrentHashMap.newKeySet();
    private final Set<Inbound> proved = ConcurrentHashMap.newKeySet();
    private final RateLimitedLog refusals = new RateLimitedLog(LOG);
    private @Nullable Channel listener;

    PeerPort(RaftHost host, Requests requests) {
        this.host = host;
        this.requests = requests;
    }

    /** Binds and starts to listen; blocks until it does. */
    InetSocketAddress listen(InetSocketAddress bind) throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(host.threads().loops())
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, 128)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel);
                    }
                });
        try {
            // Not sync(): it throws the cause as it is, which does not say which port was taken.
            ChannelFuture done = bootstrap.bind(bind).await();
            Throwable failure = done.cause();
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TAKEN_MILLIS);
            while (failure instanceof BindException && System.nanoTime() < deadline) {
                // NIO gives back a port that was closed in this process a moment ago only with the selector's next
                // turn.
                Thread.sleep(20);
                done = bootstrap.bind(bind).await();
                failure = done.cause();
            }
            if (failure != null) {
                throw new IOException(
                        "cannot listen on " + bind.getHostString() + ":" + bind.getPort() + " (raft port): "
                                + failure.getMessage(),
                        failure);
            }
            listener = done.channel();
            return (InetSocketAddress) done.channel().localAddress();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while binding " + bind, e);
        }
    }

    private void accept(Channel channel) {
        if (channels.size() >= MAX_CONNECTIONS) {
            refused(channel.remoteAddress(), "too many connections");
            channel.close();
            return;
        }
        channels.add(channel);
        channel.closeFuture().addListener(done -> channels.remove(channel));
        SslHandler tls = host.tls(false);
        if (tls != null) {
            channel.pipeline().addLast(tls);
        }
        channel.pipeline().addLast(new ServerHandshake(this));
    }

    /** Called on the channel's event loop when the other side has proved itself. */
    void accepted(ChannelHandlerContext ctx, ChannelHandler handshake, Sender sender, boolean formed) {
        Inbound inbound = new Inbound(
                this,
                sender,
                formed,
                new FrameWriter(ctx.channel()),
                host.threads().workers());
        proved.add(inbound);
        host.links().learn(sender);
        ctx.pipeline().addLast(new LengthFieldBasedFrameDecoder(Frame.MAX_BYTES, 0, 4, 0, 4), inbound);
        ctx.pipeline().remove(handshake);
    }

    void closed(Inbound inbound) {
        proved.remove(inbound);
    }

    void refused(SocketAddress from, String why) {
        refusals.warn("node " + host.nodeId() + " closed a peer connection from " + from + ": " + why);
    }

    /** Closes the connections of a node that was removed, or all that are not of this cluster. */
    void closeConnections(boolean unformedOnly, @Nullable String nodeId) {
        for (Inbound inbound : proved) {
            if (nodeId == null
                    ? !unformedOnly || !inbound.formed()
                    : inbound.sender().nodeId().equals(nodeId)) {
                inbound.close();
            }
        }
    }

    Requests requests() {
        return requests;
    }

    Identity identity() {
        return host.identity();
    }

    boolean isRemoved(String nodeId) {
        return host.addresses().isRemoved(nodeId);
    }

    boolean drops(String nodeId) {
        return host.filter().drops(host.nodeId(), nodeId) || host.filter().drops(nodeId, host.nodeId());
    }

    /** Closes the port and every connection; does not wait. */
    void close() {
        Channel channel = listener;
        if (channel != null) {
            channel.close().awaitUninterruptibly(1_000);
        }
        for (Channel open : channels) {
            open.close();
        }
    }
}
