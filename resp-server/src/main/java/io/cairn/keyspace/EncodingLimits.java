package io.cairn.keyspace;

/**
 * Up to which size a collection is kept in its compact form: Redis's {@code *-max-*} settings. Any thread may read and set them; a value applies to
 * changes from then on. What they decide must never be seen in the data: replicas may have other settings ({@link DataLimits} are for what is seen).
 */
public final class EncodingLimits {
    /** Hash: fields and values in a listpack. */
    public volatile long hashEntries = 512;
    /** Hash: bytes of the longest field or value in a listpack. */
    public volatile long hashValue = 64;
    /** List: bytes of a node from -1 (4 KB) to -5 (64 KB), or elements of a node if positive. */
    public volatile int listNode = -2;
    /** List: bytes from which on an element has a node of its own, without the frame of a listpack (DEBUG QUICKLIST-PACKED-THRESHOLD). */
    public volatile long listPlain = 1L << 30;
    /** Sorted set: members in a listpack. */
    public volatile long zsetEntries = 128;
    /** Sorted set: bytes of the longest member in a listpack. */
    public volatile long zsetValue = 64;
}
