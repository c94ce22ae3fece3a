package io.cairn.raft.group;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.ssl.SslHandler;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The outgoing connection to one peer, shared by all groups of the host: requests go out in order, answers come back on
 * it. It connects in the background and keeps trying while it is wanted; a request never waits for that. When an
 * established connection ends and the peer's port then refuses, the peer's process is gone: the host is told.
 */
final class PeerLink {
    private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);

    /** Connect timeout of most attempts, so that a link is back soon after a partition; every fourth is patient. */
    static final int CONNECT_TIMEOUT_MILLIS = 100;

    static final int PATIENT_CONNECT_TIMEOUT_MILLIS = 1_000;

    /** Pause between attempts: starts here and doubles up to the bound. */
    static final int RETRY_MILLIS = 25;

    static final int MAX_RETRY_MILLIS = 400;

    /** For so long after the end of a connection a refused one means that the process is gone. */
    static final long GONE_WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    static final int GONE_RETRY_MILLIS = 4;

    /** A connection with a probing request unanswered for so long and nothing else received is closed and made anew. */
    static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    static final int SWEEP_MILLIS = 20;

    /** Bound of what waits for the link to come up; more simply time out. */
    static final int MAX_WAITING = 1_024;

    /** How long what waits is held back when the link is up already: it refused, so too much is outstanding. */
    static final int BUSY_RETRY_MILLIS = 5;

    private final Links links;
    private final @Nullable String nodeId;
    private final boolean bulk;
    private final boolean stranger;
    private final Supplier<@Nullable InetSocketAddress> address;
    private final EventLoop loop;
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
    private final Queue<Waiting> waitingForUp = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean sweeping = new AtomicBoolean();
    private volatile @Nullable Connection connection;
    private volatile boolean closed;
    private volatile long lastUsedNanos = System.nanoTime();
    private volatile String lastRefusal = "not connected";
    /** The rest belongs to the event loop. */
    private boolean connecting;

    private int attempts;
    private long lostAtNanos;
    private boolean lost;

    /**
     * @param nodeId null when only an address is known
     * @param bulk beside the node's link proper: what becomes of it says nothing to the groups
     */
    PeerLink(Links links, @Nullable String nodeId, boolean bulk, Supplier<@Nullable InetSocketAddress> address) {
        this(links, nodeId, bulk, false, address);
    }

    private PeerLink(
            Links links,
            @Nullable String nodeId,
            boolean bulk,
            boolean stranger,
            Supplier<@Nullable InetSocketAddress> address) {
        this.bulk = bulk;
        this.stranger = stranger;
        this.links = links;
        this.nodeId = nodeId;
        this.address = address;
        this.loop = links.nextLoop();
    }

    /** To whoever listens at an address, without a word of the cluster that this node is in. */
    static PeerLink asStranger(Links links, InetSocketAddress address) {
        return new PeerLink(links, null, false, true, () -> address);
    }

    boolean isStranger() {
        return stranger;
    }

    /** An established connection. */
    private static final class Connection {
        private final FrameWriter writer;
        private final boolean formed;
        private final long sinceMillis = System.currentTimeMillis();
        /**
         * When the first probing request went out after which nothing was received, 0 for none. The requests themselves may have timed out since: without
         * a leader there are only votes on a link, which may give up before the silence is long enough.
         */
        private volatile long unansweredSinceNanos;

        Connection(FrameWriter writer, boolean formed) {
            this.writer = writer;
            this.formed = formed;
        }
    }

    /** A request that waits for its answer. */
    private record Pending(Call call, Lane lane, long deadlineNanos, AtomicBoolean failed) {}

    /** A task that waits for a connection; {@code unformed} when one to a peer that is not in this cluster will do. */
    private record Waiting(Runnable task, boolean unformed, long deadlineNanos) {}

    /** Encodes a request into a frame once its id is known. */
    interface Encoder {
        ByteBuf frame(ByteBufAllocator allocator, long id);
    }

    /** The established connection as an operator sees it, or null. */
    RaftHost.@Nullable Link describe(String to) {
        Connection now = connection;
        return now == null ? null : new RaftHost.Link(to, now.sinceMillis, now.writer.outstanding());
    }

    boolean isReady() {
        Connection now = connection;
        return now != null && now.formed;
    }

    long lastUsedNanos() {
        return lastUsedNanos;
    }

    /** Starts to connect in the background unless connected or connecting. */
    void connect() {
        lastUsedNanos = System.nanoTime();
        if (connection == null && !closed) {
            loop.execute(() -> attempt(0));
        }
    }

    /**
     * Sends a request.
     *
     * @param lane where the answer is handled
     * @param probes whether silence on it means that the connection is dead
     * @param unformed whether it may go to a peer that is not, or not yet, in this cluster
     */
    void request(Encoder encoder, Lane lane, long timeoutMillis, boolean probes, boolean unformed, Call call) {
        lastUsedNanos = System.nanoTime();
        Connection now = connection;
        if (now == null || !mayRun(now, unformed)) {
            connect();
            lane.execute(() -> call.failed(Call.Cause.NOT_CONNECTED, lastRefusal));
            return;
        }
        long id = ids.incrementAndGet();
        ByteBuf frame = encoder.frame(now.writer.channel().alloc(), id);
        long sent = System.nanoTime();
        Pending waiting =
                new Pending(call, lane, sent + TimeUnit.MILLISECONDS.toNanos(timeoutMillis), new AtomicBoolean());
        if (probes && now.unansweredSinceNanos == 0) {
            now.unansweredSinceNanos = sent == 0 ? 1 : sent;
        }
        pending.put(id, waiting);
        boolean offered;
        if (nodeId != null && links.drops(nodeId)) {
            frame.release();
            offered = true;
        } else {
            offered = now.writer.offer(frame);
        }
        if (!offered && pending.remove(id, waiting)) {
            fail(waiting, Call.Cause.NOT_CONNECTED, "closed, or too much is outstanding");
            return;
        }
        if (connection != now && pending.remove(id, waiting)) {
            // Whoever ended the connection may not have seen this request, but the peer may have it.
            fail(waiting, Call.Cause.LOST, "the connection was closed");
            return;
        }
        if (sweeping.compareAndSet(false, true)) {
            loop.schedule(this::sweep, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void sweep() {
        long now = System.nanoTime();
        Connection current = connection;
        for (Iterator<Pending> each = pending.values().iterator(); each.hasNext(); ) {
            Pending waiting = each.next();
            if (now - waiting.deadlineNanos() >= 0) {
                each.remove();
                fail(waiting, Call.Cause.TIMED_OUT, PeerException.LATE);
            }
        }
        long since = current == null ? 0 : current.unansweredSinceNanos;
        if (current != null && since != 0 && now - since > SILENCE_NANOS) {
            LOG.warn("peer {} is silent: connecting anew", nodeId);
            current.writer.channel().close();
        }
        sweeping.set(false);
        if (!pending.isEmpty() && sweeping.compareAndSet(false, true)) {
            loop.schedule(this::sweep, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** Two may find the same request lost; the library and our own calls take the first answer only. */
    private static void fail(Pending waiting, Call.Cause cause, String why) {
        if (waiting.failed().compareAndSet(false, true)) {
            waiting.lane().execute(() -> waiting.call().failed(cause, why));
        }
    }

    private void attempt(int delayMillis) {
        if (connecting || closed || connection != null) {
            return;
        }
        connecting = true;
        if (delayMillis > 0) {
            loop.schedule(this::open, delayMillis, TimeUnit.MILLISECONDS);
        } else {
            open();
        }
    }

    private void open() {
        InetSocketAddress to = closed ? null : address.get();
        if (to == null) {
            connecting = false;
            lastRefusal = "no address is known";
            return;
        }
        int timeout = attempts++ % 4 == 3 ? PATIENT_CONNECT_TIMEOUT_MILLIS : CONNECT_TIMEOUT_MILLIS;
        if (nodeId != null && links.drops(nodeId)) {
            loop.schedule(() -> failed(false, "timed out"), timeout, TimeUnit.MILLISECONDS);
            return;
        }
        if (to.isUnresolved()) {
            links.names()
                    .address(to.getHostString())
                    .orTimeout(timeout, TimeUnit.MILLISECONDS)
                    .whenComplete((found, failure) -> loop.execute(() -> lookedUp(to, found, failure, timeout)));
        } else {
            connect(to, timeout);
        }
    }

    private void lookedUp(
            InetSocketAddress to, @Nullable InetAddress found, @Nullable Throwable failure, int timeoutMillis) {
        if (closed) {
            connecting = false;
        } else if (found != null) {
            connect(new InetSocketAddress(found, to.getPort()), timeoutMillis);
        } else if (failure instanceof TimeoutException) {
            failed(false, "the look-up of " + to.getHostString() + " takes long");
        } else {
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            failed(false, cause == null ? "no address was found" : String.valueOf(cause.getMessage()));
        }
    }

    private void connect(InetSocketAddress to, int timeout) {
        new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeout)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        SslHandler tls = links.tls();
                        if (tls != null) {
                            channel.pipeline().addLast(tls);
                        }
                        channel.pipeline()
                                .addLast(new ClientHandshake(
                                        PeerLink.this, links.identity(), nodeId, links.ownPort(), links.ownHost()));
                    }
                })
                .connect(to, links.source())
                .addListener(done -> opened((ChannelFuture) done));
    }

    private void opened(ChannelFuture done) {
        if (!done.isSuccess()) {
            Throwable cause = done.cause();
            failed(cause instanceof ConnectException && !isTimeout(cause), String.valueOf(cause.getMessage()));
            return;
        }
        Channel channel = done.channel();
        channel.closeFuture().addListener(end -> ended(channel));
    }

    private static boolean isTimeout(Throwable cause) {
        return cause instanceof io.netty.channel.ConnectTimeoutException;
    }

    /** An attempt ended before its handshake did. */
    private void failed(boolean refused, String why) {
        connecting = false;
        lastRefusal = why;
        boolean justLost = lost && System.nanoTime() - lostAtNanos < GONE_WINDOW_NANOS;
        if (justLost && refused) {
            lost = false;
            justLost = false;
            if (nodeId != null && !bulk) {
                links.gone(nodeId);
            }
        }
        int pause = justLost ? GONE_RETRY_MILLIS : Math.min(MAX_RETRY_MILLIS, RETRY_MILLIS << Math.min(attempts, 4));
        if (links.wanted(this)) {
            attempt(pause);
        }
    }

    /** Called by the handshake, on the event loop, with its reason to close. */
    void refused(String why) {
        lastRefusal = why;
        links.refused(String.valueOf(nodeId), why);
    }

    /** Called by the handshake, on the event loop, when both sides have proved themselves. */
    void connected(ChannelHandlerContext ctx, ChannelHandler handshake, String peer, boolean formed)
            throws PeerException {
        if (nodeId != null && !nodeId.equals(peer)) {
            throw new PeerException("another node answers at this address");
        }
        Connection now = new Connection(new FrameWriter(ctx.channel()), formed);
        ctx.pipeline().addLast(new LengthFieldBasedFrameDecoder(Frame.MAX_BYTES, 0, 4, 0, 4), new Answers(now));
        ctx.pipeline().remove(handshake);
        connecting = false;
        attempts = 0;
        lost = false;
        connection = now;
        if (closed) {
            ctx.channel().close();
            return;
        }
        if (!bulk) {
            links.up(nodeId, formed);
        }
        runWaiting();
    }

    /**
     * Runs {@code task} on the link's event loop when it is up next, or soon when it is up. Never if it stays down, or
     * unformed while the task needs a peer of this cluster.
     *
     * @param unformed as for {@link #request}
     * @param deadlineNanos after which the task may be forgotten
     */
    void whenUp(Runnable task, boolean unformed, long deadlineNanos) {
        if (waitingForUp.size() >= MAX_WAITING) {
            long now = System.nanoTime();
            waitingForUp.removeIf(waiting -> now - waiting.deadlineNanos() >= 0);
        }
        if (waitingForUp.size() < MAX_WAITING) {
            waitingForUp.add(new Waiting(task, unformed, deadlineNanos));
        }
        if (mayRun(connection, unformed)) {
            loop.schedule(this::runWaiting, BUSY_RETRY_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private static boolean mayRun(@Nullable Connection now, boolean unformed) {
        return now != null && (now.formed || unformed);
    }

    private void runWaiting() {
        // A task may ask to be run again: that is for the next time, the loop has other links.
        int left = waitingForUp.size();
        for (Iterator<Waiting> each = waitingForUp.iterator(); each.hasNext() && left > 0; left--) {
            Waiting waiting = each.next();
            if (mayRun(connection, waiting.unformed())) {
                each.remove();
                waiting.task().run();
            }
        }
    }

    private void ended(Channel channel) {
        Connection now = connection;
        if (now == null || now.writer.channel() != channel) {
            failed(false, lastRefusal);
            return;
        }
        connection = null;
        lost = true;
        lostAtNanos = System.nanoTime();
        lastRefusal = "the connection was closed";
        for (Iterator<Pending> each = pending.values().iterator(); each.hasNext(); ) {
            Pending waiting = each.next();
            each.remove();
            fail(waiting, Call.Cause.LOST, lastRefusal);
        }
        if (links.wanted(this)) {
            attempt(0);
        }
    }

    /** Takes answers off an established connection. */
    private final class Answers extends io.netty.channel.SimpleChannelInboundHandler<ByteBuf> {
        private final Connection from;

        Answers(Connection from) {
            this.from = from;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf in) {
            if (in.readableBytes() < Frame.HEADER_BYTES) {
                ctx.close();
                return;
            }
            from.unansweredSinceNanos = 0;
            Frame answer = Frame.read(in);
            Pending waiting = pending.remove(answer.id());
            if (waiting == null) {
                return;
            }
            if (answer.kind() == Frame.ANSWER) {
                waiting.lane().execute(() -> waiting.call().answered(answer));
            } else {
                String why = new String(answer.payload(), StandardCharsets.UTF_8);
                waiting.lane().execute(() -> waiting.call().failed(Call.Cause.REFUSED, why));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            LOG.debug("the connection to {} failed", nodeId, cause);
            ctx.close();
        }
    }

    /** Closes the connection to make it anew with what has changed since (the cluster id). */
    void renew() {
        Connection now = connection;
        if (now != null) {
            now.writer.channel().close();
        }
    }

    void close() {
        closed = true;
        renew();
    }
}
