package io.cairn.resp;

import io.cairn.acl.User;
import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Client;
import io.cairn.command.Command;
import io.cairn.command.Reply;
import io.cairn.command.Waiting;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.StripeBusyException;
import io.cairn.keyspace.ValueType;
import io.cairn.mode.BlockedKeys;
import io.cairn.mode.Mode;
import io.cairn.mode.Refusal;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call of a blocking command that found nothing, until it is answered: because an attempt got something, its time is over, the client is unblocked, or gone.
 * An attempt that is under way decides first; what happened meanwhile counts if it comes to nothing.
 *
 * <p>Attempts run on the thread that made the key ready (standalone) or through the log. What it is guarded by is itself.
 */
final class BlockedCall implements BlockedKeys.Waiter {
    /** As good as for ever, and what Netty's clock can count. */
    private static final long MAX_MILLIS = TimeUnit.DAYS.toMillis(50_000);
    /** A script or the loading of a snapshot keeps the node busy: the attempt is made again after this. */
    private static final long BUSY_MILLIS = 20;

    private static final String BY_COMMAND = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
    private static final byte[] BUSY = "-BUSY ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LOADING = "-LOADING ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NIL = "*-1\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NULL = "_\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final Logger LOG = LoggerFactory.getLogger(BlockedCall.class);

    private enum State {
        WAITING,
        /** An attempt is under way. */
        TRYING,
        OVER
    }

    /**
     * A call that may turn out to wait.
     *
     * @param id of its command in the table
     * @param silent its reply is dropped (CLIENT REPLY)
     */
    record First(int id, Command command, boolean silent) {}

    private final Connection connection;
    private final Endpoint endpoint;
    private final First first;
    private final QueuedCall call;
    private final Waiting waiting;
    private final List<byte[]> keys;
    private final byte @Nullable [] group;
    private final boolean resp3;
    private final boolean readonly;
    private final boolean noTouch;
    private long order;

    private State state = State.WAITING;
    /** Arguments of the attempt under way, those that are texts in memory of their own. */
    private final Args args = new Args();

    private @Nullable NativeBlock texts;
    private @Nullable ReplyBuffer out;
    private byte[] key = {};
    /** Keys that became ready while it tried another, guarded by this. */
    private final Set<byte[]> missed = new LinkedHashSet<>(0);
    /** What the attempt says of waiting. */
    private boolean waitsOn;

    private @Nullable String ending;
    private @Nullable Runnable tried;
    /** The mode will say when the attempt may be made. */
    private boolean held;

    private byte phase;
    private long attemptNanos;
    /** What the client gets instead of an attempt's reply. */
    private byte @Nullable [] end;
    /** The attempt's reply is the client's. */
    private boolean served;
    /** There is no memory for the reply. */
    private boolean lost;

    private boolean closes;
    private boolean gone;

    // On the event loop.
    private boolean entered;
    private boolean answered;
    private @Nullable ScheduledFuture<?> timer;

    /** {@code source}: arguments of the first call. By the thread that ran it, under the locks of its keys. */
    BlockedCall(Connection connection, Endpoint endpoint, First first, Args source, Waiting waiting) {
        this.connection = connection;
        this.endpoint = endpoint;
        this.first = first;
        this.waiting = waiting;
        this.call = new QueuedCall(first.command(), source, connection.database());
        this.keys = new ArrayList<>(waiting.keys());
        for (int i = 0; i < waiting.keys(); i++) {
            keys.add(source.bytes(waiting.firstKey() + i));
        }
        this.group = waiting.group() == 0 ? null : source.bytes(waiting.group());
        this.resp3 = connection.resp3();
        this.readonly = connection.readonly();
        this.noTouch = connection.noTouch();
    }

    First first() {
        return first;
    }

    // ---- on the event loop

    /** The first call is over, as the connection knows now. */
    void enter() {
        entered = true;
        if (answered) {
            connection.endBlocked(this);
        } else if (waiting.millis() > 0) {
            timer = eventLoop()
                    .schedule(
                            () -> endWith(nothing(), false),
                            Math.min(waiting.millis(), MAX_MILLIS),
                            TimeUnit.MILLISECONDS);
        }
    }

    boolean hasEntered() {
        return entered;
    }

    /** The connection is gone. */
    void forget() {
        synchronized (this) {
            gone = true;
            if (state != State.WAITING) {
                return;
            }
            state = State.OVER;
        }
        leave();
    }

    /** Writes the reply; false when it is lost. */
    boolean answer(ReplyBuffer to) {
        ReplyBuffer buffer = out;
        byte[] instead = end;
        try {
            if (lost) {
                return false;
            }
            if (first.silent()) {
                return true;
            }
            if (served && buffer != null) {
                buffer.copyTo(to, 0, buffer.bytes());
            } else if (instead != null) {
                to.raw(instead, 0, instead.length);
            }
            return true;
        } catch (OutOfMemoryError e) {
            return false;
        } finally {
            if (buffer != null) {
                buffer.release();
                out = null;
            }
        }
    }

    /** The reply is for nobody. */
    void drop() {
        ReplyBuffer buffer = out;
        if (buffer != null) {
            out = null;
            buffer.release();
        }
    }

    /** Whether the reply is an error. */
    boolean failed() {
        ReplyBuffer buffer = out;
        byte[] instead = end;
        if (served) {
            return buffer != null && buffer.bytes() > 0 && buffer.byteAt(0) == '-';
        }
        return instead == null || (instead.length > 0 && instead[0] == '-');
    }

    /** The connection is closed behind the reply. */
    boolean closes() {
        return closes;
    }

    /** How long attempts took. */
    long nanos() {
        return attemptNanos;
    }

    private void answered() {
        answered = true;
        ScheduledFuture<?> running = timer;
        if (running != null) {
            running.cancel(false);
        }
        if (entered) {
            connection.endBlocked(this);
        }
    }

    // ---- attempts

    @Override
    public boolean begin(byte[] of) {
        synchronized (this) {
            if (state == State.TRYING) {
                missed.add(of);
            }
            if (state != State.WAITING || connection.isGone()) {
                return false;
            }
            state = State.TRYING;
            waitsOn = false;
            lost = false;
            ending = null;
            key = of;
        }
        int n = 0;
        while (!Arrays.equals(keys.get(n), of)) {
            n++;
        }
        boolean made = false;
        try {
            arguments(waiting.again(n));
            made = true;
        } finally {
            if (!made) {
                giveUp();
            }
        }
        return true;
    }

    private void arguments(List<Waiting.Argument> again) {
        int length = 0;
        for (Waiting.Argument argument : again) {
            byte[] text = argument.text();
            length += text == null ? 0 : text.length;
        }
        NativeBlock memory = NativeBlock.allocate(length);
        texts = memory;
        long at = memory.address();
        args.clear();
        for (Waiting.Argument argument : again) {
            byte[] text = argument.text();
            if (text != null) {
                Memory.copy(text, 0, at, text.length);
                args.add(at, text.length);
                at += text.length;
            } else {
                add(argument.index());
            }
        }
    }

    private void add(int i) {
        NativeBlock block = call.args.block(i);
        if (block == null) {
            args.add(call.args.address(i), call.args.length(i));
        } else {
            args.add(block, call.args.length(i));
        }
    }

    @Override
    public void beginsWriting() {
        connection.beginsWriting();
    }

    @Override
    public void endsWriting() {
        connection.endsWriting();
    }

    @Override
    public Args args() {
        return args;
    }

    @Override
    public void runAlone(Runnable whenTried) {
        tried = whenTried;
        run();
    }

    private void run() {
        long start = System.nanoTime();
        Mode.Outcome outcome;
        try {
            outcome = endpoint.mode().execute(this, call.command, args);
        } catch (StripeBusyException e) {
            tried = null;
            giveUp();
            throw e;
        } catch (OutOfMemoryError e) {
            LOG.error("running {}", call.command.name(), e);
            failed(Refusal.OUT_OF_MEMORY, false);
            return;
        } catch (RuntimeException | StackOverflowError e) {
            LOG.error("running {}", call.command.name(), e);
            endpoint.failure().fatal("running " + call.command.name(), e);
            failed("ERR internal error", false);
            return;
        }
        attemptNanos += System.nanoTime() - start;
        switch (outcome) {
            case DONE -> over();
            case PENDING -> {}
            case WAIT -> held = true;
        }
    }

    /** The attempt is over, its reply in the buffer. */
    private void over() {
        ReplyBuffer buffer = out;
        boolean busy = buffer != null && !buffer.lost() && (startsWith(buffer, BUSY) || startsWith(buffer, LOADING));
        synchronized (this) {
            if (buffer != null && buffer.lost()) {
                lost = true;
                state = State.OVER;
            } else if (waitsOn || busy) {
                state = end != null || gone ? State.OVER : State.WAITING;
            } else {
                String error = ending;
                if (error == null) {
                    served = true;
                } else {
                    end = line(error);
                }
                state = State.OVER;
            }
        }
        settle(busy);
    }

    private static boolean startsWith(ReplyBuffer buffer, byte[] text) {
        for (int i = 0; i < text.length; i++) {
            if (buffer.bytes() <= i || buffer.byteAt(i) != text[i]) {
                return false;
            }
        }
        return true;
    }

    private void settle(boolean onceMore) {
        args.clear();
        NativeBlock memory = texts;
        if (memory != null) {
            texts = null;
            memory.release();
        }
        ReplyBuffer buffer = out;
        if (buffer != null && (!served || gone)) {
            buffer.release();
            out = null;
        }
        Runnable done = tried;
        tried = null;
        byte[] name = key;
        boolean over;
        List<byte[]> others;
        synchronized (this) {
            over = state == State.OVER;
            others = over ? List.of() : List.copyOf(missed);
            missed.clear();
        }
        others.forEach(other -> endpoint.blocked().ready(database(), other));
        if (over) {
            leave();
        } else if (onceMore) {
            eventLoop().schedule(() -> endpoint.blocked().ready(database(), name), BUSY_MILLIS, TimeUnit.MILLISECONDS);
        }
        if (done != null) {
            done.run();
        }
    }

    @Override
    public void giveUp() {
        waitsOn = true;
        over();
    }

    @Override
    public void failed(String error, boolean close) {
        ReplyBuffer buffer = out;
        synchronized (this) {
            end = line(error);
            closes = close;
            state = State.OVER;
        }
        if (buffer != null) {
            buffer.release();
            out = null;
        }
        settle(false);
    }

    // ---- its end

    @Override
    public void end(String error, boolean close) {
        endWith(line(error), close);
    }

    /** CLIENT UNBLOCK; false when it is answered already. */
    boolean unblock(boolean withError) {
        return endWith(withError ? line(BY_COMMAND) : nothing(), false);
    }

    private byte[] nothing() {
        return resp3 ? NULL : NIL;
    }

    private static byte[] line(String error) {
        return ("-" + error + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    private boolean endWith(byte[] reply, boolean close) {
        synchronized (this) {
            if (state == State.OVER || end != null) {
                return false;
            }
            end = reply;
            closes = close;
            if (state == State.TRYING) {
                return true;
            }
            state = State.OVER;
        }
        leave();
        return true;
    }

    private void leave() {
        endpoint.blocked().remove(this);
        call.release();
        try {
            eventLoop().execute(this::answered);
        } catch (RejectedExecutionException e) {
            LOG.debug("the node stops, its clients wait no longer", e);
        }
    }

    // ---- Waiter

    @Override
    public ValueType type() {
        return waiting.type();
    }

    @Override
    public byte @Nullable [] group() {
        return group;
    }

    @Override
    public List<byte[]> keys() {
        return keys;
    }

    @Override
    public Command command() {
        return call.command;
    }

    @Override
    public long order() {
        return order;
    }

    @Override
    public void order(long number) {
        order = number;
    }

    // ---- Origin of its attempts

    @Override
    public void waits(Call run) {
        waitsOn = run.waitsOn();
        ending = run.ending();
    }

    private ReplyBuffer buffer() {
        ReplyBuffer buffer = out;
        if (buffer == null) {
            buffer = ReplyBuffer.losable(
                    PooledByteBufAllocator.DEFAULT, endpoint.stats().local());
            buffer.resp3(resp3);
            out = buffer;
        }
        return buffer;
    }

    @Override
    public EventLoop eventLoop() {
        return connection.eventLoop();
    }

    @Override
    public Reply reply() {
        return buffer();
    }

    @Override
    public long replyMark() {
        return buffer().bytes();
    }

    @Override
    public int replyErrors() {
        return buffer().errors();
    }

    @Override
    public void rewindReply(long mark) {
        buffer().truncate(mark);
    }

    @Override
    public boolean resp3() {
        return resp3;
    }

    @Override
    public int database() {
        return call.database;
    }

    @Override
    public boolean readonly() {
        return readonly;
    }

    @Override
    public User user() {
        return connection.user();
    }

    @Override
    public Client client() {
        return connection.client();
    }

    @Override
    public boolean noTouch() {
        return noTouch;
    }

    @Override
    public boolean asking() {
        return false;
    }

    @Override
    public int pending() {
        return 0;
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
    public void complete(ReplyBuffer replies, long from, long to) {
        try {
            replies.copyTo(buffer(), from, to);
        } catch (OutOfMemoryError e) {
            lost = true;
        }
        over();
    }

    @Override
    public void abort() {
        lost = true;
        waitsOn = false;
        over();
    }

    @Override
    public void resume() {
        if (held) {
            held = false;
            run();
        }
    }
}
