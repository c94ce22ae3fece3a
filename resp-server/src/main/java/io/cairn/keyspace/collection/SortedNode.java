package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;

/**
 * The layout of an element of a {@link SortedSet}, one piece of native memory:
 *
 * <pre>
 *  0  next element of the same bucket of {@link SortedIndex}
 *  8  high 24 bits of the member's hash; 8 bits: number of levels
 * 12  length of the member
 * 16  score
 * 24  the element before
 * 32  per level: the next element that has this level (8 bytes), how many elements further it is (4 bytes)
 *     the member
 * </pre>
 */
final class SortedNode {
    /** Levels that 2^31 elements want, each a quarter of those of the level below. */
    static final int MAX_LEVELS = 16;

    private static final int TAG = 8;
    private static final int LENGTH = 12;
    private static final int SCORE = 16;
    private static final int BACKWARD = 24;
    private static final int LEVELS = 32;
    private static final int LEVEL_BYTES = 12;
    /** Bits of the hash from which the number of levels is drawn. */
    private static final int LEVEL_SHIFT = 31;

    private SortedNode() {}

    /** @throws OutOfMemoryError when the system has no memory left */
    static long create(long member, int length, long hash, double score) {
        // Two zero bits make a level more: one element of four has the next level.
        int levels = Math.min(MAX_LEVELS, 1 + Long.numberOfTrailingZeros(hash >>> LEVEL_SHIFT | 1L << 32) / 2);
        long node = Memory.allocate(LEVELS + (long) levels * LEVEL_BYTES + length);
        Memory.putLong(node, 0);
        Memory.putInt(node + TAG, tag(hash) | levels);
        Memory.putInt(node + LENGTH, length);
        setScore(node, score);
        setBackward(node, 0);
        Memory.copy(member, member(node), length);
        return node;
    }

    /** What the list begins with: no member, all levels. */
    static long createHead() {
        long node = Memory.allocate(LEVELS + (long) MAX_LEVELS * LEVEL_BYTES);
        Memory.zero(node, LEVELS + (long) MAX_LEVELS * LEVEL_BYTES);
        Memory.putInt(node + TAG, MAX_LEVELS);
        return node;
    }

    static void free(long node) {
        Memory.free(node, size(node));
    }

    private static long size(long node) {
        return LEVELS + (long) levels(node) * LEVEL_BYTES + length(node);
    }

    static long usedBytes(long node) {
        return Allocation.bytes(size(node));
    }

    /** The bits of a hash that an element remembers. */
    static int tag(long hash) {
        return (int) (hash >>> 32) & 0xFFFF_FF00;
    }

    static int tagOf(long node) {
        return Memory.getInt(node + TAG) & 0xFFFF_FF00;
    }

    static int levels(long node) {
        return Memory.getInt(node + TAG) & 0xFF;
    }

    static long nextInBucket(long node) {
        return Memory.getLong(node);
    }

    static void setNextInBucket(long node, long next) {
        Memory.putLong(node, next);
    }

    static int length(long node) {
        return Memory.getInt(node + LENGTH);
    }

    static long member(long node) {
        return node + LEVELS + (long) levels(node) * LEVEL_BYTES;
    }

    static double score(long node) {
        return Double.longBitsToDouble(Memory.getLong(node + SCORE));
    }

    static void setScore(long node, double score) {
        Memory.putLong(node + SCORE, Double.doubleToRawLongBits(score));
    }

    static long backward(long node) {
        return Memory.getLong(node + BACKWARD);
    }

    static void setBackward(long node, long before) {
        Memory.putLong(node + BACKWARD, before);
    }

    static long forward(long node, int level) {
        return Memory.getLong(node + LEVELS + (long) level * LEVEL_BYTES);
    }

    static void setForward(long node, int level, long next) {
        Memory.putLong(node + LEVELS + (long) level * LEVEL_BYTES, next);
    }

    static int span(long node, int level) {
        return Memory.getInt(node + LEVELS + (long) level * LEVEL_BYTES + Long.BYTES);
    }

    static void setSpan(long node, int level, int span) {
        Memory.putInt(node + LEVELS + (long) level * LEVEL_BYTES + Long.BYTES, span);
    }

    /** Whether the element comes before a score and a member. */
    static boolean isBefore(long node, double score, long member, int length) {
        double own = score(node);
        return own < score || (own == score && MemberBytes.compare(member(node), length(node), member, length) < 0);
    }
}
