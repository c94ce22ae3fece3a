package io.cairn.command;

/** A connection that gets a stream of bytes: a follower of the node's changes. Any thread. */
public interface FollowerLink {
    /** Takes bytes behind all before; they are sent soon. Closes a follower that does not keep up. */
    void send(byte[] bytes);

    /** Bytes taken and not yet handed to the kernel. */
    long unsentBytes();

    boolean isOpen();

    /** The last position that it acknowledged, 0 before. */
    long acknowledged();

    /** When it acknowledged last, or joined; milliseconds of the Unix epoch. */
    long lastHeardMillis();

    /** Its address. */
    String host();

    /** The port that it says it serves clients on; 0 when it said none. */
    int port();

    /** Closes the connection. */
    void close();

    /** Runs {@code action} when the connection is gone; at once if it is. */
    void onClose(Runnable action);
}
