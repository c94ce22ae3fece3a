package io.cairn.keyspace.collection;

import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Memory;

/**
 * The nodes of a {@link QuickList}, by address: links, number of elements and room, then a listpack, or the bytes of a single element that is too large
 * for one (a plain node). Memory only; the list keeps account of it.
 */
final class ListNode {
    /** Bytes before the listpack. */
    static final int HEADER = 32;
    /** What the C library takes besides, about. */
    static final int OVERHEAD = 16;

    /** Redis: optimization_level. */
    private static final int[] CLASS_BYTES = {4096, 8192, 16_384, 32_768, 65_536};
    /** Bytes of a node whose elements are counted. Redis: SIZE_SAFETY_LIMIT. */
    private static final int COUNTED_BYTES = 8192;
    /** What an element takes besides its bytes, at most. Redis: SIZE_ESTIMATE_OVERHEAD. */
    private static final int ELEMENT_OVERHEAD = 8;

    private static final int FIRST_ROOM = 96;

    private static final int PREVIOUS = 0;
    private static final int NEXT = 8;
    private static final int COUNT = 16;
    private static final int ROOM = 20;
    private static final int PLAIN = 24;

    private ListNode() {}

    /** A node with an empty listpack and room for at least {@code bytes}; its links are not set. */
    static long packed(long bytes) {
        int room = Math.toIntExact(Math.max(FIRST_ROOM, bytes));
        long node = Memory.allocate((long) HEADER + room);
        Memory.putInt(node + COUNT, 0);
        Memory.putInt(node + ROOM, room);
        Memory.putInt(node + PLAIN, Listpack.NONE);
        ListpackEdit.clear(node + HEADER);
        return node;
    }

    /** A node that is one element. */
    static long plain(long bytes, int length) {
        int room = Math.max(1, length);
        long node = Memory.allocate((long) HEADER + room);
        Memory.putInt(node + COUNT, 1);
        Memory.putInt(node + ROOM, room);
        Memory.putInt(node + PLAIN, length);
        Memory.copy(bytes, node + HEADER, length);
        return node;
    }

    /** A copy of a node, with no more room than it needs; its links are not set. */
    static long copy(long node) {
        if (isPlain(node)) {
            return plain(node + HEADER, plainLength(node));
        }
        int bytes = Listpack.bytes(node + HEADER);
        long copy = packed(bytes);
        Memory.copy(node + HEADER, copy + HEADER, bytes);
        Memory.putInt(copy + COUNT, count(node));
        return copy;
    }

    static void free(long node) {
        Memory.free(node, (long) HEADER + room(node));
    }

    static long previous(long node) {
        return Memory.getLong(node + PREVIOUS);
    }

    static void setPrevious(long node, long previous) {
        Memory.putLong(node + PREVIOUS, previous);
    }

    static long next(long node) {
        return Memory.getLong(node + NEXT);
    }

    static void setNext(long node, long next) {
        Memory.putLong(node + NEXT, next);
    }

    static int count(long node) {
        return Memory.getInt(node + COUNT);
    }

    static void addCount(long node, int more) {
        Memory.putInt(node + COUNT, count(node) + more);
    }

    static boolean isPlain(long node) {
        return Memory.getInt(node + PLAIN) >= 0;
    }

    static int plainLength(long node) {
        return Memory.getInt(node + PLAIN);
    }

    /** Address of the listpack, or of a plain node's bytes. */
    static long body(long node) {
        return node + HEADER;
    }

    private static int room(long node) {
        return Memory.getInt(node + ROOM);
    }

    /** Native bytes of a node. */
    static long usedBytes(long node) {
        return (long) HEADER + OVERHEAD + room(node);
    }

    /** Makes room for {@code more} bytes in the listpack; the node's address from then on. */
    static long grow(long node, long more) {
        long needed = Listpack.bytes(node + HEADER) + more;
        int room = room(node);
        if (needed <= room) {
            return node;
        }
        return resize(node, Math.max(needed, Math.min(2L * room, needed + COUNTED_BYTES)));
    }

    /** Gives back room if more than {@code spare} bytes (and some) are unused; the node's address from then on. */
    static long shrink(long node, int spare) {
        if (isPlain(node)) {
            return node;
        }
        int bytes = Listpack.bytes(node + HEADER);
        return room(node) - bytes <= Math.max(FIRST_ROOM, spare) ? node : resize(node, bytes);
    }

    private static long resize(long node, long room) {
        long moved = Memory.reallocate(node, HEADER + room);
        Memory.putInt(moved + ROOM, Math.toIntExact(room));
        return moved;
    }

    /** Whether an element of some length may be added to a node. Redis: _quicklistNodeAllowInsert. */
    static boolean mayAdd(long node, long length, EncodingLimits limits) {
        if (isPlain(node) || length >= limits.listPlain) {
            return false;
        }
        return isAllowed(Listpack.bytes(body(node)) + length + ELEMENT_OVERHEAD, count(node) + 1L, limits.listNode);
    }

    /** Whether two nodes may become one. Redis: _quicklistNodeAllowMerge. */
    static boolean mayMerge(long a, long b, EncodingLimits limits) {
        if (isPlain(a) || isPlain(b)) {
            return false;
        }
        long bytes = (long) Listpack.bytes(body(a)) + Listpack.bytes(body(b)) - Listpack.EMPTY_BYTES;
        return isAllowed(bytes, (long) count(a) + count(b), limits.listNode);
    }

    /**
     * Whether a listpack may be so large.
     *
     * @param fill {@link EncodingLimits#listNode}
     */
    static boolean isAllowed(long bytes, long count, int fill) {
        if (fill < 0) {
            // Redis: quicklistSetFill.
            return bytes <= CLASS_BYTES[-Math.max(fill, -CLASS_BYTES.length) - 1];
        }
        return bytes <= COUNTED_BYTES && count <= fill;
    }
}
