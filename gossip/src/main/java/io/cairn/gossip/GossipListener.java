package io.cairn.gossip;

/**
 * Told of changes among the other members, one at a time and in order, on the thread {@code gossip-events} of the
 * process. Must not block. An exception is logged and goes no further.
 */
public interface GossipListener {
    /** A member was found, or came back, possibly under a new start. */
    default void joined(Peer peer) {}

    /** Its {@link NodeInfo} changed. */
    default void updated(Peer peer) {}

    /** It refused a connection or missed pings: it may be dead. */
    default void suspected(Peer peer) {}

    /** The suspicion was refuted. */
    default void recovered(Peer peer) {}

    /** It left or is believed dead. */
    default void left(Peer peer) {}

    /** Bytes that a node sent by {@link Gossip#send}. Unlike the others on the thread {@code gossip-io}; must not block either. */
    default void message(byte[] message) {}
}
