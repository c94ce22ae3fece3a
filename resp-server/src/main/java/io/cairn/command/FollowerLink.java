package io.cairn.command;

/** A connection that gets a stream of bytes: a follower of the node's changes. Any thread. */
public interface FollowerLink {
    /** Takes bytes behind all before; they are sent soon. Closes a follower that does not keep up. */
    void send(byte[] bytes);

    /** Bytes taken and not yet handed to the kernel. */
    long unsentBytes();

    /** Bytes taken that the connection's thread has not looked at yet; cheap. */
    long queuedBytes();

    boolean isOpen();

    /** The last position that it acknowledged, 0 before. */
    long acknowledged();

    /** The last position that it said it has on disk (FACK of Redis 7.2), 0 before. */
    long durable();

    /** When it acknowledged last, or joined; milliseconds of the Unix epoch. */
    long lastHeardMillis();

    /** As heard now: it cannot have answered while it was given all data. */
    void heard(long nowMillis);

    /** Its address, or the one that it announces. */
    String host();

    /** The port that it says it serves clients on; 0 when it said none. */
    int port();

    /** Lets the kernel gather what is sent into larger packets, or not. Redis: repl-disable-tcp-nodelay. */
    void gathers(boolean on);

    /** Closes the connection. */
    void close();

    /** Runs {@code action} when the connection is gone; at once if it is. */
    void onClose(Runnable action);

    /** Runs {@code action} at each acknowledgement, on the connection's event loop. */
    void onAcknowledge(Runnable action);
}
