package io.cairn.resp;

import io.cairn.acl.User;
import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Client;
import io.cairn.command.Command;
import io.cairn.command.KeyPositions;
import io.cairn.command.Reply;
import io.cairn.command.ServerState;
import io.cairn.command.Subscriptions;
import io.cairn.command.Waiting;
import io.cairn.config.OutputLimit;
import io.cairn.keyspace.StripeBusyException;
import io.cairn.mode.Block;
import io.cairn.mode.Mode;
import io.cairn.mode.Origin;
import io.cairn.tracking.Tracker;
import io.cairn.tracking.Tracking;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection: reads requests, has them run in order, sends the replies in order with one flush per read.
 * Everything happens on its event loop.
 *
 * <p>It stops decoding, and then reading, while a request has to wait: for calls that are pending in the mode, for a
 * reply that comes later, for the end of a pause, or for a client that does not read its replies. So a connection holds
 * at most one read's worth of undecoded input, one request, {@link #window} calls and
 * {@link #OUTPUT_HIGH_BYTES} of replies plus the one reply that went over.
 */
final class Connection extends ChannelInboundHandlerAdapter implements Origin {
    /** Most calls pending in the mode before decoding pauses. */
    static final int MAX_PENDING = 10_000;
    /** Calls that a new connection may have pending, before the size of its replies is known. */
    private static final int FIRST_WINDOW = 64;
    /** Unsent reply bytes at which decoding pauses; it goes on below {@link #OUTPUT_LOW_BYTES}. */
    static final int OUTPUT_HIGH_BYTES = 1024 * 1024;

    static final int OUTPUT_LOW_BYTES = 256 * 1024;
    /** A held request looks again after this at the latest. */
    private static final long MAX_WAKE_MILLIS = 60_000;
    /** Replies gathered within one read are sent when they reach this. */
    private static final int FLUSH_BYTES = 256 * 1024;
    /** Input that is read while a client waits for keys, so that its end is seen, bytes. */
    private static final int BLOCKED_INPUT_BYTES = 64 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private final Endpoint endpoint;
    private final Dispatcher dispatcher;
    private final Channel channel;
    private final RequestDecoder decoder;
    private final ReplyBuffer replies;
    private final ClientState state;
    private final Pushes pushes;
    /** Made when it is to be told of a key first. */
    private volatile @Nullable Invalidations invalidations;

    /** Calls that the mode has accepted so far. */
    private long callsTaken;
    /** The thread that runs a call of this has told the table of tracked keys so. */
    private boolean writing;
    /** Shows it all commands; null while it does not watch. */
    private volatile @Nullable MonitorLines monitored;

    private volatile @Nullable FollowerOutput follower;
    private @Nullable ChannelHandlerContext context;
    private @Nullable PendingCalls pending;
    private @Nullable ExecRun exec;

    /** The decoded request could not run yet and is offered again. */
    private boolean held;
    /** A reply comes later. */
    private boolean waiting;

    /** What CLIENT UNBLOCK does to the session command that waits, if it may end it. */
    private final AtomicReference<java.util.function.@Nullable Consumer<Boolean>> unblocks = new AtomicReference<>();

    /** The blocking command that waits. */
    private volatile @Nullable BlockedCall blocked;
    /** A blocking command runs, and it will turn out whether it waits. */
    private BlockedCall.@Nullable First first;
    /** A MULTI block runs: its reply may be taken apart. */
    private boolean inBlock;

    private boolean draining;
    /** All requests that were received have been run or submitted. */
    private boolean drained = true;

    private boolean closing;
    /** The client closed its side; it still gets its replies. */
    private boolean inputEnded;

    private volatile boolean gone;
    private @Nullable String protocolError;
    /** Replies were written to the channel and are flushed when the mode says they may. */
    private boolean awaitingDurable;

    private boolean flushAgain;
    private final OutputClock outputClock = new OutputClock();
    private byte phase;
    /** What the registry counts for this connection. Written on the event loop. */
    private volatile long accounted;

    private volatile boolean evicted;
    /** Calls that may be pending now. */
    private int window = FIRST_WINDOW;

    Connection(Endpoint endpoint, Dispatcher dispatcher, Channel channel, long nowMillis) {
        this.endpoint = endpoint;
        this.dispatcher = dispatcher;
        this.channel = channel;
        this.decoder = new RequestDecoder(channel.alloc(), endpoint.limits(), endpoint.budget(), dispatcher.pool());
        this.replies = new ReplyBuffer(channel.alloc(), dispatcher.stats());
        this.pushes = new Pushes(this, endpoint.hub());
        this.state = new ClientState(
                this,
                endpoint.connections().nextId(),
                nowMillis,
                endpoint.server().acl());
    }

    // ---- what commands and CLIENT LIST see

    long id() {
        return state.id();
    }

    @Override
    public ClientState client() {
        return state;
    }

    ServerState server() {
        return endpoint.server();
    }

    ReplyBuffer replies() {
        return replies;
    }

    Pushes pushes() {
        return pushes;
    }

    /** Makes it one that gets all changes (SYNC); on the event loop. */
    FollowerOutput follow() {
        FollowerOutput output = follower;
        if (output == null) {
            output = new FollowerOutput(this, state.followerTraits(), server().micros() / 1000);
            // From now on it counts as a follower.
            endpoint.connections().account(-accounted);
            endpoint.connections().accountFollower(accounted);
            follower = output;
        }
        return output;
    }

    boolean isFollower() {
        return follower != null;
    }

    // ---- CLIENT TRACKING

    Tracking tracking() {
        return endpoint.connections().tracking();
    }

    /** What is told to this connection. Any thread. */
    synchronized Invalidations invalidations() {
        Invalidations mine = invalidations;
        if (mine == null) {
            mine = new Invalidations(this);
            invalidations = mine;
        }
        return mine;
    }

    /** Writes what is told of keys, as far as it may stand here. On the event loop, between two replies. */
    private void writeInvalidations() {
        Invalidations mine = invalidations;
        if (mine != null) {
            mine.write();
        }
    }

    /** Another connection of the node, null when it is gone. Any thread. */
    @Nullable
    Connection other(long id) {
        return endpoint.connections().connection(id);
    }

    /** Calls that went to the mode and are answered later, from the first on. */
    long callsTaken() {
        return callsTaken;
    }

    /** Those of {@link #callsTaken} that are answered. */
    long callsAnswered() {
        return callsTaken - pendingCount();
    }

    @Override
    public boolean tracks() {
        return state.tracking().remembers();
    }

    @Override
    public void remembers(Args args, KeyPositions keys) {
        Tracker tracker = state.tracking().tracker();
        if (tracker != null) {
            tracking().remember(tracker, args, keys);
        }
    }

    @Override
    public void beginsWriting() {
        if (tracking().any()) {
            if (eventLoop().inEventLoop()) {
                writeInvalidations(); // Of what was evicted for this call. Redis: processCommand.
            }
            tracking().begin(state.tracking().tracker());
            writing = true;
        }
    }

    @Override
    public void endsWriting() {
        if (writing) {
            writing = false;
            tracking().end();
        }
    }

    /** MONITOR; on the event loop. False if it is one already. */
    boolean monitor() {
        if (monitored != null) {
            return false;
        }
        MonitorLines lines = new MonitorLines(this);
        monitored = lines;
        endpoint.connections().monitors().add(lines);
        return true;
    }

    /** Writes a line that is no reply; between two replies. */
    void line(byte[] encoded) {
        try {
            replies.raw(encoded, 0, encoded.length);
        } catch (OutOfMemoryError e) {
            lostReply();
        }
    }

    boolean isMonitor() {
        return monitored != null;
    }

    void endMonitor() {
        MonitorLines lines = monitored;
        if (lines != null) {
            endpoint.connections().monitors().remove(lines);
            lines.close();
            monitored = null;
        }
    }

    /** Whether the kernel may gather what is sent. */
    void gathers(boolean on) {
        channel.config().setOption(ChannelOption.TCP_NODELAY, !on);
    }

    @Nullable
    SocketAddress remoteAddress() {
        return channel.remoteAddress();
    }

    @Nullable
    SocketAddress localAddress() {
        return channel.localAddress();
    }

    long inputBytes() {
        return decoder.heldBytes();
    }

    long outputBytes() {
        ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
        FollowerOutput output = follower;
        MonitorLines lines = monitored;
        Invalidations told = invalidations;
        return replies.bytes()
                + pushes.heldBytes()
                + (told == null ? 0 : told.queuedBytes())
                + (lines == null ? 0 : lines.queuedBytes())
                + (output == null ? 0 : output.queuedBytes())
                + (outbound == null ? 0 : outbound.totalPendingWriteBytes());
    }

    // ---- maxmemory-clients

    /** Tells the registry what the connection takes now. On the event loop. */
    private void account() {
        long now = gone
                ? 0
                : Client.IDLE_BYTES
                        + inputBytes()
                        + state.argumentBytes()
                        + outputBytes()
                        + pushes.bytes()
                        + state.multi().watchBytes();
        long more = now - accounted;
        if (more != 0) {
            accounted = now;
            if (follower == null) {
                endpoint.connections().account(more);
            } else {
                endpoint.connections().accountFollower(more);
            }
        }
    }

    long accountedBytes() {
        return accounted;
    }

    boolean isEvicted() {
        return evicted;
    }

    /** Closes it for want of memory. Any thread. */
    void evict() {
        evicted = true;
        endpoint.stats().clientEvicted();
        LOG.warn("closing client {}: maxmemory-clients is exceeded, it holds {} bytes", state.address(), accounted);
        channel.eventLoop().execute(channel::close);
    }

    boolean isClosing() {
        return closing;
    }

    boolean isGone() {
        return gone;
    }

    /** False within an EXEC whose session commands run, and within a command whose replies will be thrown away. */
    boolean isBetweenReplies() {
        return exec == null && !inBlock && (!draining || state.repliesNow());
    }

    boolean runsExec() {
        return exec != null;
    }

    // ---- reading

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
        endpoint.mode().serves(active.channel().eventLoop());
        endpoint.connections().add(this);
        account();
        active.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactive) {
        gone = true;
        endpoint.connections().remove(this);
        endpoint.mode().forget(this);
        pushes.close();
        endMonitor();
        state.tracking().close();
        FollowerOutput output = follower;
        if (output != null) {
            output.closed();
        }
        if (waiting) {
            waiting = false;
            endpoint.connections().waits(false);
        }
        BlockedCall call = blocked;
        if (call != null) {
            forget(call);
        }
        decoder.release();
        state.multi().discard();
        ExecRun running = exec;
        if (running != null && pendingCount() == 0) {
            running.release();
            exec = null;
        }
        replies.release();
        account();
        inactive.fireChannelInactive();
    }

    @Override
    public void channelRead(ChannelHandlerContext reading, Object message) {
        if (!(message instanceof ByteBuf bytes) || closing || gone) {
            ReferenceCountUtil.release(message);
            return;
        }
        dispatcher.stats().input(bytes.readableBytes());
        FollowerOutput output = follower;
        if (output != null) {
            // Even an empty line, while it loads what it got. Redis: processInlineBuffer.
            output.heard(System.currentTimeMillis());
        }
        decoder.feed(bytes);
        drain();
        if (decoder.heldBytes() > endpoint.limits().maxQueryBytes) {
            endpoint.stats().queryLimitReached();
            LOG.warn("closing client {}: query buffer limit reached", state.address());
            channel.close();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext reading) {
        if (!gone) {
            endOfTurn();
        }
    }

    /** Runs what is decoded and can run. */
    private void drain() {
        if (draining || gone) {
            return;
        }
        pushes.receive();
        writeInvalidations();
        draining = true;
        try {
            dispatcher.beginTurn();
            drained = false;
            while (ready()) {
                if (!held) {
                    RequestDecoder.Result result = decoder.next(!state.authenticated());
                    if (result == RequestDecoder.Result.MORE) {
                        drained = true;
                        break;
                    }
                    if (result == RequestDecoder.Result.ERROR) {
                        protocolError = decoder.error();
                        break;
                    }
                }
                held = !dispatcher.dispatch(this, state, decoder.args());
                if (held) {
                    break;
                }
                if (replies.bytes() > FLUSH_BYTES) {
                    flush();
                }
            }
            if (!gone) {
                answerProtocolError();
                decoder.settle();
            }
        } finally {
            draining = false;
        }
        listen();
    }

    private boolean ready() {
        return !closing
                && !gone
                && !waiting
                && first == null
                && blocked == null
                && protocolError == null
                && exec == null
                && (isFollower() || !outputFull()) // What a follower says is no cause of what it is sent.
                && pendingCount() < window;
    }

    private boolean outputFull() {
        if (replies.bytes() < OUTPUT_LOW_BYTES && channel.isWritable()) {
            return false;
        }
        if (outputBytes() <= OUTPUT_HIGH_BYTES) {
            return false;
        }
        flush();
        return outputBytes() > OUTPUT_HIGH_BYTES;
    }

    private void answerProtocolError() {
        String text = protocolError;
        if (text == null || closing || pendingCount() > 0) {
            return;
        }
        LOG.info("closing client {}: {}", state.address(), text);
        replies.error(text.startsWith("OOM ") ? text : "ERR " + text);
        closeAfterReply();
    }

    /** Reads from the socket exactly while requests can run. */
    private void listen() {
        if (gone || closing || inputEnded) {
            return;
        }
        boolean reads = blocked != null ? decoder.heldBytes() < BLOCKED_INPUT_BYTES : !held && ready();
        if (channel.config().isAutoRead() != reads) {
            channel.config().setAutoRead(reads);
        }
    }

    private void endOfTurn() {
        endpoint.mode().endOfTurn(this);
        flush();
        account();
    }

    /** Goes on after something it waited for; on the event loop. */
    private void goOn() {
        if (gone) {
            return;
        }
        drain();
        endOfTurn();
        listen();
    }

    /** Goes on with a request that was held back; any thread. */
    void wake() {
        channel.eventLoop().execute(this::goOn);
    }

    /** Offers the held request again at a time, milliseconds from now. */
    void wakeAfter(long millis) {
        channel.eventLoop().schedule(this::goOn, Math.min(millis, MAX_WAKE_MILLIS), TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext changed) {
        if (channel.isWritable() && !draining) {
            goOn();
        } else if (!gone) {
            account();
        }
        changed.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext triggered, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            // The client said all it will say; it still gets the replies to it.
            inputEnded = true;
            if (blocked != null) {
                channel.close();
            } else if (protocolError != null && replies.bytes() == 0) {
                channel.close();
            } else {
                goOn();
            }
            return;
        }
        triggered.fireUserEventTriggered(event);
    }

    // ---- sending

    void flush() {
        ChannelHandlerContext out = context;
        if (gone || out == null) {
            return;
        }
        if (exec == null) {
            pushes.release();
            writeInvalidations();
            MonitorLines lines = monitored;
            if (lines != null) {
                lines.write();
            }
        }
        if (awaitingDurable) {
            flushAgain = true;
            return;
        }
        if (inputEnded && drained && !waiting && blocked == null && exec == null && pendingCount() == 0) {
            closing = true;
        }
        if (replies.write(out) == 0 && !closing) {
            return;
        }
        awaitingDurable = true;
        endpoint.mode().whenDurable(this, () -> durable(out));
    }

    private void durable(ChannelHandlerContext out) {
        awaitingDurable = false;
        if (gone) {
            return;
        }
        out.flush();
        if (flushAgain) {
            flushAgain = false;
            flush();
        } else if (closing && replies.bytes() == 0 && pendingCount() == 0) {
            out.writeAndFlush(Unpooled.EMPTY_BUFFER)
                    .addListener(sent -> LingeringClose.close(channel, protocolError != null && !inputEnded));
            return;
        }
        checkOutputLimit(0);
        account();
        if (!draining && !ready()) {
            return;
        }
        if (!draining && !channel.config().isAutoRead()) {
            goOn();
        }
    }

    void closeAfterReply() {
        closing = true;
    }

    /** Closes from any thread; a reply that its own command just wrote is still sent. */
    void kill() {
        EventLoop loop = channel.eventLoop();
        if (loop.inEventLoop() && draining) {
            closing = true;
        } else {
            loop.execute(channel::close);
        }
    }

    /** Closes it if what it listens to is so; completes when that has been looked at. Any thread. */
    CompletableFuture<Void> closeIf(Predicate<Subscriptions> listens) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        EventLoop loop = channel.eventLoop();
        Runnable look = () -> {
            if (!gone && listens.test(pushes)) {
                pushes.close();
                channel.close();
            }
            loop.execute(() -> done.complete(null)); // Behind what closing has left for later.
        };
        try {
            loop.execute(look);
        } catch (RejectedExecutionException e) {
            done.complete(null); // The loop has ended, and with it the connection.
        }
        return done;
    }

    /** From the node's cron: idle timeout and output limits. */
    void tend(long nowMillis, int idleTimeoutSeconds) {
        boolean idle = idleTimeoutSeconds > 0
                && nowMillis - state.lastCommandMillis > idleTimeoutSeconds * 1000L
                && !waiting
                && blocked == null
                && pendingCount() == 0
                && !pushes.any()
                && !isMonitor()
                && !isFollower();
        if (idle || outputClock.running() || !channel.isWritable() || accounted != Client.IDLE_BYTES) {
            channel.eventLoop().execute(() -> {
                if (idle) {
                    LOG.debug("closing idle client {}", state.address());
                    channel.close();
                } else {
                    checkOutputLimit(nowMillis);
                    account();
                }
            });
        }
    }

    private void checkOutputLimit(long nowMillis) {
        OutputLimit limit = endpoint.outputBounds().of(isFollower(), pushes.any() || isMonitor());
        long bytes = gone ? 0 : outputBytes();
        if (gone || !outputClock.matters(limit, bytes)) {
            return;
        }
        long now = nowMillis == 0 ? endpoint.server().micros() / 1000 : nowMillis;
        if (outputClock.over(limit, bytes, now)) {
            overOutputLimit();
        }
    }

    /** After a message was written that nobody asked for. */
    void checkPushedLimit() {
        checkOutputLimit(0);
        account();
    }

    /** Closes a client that does not read what it gets. */
    void overOutputLimit() {
        if (!gone) {
            endpoint.stats().outputLimitReached();
            LOG.warn("closing client {}: output buffer limit reached with {} bytes", state.address(), outputBytes());
            gone = true;
            channel.close();
        }
    }

    // ---- replies that come later

    /** A command runs that may turn out to wait: nothing after it runs before that is known. */
    void beginFirst(BlockedCall.First run) {
        first = run;
    }

    /** It is known: true if it waits. Its own reply does not count then. */
    boolean endFirst() {
        first = null;
        BlockedCall call = blocked;
        if (call == null) {
            return false;
        }
        if (gone) {
            forget(call);
        } else if (inputEnded) {
            channel.close();
        } else {
            endpoint.connections().waits(true);
            call.enter();
            listen();
        }
        return true;
    }

    /** Under the locks of the command's keys, by the thread that runs it. */
    @Override
    public void waits(Call run) {
        BlockedCall.First of = first;
        Waiting what = run.waiting();
        if (of != null && what != null && !gone) {
            BlockedCall call = new BlockedCall(this, endpoint, of, run.args, what);
            blocked = call;
            endpoint.blocked().add(call);
        }
    }

    private void forget(BlockedCall call) {
        blocked = null;
        if (call.hasEntered()) {
            endpoint.connections().waits(false);
        }
        call.forget();
    }

    /** A blocking command that waited is answered. */
    void endBlocked(BlockedCall call) {
        if (blocked != call || gone) {
            call.drop();
            return;
        }
        blocked = null;
        endpoint.connections().waits(false);
        dispatcher.stats().executed(call.first().id(), call.nanos(), call.failed());
        if (call.closes()) {
            closeAfterReply();
        }
        if (call.answer(replies)) {
            goOn();
        } else {
            lostReply();
        }
    }

    /** CLIENT UNBLOCK; any thread. */
    boolean unblock(boolean withError) {
        BlockedCall call = blocked;
        if (call != null) {
            return call.unblock(withError);
        }
        java.util.function.Consumer<Boolean> end = unblocks.getAndSet(null);
        if (end != null) {
            end.accept(withError);
        }
        return end != null;
    }

    boolean isBlocked() {
        return blocked != null || unblocks.get() != null;
    }

    /** The session command that waits may be ended by CLIENT UNBLOCK. */
    void unblocks(java.util.function.Consumer<Boolean> end) {
        unblocks.set(end);
    }

    /** A session command took its reply into its own hands. */
    void beginWaiting() {
        waiting = true;
        endpoint.connections().waits(true);
    }

    /** The reply is there; on the event loop. */
    void endWaiting(java.util.function.Consumer<Reply> reply) {
        if (gone || !waiting) {
            return;
        }
        waiting = false;
        unblocks.set(null);
        endpoint.connections().waits(false);
        reply.accept(replies);
        if (exec != null) {
            continueExec(exec);
        }
        goOn();
    }

    private PendingCalls pendingCalls() {
        PendingCalls calls = pending;
        if (calls == null) {
            calls = new PendingCalls();
            pending = calls;
        }
        return calls;
    }

    private int pendingCount() {
        PendingCalls calls = pending;
        return calls == null ? 0 : calls.count();
    }

    /** The mode accepted a call. */
    void accepted(int command, long nanos) {
        callsTaken++;
        pendingCalls().add(command, nanos, state.repliesNow() ? null : PendingCalls.DISCARD);
    }

    // ---- EXEC

    /** Why a queued command may not run, since the rights of the user changed, or null. */
    @Nullable
    String refusalAtExec(QueuedCall queued) {
        return dispatcher.refusalAtExec(state, queued);
    }

    /** Runs a block; {@code calls} are all queued calls, session commands among them, and now ours to release. */
    void execute(Block block, List<QueuedCall> calls) {
        ExecRun run = new ExecRun(calls);
        long mark = replies.bytes();
        Mode.Outcome outcome;
        inBlock = true;
        try {
            outcome = endpoint.mode().executeBlock(this, block);
        } catch (StripeBusyException e) {
            run.release();
            throw e;
        } finally {
            inBlock = false;
        }
        switch (outcome) {
            case DONE -> {
                if (run.mixed()) {
                    exec = run;
                    beginExec(run, replies.cut(mark));
                } else {
                    run.release();
                }
            }
            case PENDING -> {
                if (run.mixed()) {
                    exec = run;
                }
                callsTaken++;
                pendingCalls().add(-1, System.nanoTime(), run);
            }
            case WAIT -> throw new IllegalStateException("a block is submitted only when nothing is pending");
        }
    }

    private void beginExec(ExecRun run, byte[] encoded) {
        if (run.begin(encoded)) {
            replies.array(run.calls.size());
            continueExec(run);
        } else {
            replies.raw(encoded, 0, encoded.length);
            exec = null;
            run.release();
        }
    }

    private void continueExec(ExecRun run) {
        while (!waiting) {
            QueuedCall next = run.advance(replies);
            if (next == null) {
                exec = null;
                run.release();
                return;
            }
            String refusal = next.refusal();
            if (refusal != null) {
                replies.error(refusal);
                continue;
            }
            if (run.answer(replies)) {
                continue;
            }
            List<QueuedCall> together = run.group();
            if (together.size() > 1) {
                dispatcher.runTogether(this, state, together, run);
            } else {
                dispatcher.runQueued(this, state, next);
            }
        }
    }

    // ---- Origin

    @Override
    public EventLoop eventLoop() {
        return channel.eventLoop();
    }

    @Override
    public Reply reply() {
        return replies;
    }

    @Override
    public long replyMark() {
        return replies.bytes();
    }

    @Override
    public int replyErrors() {
        return replies.errors();
    }

    @Override
    public void rewindReply(long mark) {
        replies.truncate(mark);
    }

    @Override
    public boolean resp3() {
        return replies.resp3();
    }

    @Override
    public int database() {
        return state.database();
    }

    @Override
    public boolean readonly() {
        return state.readonly();
    }

    @Override
    public User user() {
        return state.account();
    }

    @Override
    public boolean noTouch() {
        return state.isNoTouch();
    }

    @Override
    public boolean asking() {
        return state.isAsking();
    }

    @Override
    public void wrote(long position) {
        state.wrote(position);
    }

    @Override
    public void shows(Command command, Args args, int database) {
        MonitorList monitors = endpoint.connections().monitors();
        if (monitors.any()) {
            monitors.show(server(), command, args, database, state.address());
        }
    }

    @Override
    public int pending() {
        return pendingCount();
    }

    @Override
    public byte phase() {
        return phase;
    }

    @Override
    public void phase(byte value) {
        phase = value;
    }

    @Override
    public void complete(ReplyBuffer encoded, long from, long to) {
        PendingCalls calls = pendingCalls();
        Object attached = calls.attached();
        if (calls.command() >= 0 && blocked == null) {
            boolean failed = encoded.byteAt(from) == '-';
            dispatcher.stats().executed(calls.command(), System.nanoTime() - calls.startNanos(), failed);
        }
        calls.removeOldest();
        if (first != null && endFirst()) {
            return;
        }
        if (attached instanceof ExecRun run) {
            if (gone) {
                exec = null;
                run.release();
                return;
            }
            if (run.mixed()) {
                beginExec(run, encoded.bytes(from, to));
                return;
            }
            run.release();
        }
        resizeWindow(to - from);
        if (!gone && attached != PendingCalls.DISCARD) {
            try {
                encoded.copyTo(replies, from, to);
            } catch (OutOfMemoryError e) {
                lostReply();
            }
        }
    }

    /** As many calls may be pending as fill the output with replies like the last; the window opens slowly. */
    private void resizeWindow(long replyBytes) {
        if (replyBytes * window > OUTPUT_HIGH_BYTES) {
            window = (int) Math.max(1, OUTPUT_HIGH_BYTES / replyBytes);
        } else if (window < MAX_PENDING) {
            window++;
        }
    }

    /** The order of replies is lost with one of them, so the client may see no other. */
    @Override
    public void abort() {
        Object attached = pendingCalls().attached();
        pendingCalls().removeOldest();
        first = null;
        BlockedCall call = blocked;
        if (call != null) {
            forget(call);
        }
        if (attached instanceof ExecRun run) {
            exec = null;
            run.release();
        }
        lostReply();
    }

    void lostReply() {
        if (!gone) {
            LOG.error("closing client {}: no memory for the reply to a call of it", state.address());
            gone = true;
            channel.close();
        }
    }

    @Override
    public void resume() {
        goOn();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext failed, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("client {}: {}", state.address(), cause.toString());
        } else {
            LOG.error("client {} closed after an error", state.address(), cause);
        }
        failed.close();
    }
}
