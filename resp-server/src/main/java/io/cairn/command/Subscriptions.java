package io.cairn.command;

import java.util.List;

/** What one connection listens to. Changed on its event loop; counts may be read by any thread, a moment old. */
public interface Subscriptions {
    /** What a name is: patterns share messages with channels, shard channels are a world of their own. */
    enum Kind {
        CHANNEL,
        PATTERN,
        SHARD
    }

    /** Messages published from now on are pushed to the connection; those published before it are there already. */
    void add(Kind kind, byte[] name);

    /** No message is pushed for this name from now on. Nothing happens if there was no subscription. */
    void remove(Kind kind, byte[] name);

    /** The names subscribed to, the oldest first; a copy. */
    List<byte[]> names(Kind kind);

    /** Ends all, silently. */
    void clear();

    int count(Kind kind);

    /** Bytes that the names take, about; on the event loop. */
    default long bytes() {
        return 0;
    }

    /** What the answers to subscribe commands say: shard channels, or channels and patterns together. */
    default int shown(Kind kind) {
        return kind == Kind.SHARD ? count(kind) : count(Kind.CHANNEL) + count(Kind.PATTERN);
    }

    /** True while there is any; a RESP2 connection then takes only a few commands. */
    default boolean any() {
        return count(Kind.CHANNEL) + count(Kind.PATTERN) + count(Kind.SHARD) > 0;
    }

    /** Of a connection that never subscribed. */
    Subscriptions NONE = new Subscriptions() {
        @Override
        public void add(Kind kind, byte[] name) {
            throw new IllegalStateException("not a connection");
        }

        @Override
        public void remove(Kind kind, byte[] name) {}

        @Override
        public List<byte[]> names(Kind kind) {
            return List.of();
        }

        @Override
        public void clear() {}

        @Override
        public int count(Kind kind) {
            return 0;
        }
    };
}
