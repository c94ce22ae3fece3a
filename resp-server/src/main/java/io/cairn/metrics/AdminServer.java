package io.cairn.metrics;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * The admin HTTP port: {@code /metrics}, {@code /healthz} (the process answers), {@code /readyz} (its nodes serve).
 * Scrapes run on a background thread, one at a time per connection.
 */
public final class AdminServer implements AutoCloseable {
    private static final int MAX_REQUEST_BYTES = 16 * 1024;
    private static final int IDLE_SECONDS = 60;
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private final ProcessMetrics metrics;
    private final BooleanSupplier ready;
    private final Executor background;
    private final List<Channel> listening = new ArrayList<>();

    /** @param background where scrapes run */
    public AdminServer(ProcessMetrics metrics, BooleanSupplier ready, Executor background) {
        this.metrics = metrics;
        this.ready = ready;
        this.background = background;
    }

    /** @throws IOException with one line when the address cannot be used */
    public void listen(EventLoopGroup loops, Class<? extends ServerChannel> type, InetSocketAddress address)
            throws IOException {
        ChannelFuture bound = new ServerBootstrap()
                .group(loops)
                .channel(type)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new ReadTimeoutHandler(IDLE_SECONDS))
                                .addLast(new HttpServerCodec())
                                .addLast(new HttpObjectAggregator(MAX_REQUEST_BYTES))
                                .addLast(new Requests());
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        Throwable cause = bound.cause();
        if (cause != null) {
            throw new IOException(
                    "cannot listen on admin-port " + address.getPort() + ": " + cause.getMessage(), cause);
        }
        listening.add(bound.channel());
    }

    private final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            String path = request.uri();
            int query = path.indexOf('?');
            String plain = query < 0 ? path : path.substring(0, query);
            if (!request.method().equals(HttpMethod.GET)) {
                answer(context, HttpResponseStatus.METHOD_NOT_ALLOWED, "only GET\n");
                return;
            }
            switch (plain) {
                case "/metrics" -> background.execute(() -> scrape(context));
                case "/healthz" -> answer(context, HttpResponseStatus.OK, "ok\n");
                case "/readyz" -> {
                    boolean isReady = ready.getAsBoolean();
                    answer(
                            context,
                            isReady ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE,
                            isReady ? "ready\n" : "not ready\n");
                }
                default -> answer(context, HttpResponseStatus.NOT_FOUND, "/metrics /healthz /readyz\n");
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close(); // A stranger's half request or a time-out: nothing of ours is lost.
        }
    }

    private void scrape(ChannelHandlerContext context) {
        try {
            answer(context, HttpResponseStatus.OK, metrics.scrape());
        } catch (RuntimeException e) {
            answer(context, HttpResponseStatus.INTERNAL_SERVER_ERROR, e + "\n");
        }
    }

    private static void answer(ChannelHandlerContext context, HttpResponseStatus status, String text) {
        ByteBuf body = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, TEXT);
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        response.headers().set(HttpHeaderNames.CONNECTION, "close");
        context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void close() {
        listening.forEach(channel -> channel.close().awaitUninterruptibly());
        listening.clear();
    }
}
