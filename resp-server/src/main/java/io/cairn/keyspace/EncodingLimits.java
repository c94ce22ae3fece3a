package io.cairn.keyspace;

/**
 * Up to which size a collection is kept in its compact form: Redis's {@code *-max-*} settings. Any thread may read and set them; a value applies to
 * changes from then on. What they decide must never be seen in the data: replicas may have other settings.
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
    /** Set: numbers in an intset. */
    public volatile long setIntegers = 512;
    /** Sorted set: members in a listpack. */
    public volatile long zsetEntries = 128;
    /** Sorted set: bytes of the longest member in a listpack. */
    public volatile long zsetValue = 64;
    /** Stream: bytes of a node, 0 for no limit. */
    public volatile long streamNodeBytes = 4096;
    /** Stream: entries of a node, 0 for no limit. */
    public volatile long streamNodeEntries = 100;
    /** HyperLogLog: bytes of the sparse form. GET shows what it decides, so in raft mode it stays as it is here. */
    public volatile long hllSparseBytes = 3000;
}
