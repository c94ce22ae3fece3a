package io.cairn.keyspace.collection;

/** How many nodes Redis's radix tree (rax.c) would have with the ids of a tree as keys of 16 bytes: XINFO STREAM tells it. */
final class RadixNodes {
    private static final int KEY_BYTES = 16;
    /** No common bytes looked at, because there is no neighbour. */
    private static final int NONE = -1;

    /** Depths of the branching nodes above the current key, ascending. */
    private final int[] branches = new int[KEY_BYTES];

    private int open;
    private long count;

    private RadixNodes() {}

    /** O(size of the tree). */
    static long count(IdTree ids) {
        IdCursor key = new IdCursor(ids);
        if (!key.first()) {
            return 1;
        }
        RadixNodes nodes = new RadixNodes();
        int before = NONE;
        boolean more = true;
        while (more) {
            long ms = key.ms();
            long sequence = key.sequence();
            more = key.next();
            int after = more ? common(ms, sequence, key.ms(), key.sequence()) : NONE;
            nodes.key(before, after);
            before = after;
        }
        return nodes.count;
    }

    /** A key that shares so many bytes with the one before and the one after it. */
    private void key(int before, int after) {
        node(KEY_BYTES, Math.max(before, after));
        while (open > 0 && branches[open - 1] > after) {
            int depth = branches[--open];
            node(depth, Math.max(open > 0 ? branches[open - 1] : NONE, after));
        }
        if (after != NONE && (open == 0 || branches[open - 1] < after)) {
            branches[open++] = after;
        }
    }

    /** A node that branches or ends a key, and the compressed one between it and the branch above it, if bytes are left between. */
    private void node(int depth, int parent) {
        count += depth > parent + 1 ? 2 : 1;
    }

    private static int common(long ms1, long sequence1, long ms2, long sequence2) {
        return ms1 != ms2
                ? Long.numberOfLeadingZeros(ms1 ^ ms2) / Byte.SIZE
                : Long.BYTES + Long.numberOfLeadingZeros(sequence1 ^ sequence2) / Byte.SIZE;
    }
}
