package io.cairn.mode;

import io.cairn.acl.User;
import io.cairn.command.Args;
import io.cairn.command.Call;
import io.cairn.command.Client;
import io.cairn.command.Command;
import io.cairn.command.KeyPositions;
import io.cairn.command.Reply;
import io.cairn.resp.ReplyBuffer;
import io.netty.channel.EventLoop;

/** The connection that a call came on, as a {@link Mode} sees it. */
public interface Origin {
    EventLoop eventLoop();

    /** The connection's own output; used by the event loop when a call is done at once. */
    Reply reply();

    /** How much was written to {@link #reply}. */
    long replyMark();

    /** Error replies written to {@link #reply} so far. */
    int replyErrors();

    /** Takes back what was written to {@link #reply} since {@link #replyMark} answered {@code mark}. */
    void rewindReply(long mark);

    boolean resp3();

    int database();

    /** READONLY was sent. */
    boolean readonly();

    /** As whom the connection is logged in. */
    User user();

    /** The connection as CLIENT LIST shows it. */
    Client client();

    /** CLIENT NO-TOUCH: lookups of this connection are no accesses. */
    boolean noTouch();

    /** ASKING was sent just before. */
    boolean asking();

    /**
     * A call of this has run and has something to say of waiting ({@link Call#concernsWaiting}); its reply is complete all the same. Called under the
     * locks of its keys, by the thread that ran the handler; not for calls of a {@link Block}.
     */
    default void waits(Call call) {}

    /** A write of this connection ended there in the stream of changes. */
    default void wrote(long position) {}

    /**
     * A call has run, or is about to where it runs later or on another thread: MONITOR shows it. By the thread that knows that nothing refuses it any
     * more, while the arguments are there.
     */
    default void shows(Command command, Args args, int database) {}

    /** Whether the keys that the present call reads are remembered for the connection (CLIENT TRACKING). On the event loop. */
    default boolean tracks() {
        return false;
    }

    /**
     * A call is about to read these keys: the connection is told of the next change of each. Under the locks of the keys' stripes, or before the call is handed on;
     * why that is enough stands in {@link io.cairn.tracking.Tracking}. Any thread.
     */
    default void remembers(Args args, KeyPositions keys) {}

    /** What this thread changes until {@link #endsWriting} is changed by a call of this. */
    default void beginsWriting() {}

    default void endsWriting() {}

    /** Calls of this connection that are PENDING. */
    int pending();

    /** A note of the mode about this connection's pending calls; the connection only keeps it. */
    byte phase();

    void phase(byte phase);

    /**
     * Completes the oldest pending call with its encoded reply. On the event loop, in order of submission.
     *
     * @param replies holds the reply from {@code from} to {@code to}; not released by this call
     */
    void complete(ReplyBuffer replies, long from, long to);

    /** The oldest pending call will never be completed: the connection is closed. On the event loop. */
    void abort();

    /** After a series of {@link #complete}: send, and go on with commands that wait. On the event loop. */
    void resume();
}
