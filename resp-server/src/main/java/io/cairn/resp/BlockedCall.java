package io.cairn.resp;

import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Command;
import io.cairn.command.Reply;
import io.cairn.mode.BlockedKeys;
import io.cairn.mode.Mode;
import io.cairn.mode.Origin;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call of a blocking command, from its arrival to its reply. It runs through the mode like any other; when it found
 * nothing, it stands in the lines of its keys and runs again when something happened to one of them, until it gets
 * something, its time is over, or the client is unblocked or gone. In raft mode each run is a call of its own, with a
 * record of its own if the command writes.
 *
 * <p>Runs on its connection's event loop in raft mode; in standalone mode on the thread that made a key ready, before
 * that goes on. Its state is guarded by itself.
 */
final class BlockedCall implements Origin, BlockedKeys.Waiter {
    private static final Logger LOG = LoggerFactory.getLogger(BlockedCall.class);
    private static final byte[] BY_COMMAND =
            "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n".getBytes(StandardCharsets.US_ASCII);
    /** A key that holds something else now: as if it were absent. Redis: serveClientsBlockedOnKeyByModule and others. */
    private static final byte[] WRONG_TYPE = "-WRONGTYPE ".getBytes(StandardCharsets.US_ASCII);

    private enum State {
        RUNNING,
        WAITING,
        DONE
    }

    private final Connection connection;
    private final Endpoint endpoint;
    private final int id;
    private QueuedCall call;
    /** What it runs as from the second time on, where that is something else. */
    private @Nullable QueuedCall next;

    private final boolean resp3;
    private final boolean readonly;
    private final boolean asking;
    private final boolean silent;

    private State state = State.RUNNING;
    /** Something happened to a key while it ran. */
    private boolean again;
    /** This run found nothing. */
    private boolean blocked;
    /** Keys that it stands in line for; empty before it found nothing for the first time. */
    private List<byte[]> keys = List.of();

    private long blockMillis;
    /** What the client gets when its time is over: the reply of the first run. */
    private byte[] nothing = new byte[0];
    /** What it gets instead, if this run is in vain. */
    private byte @Nullable [] end;

    private boolean gone;
    /** The mode will say when the call may be made again. */
    private boolean held;

    private @Nullable Runnable tried;
    private @Nullable ReplyBuffer out;
    private @Nullable ScheduledFuture<?> timer;
    private byte phase;
    private long runNanos;

    BlockedCall(Connection connection, Endpoint endpoint, ClientState state, int id, Command command, Args args) {
        this.connection = connection;
        this.endpoint = endpoint;
        this.id = id;
        this.call = new QueuedCall(command, args, state.database());
        this.resp3 = connection.resp3();
        this.readonly = connection.readonly();
        this.asking = connection.asking();
        this.silent = !state.repliesNow();
    }

    /** Runs for the first time; on the event loop. */
    void start() {
        connection.beginBlocked(this);
        run();
    }

    // ---- runs

    private void run() {
        long start = System.nanoTime();
        Mode.Outcome outcome = endpoint.mode().execute(this, call.command, call.args);
        runNanos += System.nanoTime() - start;
        switch (outcome) {
            case DONE -> {
                ReplyBuffer buffer = buffer();
                byte[] reply = buffer.lost() ? null : buffer.bytes(0, buffer.bytes());
                buffer.release();
                out = null;
                ran(reply);
            }
            case PENDING -> {}
            case WAIT -> held = true;
        }
    }

    /** A run is over; {@code reply} is null when it was lost. */
    private void ran(byte @Nullable [] reply) {
        Runnable done;
        boolean once = false;
        QueuedCall other = next;
        if (other != null) {
            next = null;
            call.release();
            call = other;
        }
        synchronized (this) {
            boolean inVain = reply != null && (blocked || (!keys.isEmpty() && startsWith(reply, WRONG_TYPE)));
            if (inVain && nothing.length == 0) {
                nothing = reply;
                once = true;
            }
            blocked = false;
            if (!inVain) {
                end = reply;
                state = State.DONE;
            } else if (end != null || gone) {
                state = State.DONE;
            } else if (again) {
                again = false;
            } else {
                state = State.WAITING;
            }
            done = state == State.RUNNING ? null : tried;
            if (done != null) {
                tried = null;
            }
        }
        if (once && blockMillis > 0) {
            timer = eventLoop().schedule(() -> endWith(nothing), blockMillis, TimeUnit.MILLISECONDS);
        }
        switch (state()) {
            case RUNNING -> runAgain();
            case DONE -> answer(reply == null);
            case WAITING -> {}
        }
        if (done != null) {
            done.run();
        }
    }

    private synchronized State state() {
        return state;
    }

    private static boolean startsWith(byte[] reply, byte[] text) {
        return reply.length > text.length && java.util.Arrays.equals(reply, 0, text.length, text, 0, text.length);
    }

    private void runAgain() {
        if (endpoint.blocked().serveAtOnce()) {
            try {
                eventLoop().execute(this::run);
            } catch (RejectedExecutionException e) {
                LOG.debug("the node stops, its clients wait no longer", e);
            }
        } else {
            run();
        }
    }

    @Override
    public boolean tryAgain(Runnable whenTried) {
        synchronized (this) {
            if (state != State.WAITING) {
                again = state == State.RUNNING;
                return false;
            }
            state = State.RUNNING;
            tried = whenTried;
        }
        runAgain();
        return true;
    }

    // ---- its end

    @Override
    public void unblock(String error) {
        endWith(("-" + error + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    /** CLIENT UNBLOCK; false when it is answered already. */
    boolean unblock(boolean withError) {
        return endWith(withError ? BY_COMMAND : nothing);
    }

    private boolean endWith(byte[] reply) {
        synchronized (this) {
            if (state == State.DONE || (state == State.RUNNING && keys.isEmpty())) {
                return false;
            }
            if (state == State.RUNNING) {
                end = reply;
                return true;
            }
            end = reply;
            state = State.DONE;
        }
        answer(false);
        return true;
    }

    /** The connection is gone; on its event loop. */
    void forget() {
        synchronized (this) {
            gone = true;
            if (state != State.WAITING) {
                return;
            }
            state = State.DONE;
        }
        leave();
    }

    private void leave() {
        endpoint.blocked().remove(this, call.database, keys);
        ScheduledFuture<?> running = timer;
        if (running != null) {
            running.cancel(false);
        }
        eventLoop().execute(call::release);
    }

    private void answer(boolean lost) {
        leave();
        byte[] reply = end;
        eventLoop().execute(() -> connection.endBlocked(this, lost ? null : reply, id, runNanos));
    }

    boolean isSilent() {
        return silent;
    }

    // ---- Waiter

    @Override
    public boolean writes() {
        return call.command.is(io.cairn.command.Flag.WRITE);
    }

    @Override
    public boolean awaitsRemoval() {
        return call.command.name().equals("xreadgroup");
    }

    // ---- Origin

    @Override
    public void wouldBlock(Call context) {
        synchronized (this) {
            blocked = true;
            if (!keys.isEmpty()) {
                return;
            }
            keys = context.awaitedKeys();
            blockMillis = context.blockMillis();
            next = context.replaced().isEmpty() ? null : call.with(context.replaced());
        }
        endpoint.blocked().add(this, call.database, keys);
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
    public boolean asking() {
        return asking;
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
        ran(replies.bytes(from, to));
    }

    @Override
    public void abort() {
        ran(null);
    }

    @Override
    public void resume() {
        if (held) {
            held = false;
            run();
        }
    }
}
