package io.cairn.gossip;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.scalecube.cluster.transport.api.Message;
import io.scalecube.cluster.transport.api.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.BufferOverflowStrategy;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;

/**
 * ScaleCube's transport over our own sockets. ScaleCube's own one speaks Java serialization, binds all interfaces and
 * brings reactor-netty with HTTP and QUIC; this one binds one address, seals frames and shares one event loop among all
 * nodes of the process. Connections carry messages one way: each side dials the other's listening address.
 */
final class PeerTransport implements Transport, Link.Owner {
    /** Connections accepted at the same time; each member dials one. */
    static final int MAX_INBOUND = 1_024;

    private static final Logger log = LoggerFactory.getLogger(PeerTransport.class);
    private static final int CONNECT_TIMEOUT_MILLIS = 1_000;
    private static final int MAX_REFUSING = 4_096;
    private static final int BACKLOG = 512;
    private static final long REDIAL_MILLIS = 10;
    private static final long REFUSED_LINE_MILLIS = 10_000;
    /** Messages of one subscriber of ScaleCube that wait; it reads them at once, older ones are stale. */
    private static final int MAX_UNREAD = 512;
    /** Messages handed to the event loop that it did not take yet. */
    private static final int MAX_QUEUED = 2_048;
    /** Between two dials of an address where nobody listens, as long as it is a member's. */
    private static final long REFUSED_REDIAL_MILLIS = 250;

    private static final WriteBufferWaterMark UNSENT = new WriteBufferWaterMark(512 * 1024, 1024 * 1024);

    /** What the transport finds out beside its messages; called on the event loop. */
    interface Observer {
        /** Nobody listens at that address. True if a member lives there, so that it is worth asking again. */
        boolean refused(String address);

        /** A message came from an address that had refused. */
        void reachable(String address);

        /** Soft states arrived. */
        void states(byte[] payload);

        /** Bytes for somebody above arrived. */
        void direct(byte[] payload);
    }

    private final EventLoop loop;
    private final PeerKey key;
    private final WireCodec codec;
    private final String advertised;
    private final InetSocketAddress bind;
    private final @Nullable InetAddress source;
    private final @Nullable Function<Boolean, SSLEngine> tls;
    private final Observer observer;
    private final Throttle noise = new Throttle(REFUSED_LINE_MILLIS, System::currentTimeMillis);
    private final Sinks.Many<Message> incoming = Sinks.many().multicast().directBestEffort();
    private final Map<String, MonoSink<Message>> requests = new ConcurrentHashMap<>();
    /** By address; changed on the event loop only. */
    private final Map<String, Link> links = new ConcurrentHashMap<>();
    /** Addresses where nobody listened at the last try; touched on the event loop only. */
    private final Set<String> refusing = new HashSet<>();

    private final AtomicInteger queued = new AtomicInteger();
    private final ChannelGroup channels;
    private volatile @Nullable Channel server;
    private volatile boolean stopped;

    PeerTransport(
            EventLoop loop,
            PeerKey key,
            WireCodec codec,
            InetSocketAddress bind,
            @Nullable InetAddress source,
            @Nullable Function<Boolean, SSLEngine> tls,
            String advertised,
            Observer observer) {
        this.loop = loop;
        this.key = key;
        this.codec = codec;
        this.bind = bind;
        this.source = source;
        this.tls = tls;
        this.advertised = advertised;
        this.observer = observer;
        this.channels = new DefaultChannelGroup("gossip", loop, true);
    }

    @Override
    public String address() {
        return advertised;
    }

    @Override
    public Mono<Transport> start() {
        return Mono.create(sink -> new ServerBootstrap()
                .group(loop, loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new Acceptor())
                .bind(bind)
                .addListener((io.netty.channel.ChannelFutureListener) done -> {
                    Throwable cause = done.cause();
                    if (cause != null) {
                        sink.error(cause);
                        return;
                    }
                    server = done.channel();
                    sink.success(this);
                }));
    }

    private final class Acceptor extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            if (stopped || channels.size() >= MAX_INBOUND) {
                channel.close();
                return;
            }
            channels.add(channel);
            Consumer<Message> receiver = PeerTransport.this::received;
            if (tls != null) {
                channel.pipeline().addLast(new SslHandler(tls.apply(false)));
            }
            channel.pipeline().addLast(new Inbound(key, codec, receiver, PeerTransport.this::noise));
        }
    }

    private void noise(String from, String why) {
        long held = noise.pass();
        if (held >= 0) {
            log.warn(
                    "gossip {}: closed a connection from {}: {} ({} more like this before)",
                    advertised,
                    from,
                    why,
                    held);
        }
    }

    /** Shows ScaleCube a message as if it had just come. */
    void inject(Message message) {
        loop.execute(() -> emit(message));
    }

    private void received(Message message) {
        if (refusing.remove(message.sender())) {
            observer.reachable(message.sender());
        }
        if (MessageRules.STATE.equals(message.qualifier())) {
            observer.states(message.data());
            return;
        }
        if (MessageRules.DIRECT.equals(message.qualifier())) {
            observer.direct(message.data());
            return;
        }
        Link link = links.get(message.sender());
        if (link != null) {
            link.answered();
        }
        String correlation = message.correlationId();
        MonoSink<Message> asker = correlation == null ? null : requests.remove(correlation);
        if (asker != null) {
            asker.success(message);
        }
        emit(message);
    }

    private void emit(Message message) {
        Sinks.EmitResult result = incoming.tryEmitNext(message);
        if (result.isFailure() && !stopped) {
            log.debug("gossip {}: message {} found no reader: {}", advertised, message.qualifier(), result);
        }
    }

    @Override
    public Flux<Message> listen() {
        return incoming.asFlux().onBackpressureBuffer(MAX_UNREAD, dropped -> {}, BufferOverflowStrategy.DROP_OLDEST);
    }

    @Override
    public Mono<Void> send(String address, Message message) {
        return Mono.create(sink -> {
            byte[] payload;
            try {
                payload = codec.encodeFirstHand(message);
            } catch (IOException e) {
                sink.error(e);
                return;
            }
            if (payload == null) {
                sink.success();
                return;
            }
            if (queued.incrementAndGet() > MAX_QUEUED) {
                queued.decrementAndGet();
                sink.error(new IOException("too many messages wait for the socket thread"));
                return;
            }
            Sending sending = new Sending(sink);
            sink.onDispose(sending);
            loop.execute(() -> {
                queued.decrementAndGet();
                Link link = link(address);
                if (link == null) {
                    sending.failed(new IOException("stopped"));
                } else {
                    link.send(payload, sending);
                }
            });
        });
    }

    /** Passes an outcome on unless nobody waits any more: Reactor logs such late errors with their stack. */
    private static final class Sending implements Link.Outcome, Disposable {
        private final MonoSink<Void> sink;
        private volatile boolean over;

        Sending(MonoSink<Void> sink) {
            this.sink = sink;
        }

        @Override
        public void dispose() {
            over = true;
        }

        @Override
        public void sent() {
            if (!over) {
                sink.success();
            }
        }

        @Override
        public void failed(Throwable cause) {
            if (!over) {
                sink.error(cause);
            }
        }
    }

    /** The caller sets a timeout, whose cancellation frees the entry: ScaleCube does so everywhere. */
    @Override
    public Mono<Message> requestResponse(String address, Message request) {
        return Mono.create(sink -> {
            String correlation = request.correlationId();
            requests.put(correlation, sink);
            var sending = send(address, request).subscribe(nothing -> {}, error -> {
                if (requests.remove(correlation, sink)) {
                    sink.error(error);
                }
            });
            sink.onCancel(() -> {
                sending.dispose();
                if (requests.remove(correlation) != null) {
                    unanswered(address);
                }
            });
        });
    }

    private void unanswered(String address) {
        if (!stopped) {
            loop.execute(() -> {
                Link link = links.get(address);
                if (link != null) {
                    link.unanswered();
                }
            });
        }
    }

    /** Any thread. */
    Gossip.@Nullable LinkState state(String address) {
        Link link = links.get(address);
        return link == null ? null : link.state();
    }

    private @Nullable Link link(String address) {
        if (stopped) {
            return null;
        }
        Link existing = links.get(address);
        if (existing != null) {
            return existing;
        }
        Link link = new Link(address, key, tls, this);
        links.put(address, link);
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, UNSENT);
        if (source != null) {
            bootstrap.localAddress(source, 0);
        }
        link.dial(bootstrap, Transport.parseHost(address), Transport.parsePort(address));
        return link;
    }

    @Override
    public void refused(Link link) {
        if (refusing.size() < MAX_REFUSING) {
            refusing.add(link.address);
        }
        if (observer.refused(link.address) && !stopped) {
            loop.schedule(() -> link(link.address), REFUSED_REDIAL_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** A connection that broke is dialled again at once: if nobody listens any more, that is the quickest news of a death. */
    @Override
    public void closed(Link link, boolean wasOpen) {
        links.remove(link.address, link);
        if (wasOpen && !stopped) {
            loop.schedule(() -> link(link.address), REDIAL_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public boolean isStopped() {
        return stopped;
    }

    @Override
    public Mono<Void> stop() {
        return Mono.create(sink -> {
            stopped = true;
            loop.execute(() -> {
                incoming.tryEmitComplete();
                for (Link link : links.values().toArray(new Link[0])) {
                    link.close();
                }
                channels.close();
                Channel listening = server;
                if (listening == null) {
                    sink.success();
                } else {
                    listening.close().addListener(done -> sink.success());
                }
            });
        });
    }
}
