package io.cairn.resp;

import io.cairn.config.Keys;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.FastThreadLocal;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The client port of one node. */
public final class RespServer implements AutoCloseable {
    private static final int MIN_READ_BYTES = 512;
    private static final int FIRST_READ_BYTES = 4 * 1024;
    private static final int MAX_READ_BYTES = 64 * 1024;

    private static final String PROTECTED =
            "-DENIED Cairn is running in protected mode because protected mode is enabled and no password is set for"
                    + " the default user. In this mode connections are only accepted from the loopback interface. To"
                    + " connect from elsewhere, set a password with requirepass, or set protected-mode to no if the"
                    + " port cannot be reached from untrusted networks.\r\n";

    private final Endpoint endpoint;
    private final List<Channel> listening = new ArrayList<>();
    private volatile boolean closed;
    private final FastThreadLocal<Dispatcher> dispatchers = new FastThreadLocal<>() {
        @Override
        protected Dispatcher initialValue() {
            return new Dispatcher(endpoint, endpoint.stats().local());
        }
    };

    public RespServer(Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    /**
     * Listens on an address.
     *
     * @throws IOException when it cannot; the message names address and reason
     */
    public void listen(Transport transport, ByteBufAllocator allocator, InetSocketAddress address, int backlog)
            throws IOException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(transport.acceptors(), transport.loops())
                .channel(transport.serverChannel())
                .option(ChannelOption.SO_BACKLOG, backlog)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.ALLOCATOR, allocator)
                .childOption(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new AdaptiveRecvByteBufAllocator(MIN_READ_BYTES, FIRST_READ_BYTES, MAX_READ_BYTES))
                .childOption(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(Connection.OUTPUT_LOW_BYTES, Connection.OUTPUT_HIGH_BYTES))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel, transport);
                    }
                });
        ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
        Throwable cause = bound.cause();
        if (cause != null) {
            throw new IOException(
                    "cannot listen on " + address.getAddress().getHostAddress() + ":" + address.getPort() + ": "
                            + reason(cause),
                    cause);
        }
        listening.add(bound.channel());
    }

    private static String reason(Throwable cause) {
        String message = cause.getMessage();
        if (message == null) {
            return cause.toString();
        }
        return message.contains("Address already in use") ? "Address already in use" : message;
    }

    private void accept(Channel channel, Transport transport) {
        if (closed) {
            channel.close();
            return;
        }
        endpoint.stats().connectionReceived();
        if (refusedStranger(channel)) {
            turnAway(channel, PROTECTED);
            return;
        }
        if (!endpoint.connections().admit(endpoint.server().config().get(Keys.MAXCLIENTS))) {
            turnAway(channel, "-ERR max number of clients reached\r\n");
            return;
        }
        int keepAlive = endpoint.server().config().get(Keys.TCP_KEEPALIVE);
        transport.keepAlive(channel, keepAlive);
        channel.pipeline().addLast(new Connection(endpoint, dispatchers.get(), channel, System.currentTimeMillis()));
    }

    /** Protected mode: without a password only clients of this machine are answered. */
    private boolean refusedStranger(Channel channel) {
        return endpoint.server().config().get(Keys.PROTECTED_MODE)
                && !endpoint.server().acl().passwordRequired()
                && channel.remoteAddress() instanceof InetSocketAddress remote
                && !remote.getAddress().isLoopbackAddress();
    }

    private void turnAway(Channel channel, String line) {
        endpoint.stats().connectionRejected();
        channel.writeAndFlush(Unpooled.copiedBuffer(line, StandardCharsets.US_ASCII))
                .addListener(ChannelFutureListener.CLOSE);
    }

    /** Stops listening; connections stay. */
    @Override
    public void close() {
        closed = true;
        listening.forEach(channel -> channel.close().awaitUninterruptibly());
        listening.clear();
    }
}
