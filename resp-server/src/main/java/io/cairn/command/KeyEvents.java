package io.cairn.command;

/**
 * Told of what happens to keys, in the words of Redis's keyspace notifications (notifyKeyspaceEvent), whether anybody has asked for them
 * or not: for notifications, and for clients that wait for a key. Called by the thread that runs the handler, under the
 * key's stripe lock, in the order of the changes: it must be quick, must not look at the keyspace and must not throw.
 */
@FunctionalInterface
public interface KeyEvents {
    /** Nobody listens. */
    KeyEvents NONE = (database, type, event, key, keyLength) -> {};

    /**
     * @param type Redis's class of the event, one letter: g generic, $ string, l list, s set, h hash, z sorted set, x expired, e evicted, t
     *     stream, m miss, n new
     * @param event as "lpush"
     */
    void event(int database, char type, String event, long key, int keyLength);

    /** All keys were deleted or exchanged at once (FLUSHALL, SWAPDB, a loaded snapshot): no key is told by itself. */
    default void everything() {}
}
