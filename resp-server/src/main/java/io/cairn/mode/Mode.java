package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.MovingKeys;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * How a data command of a connection takes effect: at once (standalone) or through a shard's log (raft). Called on the
 * connection's event loop only.
 *
 * <p>Replies reach the client in the order of the commands. A connection calls {@link #execute} for each data command
 * in turn and {@link #endOfTurn} once after it has decoded everything that one read brought.
 */
public interface Mode extends AutoCloseable {
    /** What became of a call. */
    enum Outcome {
        /** The reply is written to the connection's output. */
        DONE,
        /** Accepted; {@link Origin#complete} follows. The arguments were copied. */
        PENDING,
        /** Nothing happened: earlier calls of this connection must complete first, then the same call is made again. */
        WAIT
    }

    /** A connection begins on this event loop. On it. */
    void serves(EventLoop loop);

    /** Runs or submits one data command. */
    Outcome execute(Origin origin, Command command, Args args);

    /** Runs or submits a MULTI block: the queued commands, with the versions its connection watches. */
    Outcome executeBlock(Origin origin, Block block);

    /**
     * What Redis checks before it queues a command in MULTI: disk, redirects. Also asked for session commands
     * that name keys (WATCH).
     *
     * @return the error line that refuses the command, or null
     */
    default @Nullable String refusal(Origin origin, Command command, Args args) {
        return null;
    }

    /** Before a command is queued in MULTI, which takes memory whatever it is: false when there is none left. Redis: processCommand. */
    default boolean makeRoom(Origin origin) {
        return true;
    }

    /**
     * Whether a call that is part of a MULTI block, or a session command that names keys, has to wait: for clients that are being served from those keys,
     * or, if it may write, for a MIGRATE that holds them. The connection is resumed then. {@link #execute} looks for itself.
     */
    default boolean holds(Origin origin, Command command, Args args) {
        return false;
    }

    /** The connection has decoded all it has for now: submit what was gathered. */
    void endOfTurn(Origin origin);

    /** Bytes of the reply buffer up to here may be sent only when {@code run} was called: now if all is durable. */
    void whenDurable(Origin origin, Runnable run);

    /** Keys on their way to another server. */
    MovingKeys movingKeys();

    /** The connection is gone: nothing more is completed to it. On its event loop. */
    default void forget(Origin origin) {}

    @Override
    void close();
}
