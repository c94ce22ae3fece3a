package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;

/**
 * A map from stream ids to values of a fixed size, sorted by id: a B+tree in native memory, without a Java object per element. Finding, adding and
 * removing are O(log n); ids that come in ascending order fill the leaves to the end. A value is known by its address, which is valid until the next
 * change of the tree.
 *
 * <p>Leaf: number of elements, room, address of the leaf before and behind; elements of id and value. Inner node: number of children; for each an id
 * that is not larger than any of the child's (the first one's is not looked at) and the child's address.
 */
final class IdTree {
    /** Elements of a leaf and children of an inner node. A tree of one leaf starts with less room. */
    static final int CAPACITY = 64;

    static final int ID_BYTES = 16;
    static final int LEAF_HEADER = 24;
    static final int CAPACITY_AT = 4;
    static final int PREVIOUS_AT = 8;
    static final int NEXT_AT = 16;

    private static final int FIRST_CAPACITY = 4;
    private static final int INNER_HEADER = 8;
    private static final int CHILD_BYTES = ID_BYTES + Long.BYTES;
    private static final int INNER_BYTES = INNER_HEADER + CAPACITY * CHILD_BYTES;
    /** Nodes with fewer elements look for a neighbour that takes them in. */
    private static final int FEW = CAPACITY / 4;
    /** Two nodes become one only if that one has room left: else the next change would split it again. */
    private static final int JOINED = CAPACITY * 3 / 4;

    private static final int MAX_HEIGHT = 16;

    /** Bytes of an element of a leaf. */
    final int elementBytes;

    private final NativeAccount account;
    private final long[] path = new long[MAX_HEIGHT];
    private final int[] taken = new int[MAX_HEIGHT];
    private final long[] fresh = new long[MAX_HEIGHT + 1];
    private int freshCount;
    private int freshUsed;
    private long root;
    private int height;
    private long firstLeaf;
    private long lastLeaf;
    private long size;
    /** Grows with every key that is added or removed. */
    private long changes;

    /**
     * @param valueBytes of each element, a multiple of 8; 0 for a mere set
     * @param account is kept informed of the native memory
     */
    IdTree(int valueBytes, NativeAccount account) {
        this.elementBytes = ID_BYTES + valueBytes;
        this.account = account;
    }

    /** Differs whenever the keys do. */
    long changes() {
        return changes;
    }

    long size() {
        return size;
    }

    long firstLeaf() {
        return firstLeaf;
    }

    long lastLeaf() {
        return lastLeaf;
    }

    /** The address of an id's value, 0 if the id is not there. */
    long find(long ms, long sequence) {
        if (root == 0) {
            return 0;
        }
        long leaf = descend(ms, sequence);
        int at = lowerBound(leaf, ms, sequence);
        return at < count(leaf) && isId(element(leaf, at), ms, sequence) ? element(leaf, at) + ID_BYTES : 0;
    }

    /** The leaf that an id is in if it is there at all; the tree is not empty. */
    long leafOf(long ms, long sequence) {
        return descend(ms, sequence);
    }

    /** The address of an id's value, which is made of zeros if the id was not there: then {@link #size} has grown. */
    long put(long ms, long sequence) {
        if (root == 0) {
            root = allocateLeaf(FIRST_CAPACITY);
            Memory.putLong(root + PREVIOUS_AT, 0);
            Memory.putLong(root + NEXT_AT, 0);
            firstLeaf = root;
            lastLeaf = root;
            height = 1;
        }
        long leaf = descend(ms, sequence);
        int at = lowerBound(leaf, ms, sequence);
        int count = count(leaf);
        if (at < count && isId(element(leaf, at), ms, sequence)) {
            return element(leaf, at) + ID_BYTES;
        }
        if (count == Memory.getInt(leaf + CAPACITY_AT)) {
            if (count < CAPACITY) {
                leaf = widen(leaf);
            } else {
                leaf = split(leaf, at == count && leaf == lastLeaf, ms, sequence);
                at = lowerBound(leaf, ms, sequence);
                count = count(leaf);
            }
        }
        long element = element(leaf, at);
        Memory.copy(element, element + elementBytes, (long) (count - at) * elementBytes);
        putId(element, ms, sequence);
        Memory.zero(element + ID_BYTES, elementBytes - ID_BYTES);
        setCount(leaf, count + 1);
        size++;
        changes++;
        return element + ID_BYTES;
    }

    /** True if the id was there. */
    boolean remove(long ms, long sequence) {
        if (root == 0) {
            return false;
        }
        long leaf = descend(ms, sequence);
        int at = lowerBound(leaf, ms, sequence);
        int count = count(leaf);
        if (at == count || !isId(element(leaf, at), ms, sequence)) {
            return false;
        }
        long element = element(leaf, at);
        Memory.copy(element + elementBytes, element, (long) (count - at - 1) * elementBytes);
        setCount(leaf, count - 1);
        size--;
        changes++;
        if (height == 1) {
            if (count == 1) {
                free();
            }
        } else if (count - 1 < FEW) {
            shrinkLeaf(leaf);
        }
        return true;
    }

    /** An equal tree of its own. */
    IdTree copy(NativeAccount forCopy) {
        IdTree copy = new IdTree(elementBytes - ID_BYTES, forCopy);
        for (long leaf = firstLeaf; leaf != 0; leaf = Memory.getLong(leaf + NEXT_AT)) {
            for (int i = 0; i < count(leaf); i++) {
                long from = element(leaf, i);
                long to = copy.put(ms(from), sequence(from));
                Memory.copy(from + ID_BYTES, to, elementBytes - ID_BYTES);
            }
        }
        return copy;
    }

    /** Frees all native memory and is empty. */
    void free() {
        if (root != 0) {
            free(root, height);
        }
        root = 0;
        height = 0;
        firstLeaf = 0;
        lastLeaf = 0;
        size = 0;
    }

    private void free(long node, int level) {
        if (level == 1) {
            freeLeaf(node);
            return;
        }
        for (int i = 0; i < count(node); i++) {
            free(child(node, i), level - 1);
        }
        account.free(node, INNER_BYTES);
    }

    // Ids and nodes.

    static long ms(long element) {
        return Memory.getLong(element);
    }

    static long sequence(long element) {
        return Memory.getLong(element + Long.BYTES);
    }

    private static boolean isId(long element, long ms, long sequence) {
        return ms(element) == ms && sequence(element) == sequence;
    }

    private static void putId(long element, long ms, long sequence) {
        Memory.putLong(element, ms);
        Memory.putLong(element + Long.BYTES, sequence);
    }

    static int count(long node) {
        return Memory.getInt(node);
    }

    private static void setCount(long node, int count) {
        Memory.putInt(node, count);
    }

    long element(long leaf, int i) {
        return leaf + LEAF_HEADER + (long) i * elementBytes;
    }

    private static long entry(long inner, int i) {
        return inner + INNER_HEADER + (long) i * CHILD_BYTES;
    }

    private static long child(long inner, int i) {
        return Memory.getLong(entry(inner, i) + ID_BYTES);
    }

    private long leafBytes(int capacity) {
        return LEAF_HEADER + (long) capacity * elementBytes;
    }

    private long allocateLeaf(int capacity) {
        long leaf = account.allocate(leafBytes(capacity));
        setCount(leaf, 0);
        Memory.putInt(leaf + CAPACITY_AT, capacity);
        return leaf;
    }

    private void freeLeaf(long leaf) {
        account.free(leaf, leafBytes(Memory.getInt(leaf + CAPACITY_AT)));
    }

    /** Position of the first element of a leaf that is not before an id. */
    int lowerBound(long leaf, long ms, long sequence) {
        int low = 0;
        int high = count(leaf);
        while (low < high) {
            int middle = (low + high) >>> 1;
            long element = element(leaf, middle);
            if (StreamId.compare(ms(element), sequence(element), ms, sequence) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Goes down to a leaf and notes the inner nodes on the way and which child was taken: level 0 is the root. */
    private long descend(long ms, long sequence) {
        long node = root;
        for (int level = 0; level < height - 1; level++) {
            int low = 1;
            int high = count(node);
            while (low < high) {
                int middle = (low + high) >>> 1;
                long entry = entry(node, middle);
                if (StreamId.compare(ms(entry), sequence(entry), ms, sequence) <= 0) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            path[level] = node;
            taken[level] = low - 1;
            node = child(node, low - 1);
        }
        return node;
    }

    // Growing.

    /** Gives the only leaf more room. */
    private long widen(long leaf) {
        int capacity = Memory.getInt(leaf + CAPACITY_AT);
        int wider = Math.min(CAPACITY, capacity * 2);
        long moved = account.reallocate(leaf, leafBytes(capacity), leafBytes(wider));
        Memory.putInt(moved + CAPACITY_AT, wider);
        root = moved;
        firstLeaf = moved;
        lastLeaf = moved;
        return moved;
    }

    /**
     * Splits a full leaf that {@link #descend} has just come to, and inner nodes as needed. All memory is had before anything changes.
     *
     * @param append the id goes behind all others: the full leaf stays full
     * @return the leaf that the id belongs to
     */
    private long split(long leaf, boolean append, long ms, long sequence) {
        provide();
        long right = fresh[freshUsed++];
        int kept = append ? CAPACITY : CAPACITY / 2;
        int moved = CAPACITY - kept;
        Memory.copy(element(leaf, kept), element(right, 0), (long) moved * elementBytes);
        setCount(right, moved);
        setCount(leaf, kept);
        long next = Memory.getLong(leaf + NEXT_AT);
        Memory.putLong(right + PREVIOUS_AT, leaf);
        Memory.putLong(right + NEXT_AT, next);
        Memory.putLong(leaf + NEXT_AT, right);
        if (next == 0) {
            lastLeaf = right;
        } else {
            Memory.putLong(next + PREVIOUS_AT, right);
        }
        long boundMs = append ? ms : ms(element(right, 0));
        long boundSequence = append ? sequence : sequence(element(right, 0));
        insertChild(height - 2, leaf, boundMs, boundSequence, right);
        return StreamId.compare(ms, sequence, boundMs, boundSequence) < 0 ? leaf : right;
    }

    /** Allocates a leaf and the inner nodes that a split of the leaf needs: one for each full one above it, and perhaps a root. */
    private void provide() {
        freshCount = 0;
        freshUsed = 0;
        int level = height - 2;
        while (level >= 0 && count(path[level]) == CAPACITY) {
            level--;
        }
        int inner = height - 2 - level + (level < 0 ? 1 : 0);
        boolean complete = false;
        try {
            fresh[0] = allocateLeaf(CAPACITY);
            freshCount = 1;
            while (freshCount <= inner) {
                fresh[freshCount] = account.allocate(INNER_BYTES);
                freshCount++;
            }
            complete = true;
        } finally {
            if (!complete) {
                giveBack();
            }
        }
    }

    private void giveBack() {
        for (int i = 0; i < freshCount; i++) {
            if (i == 0) {
                freeLeaf(fresh[0]);
            } else {
                account.free(fresh[i], INNER_BYTES);
            }
        }
        freshCount = 0;
    }

    /** Adds a child behind the one that was taken at a level of the path; level -1 is above the root. */
    private void insertChild(int level, long left, long ms, long sequence, long right) {
        if (level < 0) {
            long newRoot = fresh[freshUsed++];
            setCount(newRoot, 2);
            putId(entry(newRoot, 0), 0, 0);
            Memory.putLong(entry(newRoot, 0) + ID_BYTES, left);
            putId(entry(newRoot, 1), ms, sequence);
            Memory.putLong(entry(newRoot, 1) + ID_BYTES, right);
            root = newRoot;
            height++;
            return;
        }
        long node = path[level];
        int at = taken[level] + 1;
        if (count(node) < CAPACITY) {
            place(node, at, ms, sequence, right);
            return;
        }
        long sibling = fresh[freshUsed++];
        int kept = at == CAPACITY ? CAPACITY : CAPACITY / 2;
        int moved = CAPACITY - kept;
        Memory.copy(entry(node, kept), entry(sibling, 0), (long) moved * CHILD_BYTES);
        setCount(node, kept);
        setCount(sibling, moved);
        if (at > kept || moved == 0) {
            place(sibling, at - kept, ms, sequence, right);
        } else {
            place(node, at, ms, sequence, right);
        }
        long bound = entry(sibling, 0);
        insertChild(level - 1, node, ms(bound), sequence(bound), sibling);
    }

    private static void place(long inner, int at, long ms, long sequence, long child) {
        int count = count(inner);
        long entry = entry(inner, at);
        Memory.copy(entry, entry + CHILD_BYTES, (long) (count - at) * CHILD_BYTES);
        putId(entry, ms, sequence);
        Memory.putLong(entry + ID_BYTES, child);
        setCount(inner, count + 1);
    }

    // Shrinking.

    /** A leaf that {@link #descend} has come to has few elements: it goes if it has none, or joins a neighbour of the same parent. */
    private void shrinkLeaf(long leaf) {
        int level = height - 2;
        long parent = path[level];
        int at = taken[level];
        if (count(leaf) == 0) {
            unlinkLeaf(leaf);
            removeChild(level, at);
        } else if (at + 1 < count(parent) && count(leaf) + count(child(parent, at + 1)) <= JOINED) {
            joinLeaves(leaf, child(parent, at + 1));
            removeChild(level, at + 1);
        } else if (at > 0 && count(leaf) + count(child(parent, at - 1)) <= JOINED) {
            joinLeaves(child(parent, at - 1), leaf);
            removeChild(level, at);
        }
    }

    private void joinLeaves(long left, long right) {
        int count = count(left);
        Memory.copy(element(right, 0), element(left, count), (long) count(right) * elementBytes);
        setCount(left, count + count(right));
        unlinkLeaf(right);
    }

    private void unlinkLeaf(long leaf) {
        long previous = Memory.getLong(leaf + PREVIOUS_AT);
        long next = Memory.getLong(leaf + NEXT_AT);
        if (previous == 0) {
            firstLeaf = next;
        } else {
            Memory.putLong(previous + NEXT_AT, next);
        }
        if (next == 0) {
            lastLeaf = previous;
        } else {
            Memory.putLong(next + PREVIOUS_AT, previous);
        }
        freeLeaf(leaf);
    }

    /** Takes a child, which is freed already, out of the inner node at a level of the path. */
    private void removeChild(int level, int at) {
        long node = path[level];
        int left = count(node) - 1;
        Memory.copy(entry(node, at + 1), entry(node, at), (long) (left - at) * CHILD_BYTES);
        setCount(node, left);
        if (level == 0) {
            while (height > 1 && count(root) == 1) {
                long only = child(root, 0);
                account.free(root, INNER_BYTES);
                root = only;
                height--;
            }
            return;
        }
        long parent = path[level - 1];
        int place = taken[level - 1];
        if (left == 0) {
            account.free(node, INNER_BYTES);
            removeChild(level - 1, place);
        } else if (left < FEW && place + 1 < count(parent) && left + count(child(parent, place + 1)) <= JOINED) {
            joinInner(node, parent, place + 1);
            removeChild(level - 1, place + 1);
        } else if (left < FEW && place > 0 && left + count(child(parent, place - 1)) <= JOINED) {
            joinInner(child(parent, place - 1), parent, place);
            removeChild(level - 1, place);
        }
    }

    /** Moves the children of a parent's child to the one before it. */
    private void joinInner(long left, long parent, int rightAt) {
        long right = child(parent, rightAt);
        int count = count(left);
        Memory.copy(entry(right, 0), entry(left, count), (long) count(right) * CHILD_BYTES);
        // Its first id was not looked at so far, and may be too large.
        long bound = entry(parent, rightAt);
        putId(entry(left, count), ms(bound), sequence(bound));
        setCount(left, count + count(right));
        account.free(right, INNER_BYTES);
    }
}
