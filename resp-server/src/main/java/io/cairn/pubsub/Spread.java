package io.cairn.pubsub;

import io.cairn.command.Subscriptions.Kind;

/** The way to the subscribers of other nodes: at most once, best effort. Any thread; never waits. */
@FunctionalInterface
public interface Spread {
    /** There are no other nodes. */
    Spread NONE = (kind, channel, message) -> {};

    /**
     * Sends a message to the nodes that may have subscribers: all of the cluster, or those of this node's shard.
     *
     * @param kind CHANNEL or SHARD
     * @param channel nobody changes it or the message any more
     */
    void send(Kind kind, byte[] channel, byte[] message);
}
