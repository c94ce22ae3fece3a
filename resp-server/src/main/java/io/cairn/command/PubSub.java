package io.cairn.command;

import io.cairn.command.Subscriptions.Kind;
import java.util.function.Consumer;

/** Publishing on a node, and who listens there. Any thread. */
public interface PubSub {
    /** Bytes that channel and message may have together: a message is on the heap, a few times over, while it is on its way. */
    int MAX_MESSAGE_BYTES = 16 << 20;

    /**
     * PUBLISH and SPUBLISH: pushes a message to the subscribers of this node and sends it on to the other nodes of the cluster, or of the
     * shard. Called on an event loop it writes to the connections of that loop before it returns, so it must be called between two
     * replies, not within one.
     *
     * @param kind CHANNEL (and patterns that match) or SHARD
     * @return subscribers of this node that it was pushed to; one that listens by several names counts as often
     */
    int publish(Kind kind, byte[] channel, byte[] message);

    /**
     * As {@link #publish} at this node alone, from any place: nothing is written before this returns, only queued. For keyspace
     * notifications, and for what a script publishes.
     */
    int announce(Kind kind, byte[] channel, byte[] message);

    /** True when somebody listens to a channel or a pattern. */
    boolean hasListeners();

    /** Subscribers of one name. */
    int subscribers(Kind kind, byte[] name);

    /** Names with subscribers. */
    int names(Kind kind);

    void forEachName(Kind kind, Consumer<byte[]> visitor);
}
