package io.cairn.pubsub;

import io.netty.channel.EventLoop;

/** A connection as pub/sub sees it. All but {@link #eventLoop} is called on its event loop. */
public interface Outlet {
    EventLoop eventLoop();

    /**
     * Takes a message for the client behind what it has been sent already; it goes out with {@link #flushPushed}. Whoever is over its output
     * limit is closed. Must not call back: neither commands may run nor subscriptions change.
     *
     * @param tail all but the first byte, which is {@code >} in RESP3, {@code *} in RESP2
     */
    void push(byte[] tail);

    /** Sends what was pushed. */
    void flushPushed();

    /** Closes the connection: there was no room for a message of it. */
    void overflowed();
}
