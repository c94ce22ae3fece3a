package io.cairn.keyspace.collection;

import io.cairn.keyspace.KeyHash;
import io.cairn.keyspace.Memory;

/**
 * A hash table in native memory: byte strings, each with a few bytes of the user's, and for nothing but this handle on the heap. Redis: dict.c.
 *
 * <p><b>Order.</b> Beside the buckets there is a dense array of the nodes: an insertion appends, a removal moves the last node into the hole. This is the
 * table's logical order ({@link #at}), a function of the history of insertions and removals alone: neither hash values nor addresses show. Copies keep it, and so does
 * whoever inserts the nodes of one table into another one by one. A random node is one at a random place, and a scan goes from the end of the array to its beginning
 * ({@link #scanFrom}).
 *
 * <p><b>Growth.</b> Linear hashing: buckets are added and taken away one at a time, a removal or insertion splits or merges at most two, so nothing is ever
 * rehashed at once and there is never a second table. The hash is keyed by a secret of the process.
 *
 * <p>A node is an address that stays the same until the node is removed (or {@link #resize}d). Not thread-safe. Methods that add throw OutOfMemoryError and then leave
 * the table as it was.
 */
public final class Dict {
    /** Where a node's user bytes are; the key follows them. */
    public static final int USER = 20;
    /** Most nodes of a table. */
    public static final int MAX_SIZE = 1 << 30;

    private static final int HASH = 8;
    private static final int INDEX = 12;
    private static final int KEY_LENGTH = 16;
    private static final int MIN_BUCKETS = 4;
    private static final int SMALLEST_ARRAY = 8;
    /** The handle with its object header, about. */
    private static final int HANDLE_BYTES = 80;

    private static final KeyHash OF_PROCESS = new KeyHash();

    private final KeyHash hashing;
    private final int userBytes;
    private final boolean tails;
    private long nodeBytes;

    private long buckets;
    private int bucketCount;
    private int bucketCapacity;
    /** The lowest bits of a hash that may name a bucket. */
    private int mask;

    private long dense;
    private int denseCapacity;
    private int size;

    private Dict(int userBytes, boolean tails, KeyHash hashing) {
        this.userBytes = userBytes;
        this.tails = tails;
        this.hashing = hashing;
    }

    /** An empty table whose nodes have {@code userBytes} bytes of the user's at {@link #USER}. */
    public static Dict of(int userBytes) {
        return of(userBytes, OF_PROCESS);
    }

    static Dict of(int userBytes, KeyHash hashing) {
        return new Dict(userBytes, false, hashing);
    }

    /** An empty table whose nodes have a tail of bytes behind the key: {@link #tail}, {@link #tailLength}, {@link #resize}. */
    public static Dict withTails() {
        return withTails(OF_PROCESS);
    }

    static Dict withTails(KeyHash hashing) {
        return new Dict(Integer.BYTES, true, hashing);
    }

    public int size() {
        return size;
    }

    /** Bytes in use, those of the handle included. O(1). */
    public long usedBytes() {
        return HANDLE_BYTES + nodeBytes + arrayBytes(bucketCapacity) + arrayBytes(denseCapacity);
    }

    private static long arrayBytes(int capacity) {
        return capacity == 0 ? 0 : Allocation.bytes((long) capacity * Long.BYTES);
    }

    /** The hash of a key, for calls that look up and insert. */
    public int hash(long key, int keyLength) {
        long hash = hashing.of(key, keyLength);
        return (int) (hash ^ (hash >>> 32));
    }

    /** The node of a key, 0 when there is none. */
    public long find(long key, int keyLength) {
        return size == 0 ? 0 : find(key, keyLength, hash(key, keyLength));
    }

    /** As {@link #find(long, int)}, with the key's {@link #hash}. */
    public long find(long key, int keyLength, int hash) {
        if (size == 0) {
            return 0;
        }
        long node = Memory.getLong(bucket(hash));
        while (node != 0
                && (Memory.getInt(node + HASH) != hash
                        || Memory.getInt(node + KEY_LENGTH) != keyLength
                        || !Memory.same(node + USER + userBytes, key, keyLength))) {
            node = Memory.getLong(node);
        }
        return node;
    }

    /** Adds a key that is not there, at the end of the order; its node, whose user bytes are not set. */
    public long insert(long key, int keyLength) {
        return insert(key, keyLength, hash(key, keyLength), 0);
    }

    /**
     * As {@link #insert(long, int)}, with the key's {@link #hash}.
     *
     * @param tail bytes of the tail, 0 in a table without
     */
    public long insert(long key, int keyLength, int hash, int tail) {
        reserve(size + 1);
        long bytes = nodeBytes(keyLength, tail);
        long node = Memory.allocate(bytes);
        Memory.putInt(node + HASH, hash);
        Memory.putInt(node + KEY_LENGTH, keyLength);
        if (tails) {
            Memory.putInt(node + USER, tail);
        }
        Memory.copy(key, node + USER + userBytes, keyLength);
        nodeBytes += Allocation.bytes(bytes);
        append(node, hash);
        return node;
    }

    private long nodeBytes(int keyLength, int tail) {
        return (long) USER + userBytes + keyLength + tail;
    }

    private long nodeBytes(long node) {
        return nodeBytes(keyLength(node), tails ? tailLength(node) : 0);
    }

    /** Links a node for which there is room. */
    private void append(long node, int hash) {
        long bucket = bucket(hash);
        Memory.putLong(node, Memory.getLong(bucket));
        Memory.putLong(bucket, node);
        Memory.putInt(node + INDEX, size);
        Memory.putLong(dense + (long) size * Long.BYTES, node);
        size++;
        if (bucketCount < size) {
            split();
        }
    }

    /** Makes room for {@code nodes} nodes in all, so that adding them moves no array. */
    public void reserve(int nodes) {
        if (nodes > MAX_SIZE || nodes < 0) {
            throw new OutOfMemoryError("a collection of more than " + MAX_SIZE + " elements");
        }
        if (denseCapacity < nodes) {
            int capacity = capacityFor(nodes);
            dense = resizedArray(dense, capacity);
            denseCapacity = capacity;
        }
        int wanted = Math.max(MIN_BUCKETS, nodes);
        if (bucketCapacity < wanted) {
            int capacity = capacityFor(wanted);
            buckets = resizedArray(buckets, capacity);
            bucketCapacity = capacity;
        }
        if (bucketCount == 0) {
            Memory.zero(buckets, MIN_BUCKETS * (long) Long.BYTES);
            bucketCount = MIN_BUCKETS;
            mask = MIN_BUCKETS - 1;
        }
    }

    private static int capacityFor(int wanted) {
        return Math.max(SMALLEST_ARRAY, wanted + wanted / 4);
    }

    private static long resizedArray(long array, int capacity) {
        long bytes = (long) capacity * Long.BYTES;
        return array == 0 ? Memory.allocate(bytes) : Memory.reallocate(array, bytes);
    }

    /** The address of the first link of a hash's chain. */
    private long bucket(int hash) {
        int number = hash & mask;
        if (number >= bucketCount) {
            number &= mask >>> 1;
        }
        return buckets + (long) number * Long.BYTES;
    }

    /** Adds a bucket, with the nodes of another one that belong there now. */
    private void split() {
        int added = bucketCount++;
        if (added > mask) {
            mask = (mask << 1) | 1;
        }
        long link = buckets + (long) (added & (mask >>> 1)) * Long.BYTES;
        long target = buckets + (long) added * Long.BYTES;
        Memory.putLong(target, 0);
        for (long node = Memory.getLong(link); node != 0; node = Memory.getLong(link)) {
            if ((Memory.getInt(node + HASH) & mask) == added) {
                Memory.putLong(link, Memory.getLong(node));
                Memory.putLong(node, Memory.getLong(target));
                Memory.putLong(target, node);
            } else {
                link = node;
            }
        }
    }

    /** Takes the last bucket away; its nodes go to the bucket that it was split from. */
    private void merge() {
        int last = --bucketCount;
        long moved = Memory.getLong(buckets + (long) last * Long.BYTES);
        long target = buckets + (long) (last & (mask >>> 1)) * Long.BYTES;
        if (last == (mask >>> 1) + 1) {
            mask >>>= 1;
        }
        if (moved == 0) {
            return;
        }
        long end = moved;
        while (Memory.getLong(end) != 0) {
            end = Memory.getLong(end);
        }
        Memory.putLong(end, Memory.getLong(target));
        Memory.putLong(target, moved);
    }

    /** Removes and frees a node; the last of the order takes its place. */
    public void remove(long node) {
        long link = linkTo(node);
        Memory.putLong(link, Memory.getLong(node));
        int index = index(node);
        size--;
        long last = at(size);
        Memory.putLong(dense + (long) index * Long.BYTES, last);
        Memory.putInt(last + INDEX, index);
        long bytes = nodeBytes(node);
        nodeBytes -= Allocation.bytes(bytes);
        Memory.free(node, bytes);
        // Two for one removal, so that the buckets keep up with a table that is emptied.
        for (int i = 0; i < 2 && bucketCount > MIN_BUCKETS && bucketCount > size * 2L; i++) {
            merge();
        }
        shrinkArrays();
    }

    /** The address of the pointer to a node; that of the next node is its first field. */
    private long linkTo(long node) {
        long link = bucket(Memory.getInt(node + HASH));
        while (Memory.getLong(link) != node) {
            link = Memory.getLong(link);
        }
        return link;
    }

    private void shrinkArrays() {
        try {
            if (denseCapacity > 2 * SMALLEST_ARRAY && size < denseCapacity / 4) {
                dense = resizedArray(dense, denseCapacity / 2);
                denseCapacity /= 2;
            }
            if (bucketCapacity > 2 * SMALLEST_ARRAY && bucketCount < bucketCapacity / 4) {
                buckets = resizedArray(buckets, bucketCapacity / 2);
                bucketCapacity /= 2;
            }
        } catch (OutOfMemoryError tooLarge) {
            // The arrays stay as large as they are.
            assert denseCapacity >= size : tooLarge;
        }
    }

    /** The node at a place of the order, from 0 to {@link #size} - 1. */
    public long at(int index) {
        return Memory.getLong(dense + (long) index * Long.BYTES);
    }

    /** A node's place in the order. */
    public int index(long node) {
        return Memory.getInt(node + INDEX);
    }

    /** Address of a node's key. */
    public long key(long node) {
        return node + USER + userBytes;
    }

    public int keyLength(long node) {
        return Memory.getInt(node + KEY_LENGTH);
    }

    /** Address of a node's tail. */
    public long tail(long node) {
        return node + USER + userBytes + keyLength(node);
    }

    public int tailLength(long node) {
        return Memory.getInt(node + USER);
    }

    /** Gives a node's tail another length, keeping what fits; the node, at a new address. */
    public long resize(long node, int tail) {
        long before = nodeBytes(node);
        long link = linkTo(node);
        long after = nodeBytes(keyLength(node), tail);
        long moved = Memory.reallocate(node, after);
        Memory.putInt(moved + USER, tail);
        Memory.putLong(link, moved);
        Memory.putLong(dense + (long) index(moved) * Long.BYTES, moved);
        nodeBytes += Allocation.bytes(after) - Allocation.bytes(before);
        return moved;
    }

    /**
     * Where a scan goes on that was told {@code cursor} as the number of elements left, 0 to begin: it visits the nodes below the result, down to where it
     * stops, and tells that as its next cursor. What is there all the while is visited: it lies below the cursor until then, since a removal moves
     * nodes downwards only, and an insertion none.
     */
    public int scanFrom(long cursor) {
        return scanFrom(cursor, size);
    }

    /** As {@link #scanFrom(long)}, for another collection whose removals move the last into the hole. */
    public static int scanFrom(long cursor, int size) {
        return cursor == 0 || Long.compareUnsigned(cursor, size) > 0 ? size : (int) cursor;
    }

    /** An equal table in the same order. */
    public Dict copy() {
        Dict copy = new Dict(userBytes, tails, hashing);
        boolean done = false;
        try {
            copy.reserve(size);
            for (int i = 0; i < size; i++) {
                long node = at(i);
                long bytes = nodeBytes(node);
                long same = Memory.allocate(bytes);
                Memory.copy(node, same, bytes);
                copy.nodeBytes += Allocation.bytes(bytes);
                copy.append(same, Memory.getInt(node + HASH));
            }
            done = true;
            return copy;
        } finally {
            if (!done) {
                copy.free();
            }
        }
    }

    /** Frees everything; the table is empty afterwards. */
    public void free() {
        for (int i = 0; i < size; i++) {
            long node = at(i);
            Memory.free(node, nodeBytes(node));
        }
        if (dense != 0) {
            Memory.free(dense, (long) denseCapacity * Long.BYTES);
        }
        if (buckets != 0) {
            Memory.free(buckets, (long) bucketCapacity * Long.BYTES);
        }
        size = 0;
        nodeBytes = 0;
        dense = 0;
        denseCapacity = 0;
        buckets = 0;
        bucketCapacity = 0;
        bucketCount = 0;
        mask = 0;
    }
}
