package io.cairn.keyspace.collection;

import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.ValueType;

/**
 * A large list: doubly linked nodes of native memory, each a listpack of limited size. Pushes and removals at both ends are O(1), an index is found by stepping
 * over nodes, and nothing is ever moved but within a node. Redis: quicklist.c, without its compression.
 *
 * <p>Bytes that are added must not lie in the list itself. A method that adds throws {@link OutOfMemoryError} when the system has no memory left; the list is
 * then as it was.
 */
public final class QuickList extends StoredObject {
    /** A list of more bytes is not kept as one listpack in the index. */
    public static final int INLINE_BYTES = 1024;

    /** The Java object, about. */
    private static final long HANDLE_BYTES = 64;

    long head;
    long tail;
    private final EncodingLimits limits;
    private long count;
    private long nodes;
    private long bytes = HANDLE_BYTES;

    /** @param limits how large a node may be, asked at each change */
    public QuickList(EncodingLimits limits) {
        super(ValueType.LIST);
        this.limits = limits;
    }

    /** Whether a list may be one listpack of this size, as far as nodes are concerned. */
    public static boolean fitsNode(long bytes, long count, EncodingLimits limits) {
        return ListNode.isAllowed(bytes, count, limits.listNode);
    }

    @Override
    public long elements() {
        return count;
    }

    @Override
    public long usedBytes() {
        return bytes;
    }

    // ---- for writing it as it is

    /** Number of nodes. */
    public long nodes() {
        return nodes;
    }

    /** The first node, 0 if there is none. */
    public long firstNode() {
        return head;
    }

    /** The node after another, 0 at the end. */
    public static long nodeAfter(long node) {
        return ListNode.next(node);
    }

    /** Whether a node is one element, not a listpack. */
    public static boolean isPlain(long node) {
        return ListNode.isPlain(node);
    }

    /** Where a node's listpack or its one element is. */
    public static long nodeAddress(long node) {
        return ListNode.body(node);
    }

    /** Bytes of a node's listpack or of its one element. */
    public static int nodeBytes(long node) {
        return ListNode.isPlain(node) ? ListNode.plainLength(node) : Listpack.bytes(ListNode.body(node));
    }

    @Override
    public StoredObject copy() {
        QuickList copy = new QuickList(limits);
        try {
            for (long node = head; node != 0; node = ListNode.next(node)) {
                copy.link(ListNode.copy(node), copy.tail);
            }
        } catch (OutOfMemoryError e) {
            copy.release();
            throw e;
        }
        return copy;
    }

    @Override
    protected void free() {
        long node = head;
        while (node != 0) {
            long next = ListNode.next(node);
            ListNode.free(node);
            node = next;
        }
        head = 0;
        tail = 0;
    }

    /** Adds an element at the end, or before the first. */
    public void push(boolean atTail, long element, int length) {
        long end = atTail ? tail : head;
        if (end != 0 && ListNode.mayAdd(end, length, limits)) {
            add(end, atTail ? Listpack.bytes(ListNode.body(end)) - 1 : Listpack.HEADER, element, length);
            return;
        }
        link(single(element, length), atTail ? tail : 0);
        if (end != 0) {
            shrink(end, Listpack.bytes(ListNode.body(end)) / 8);
        }
    }

    /** Adds a node at the end that is a copy of a valid listpack with elements. */
    public void appendListpack(long listpack) {
        int size = Listpack.bytes(listpack);
        long node = ListNode.packed(size);
        Memory.copy(listpack, ListNode.body(node), size);
        ListNode.addCount(node, Listpack.count(listpack));
        link(node, tail);
    }

    /** Adds a node at the end that is one element, whatever its length. */
    public void appendPlain(long element, int length) {
        link(ListNode.plain(element, length), tail);
    }

    /** Inserts before or after a cursor's element; the cursor is invalid then. Redis: _quicklistInsert. */
    public void insert(ListCursor cursor, boolean after, long element, int length) {
        long node = cursor.node;
        boolean plain = ListNode.isPlain(node);
        int position = cursor.at;
        if (!plain && after) {
            position += Listpack.skip(ListNode.body(node) + position);
        }
        if (ListNode.mayAdd(node, length, limits)) {
            add(node, position, element, length);
            return;
        }
        boolean first = plain ? !after : position == Listpack.HEADER;
        boolean last = plain ? after : position == end(node);
        long previous = ListNode.previous(node);
        long next = ListNode.next(node);
        if (first && previous != 0 && ListNode.mayAdd(previous, length, limits)) {
            add(previous, end(previous), element, length);
        } else if (last && next != 0 && ListNode.mayAdd(next, length, limits)) {
            add(next, Listpack.HEADER, element, length);
        } else if (first || last) {
            link(single(element, length), first ? previous : node);
        } else {
            split(node, position, 0, single(element, length));
        }
    }

    /** Puts something in the place of a cursor's element; the cursor is invalid then. Redis: quicklistReplaceEntry. */
    public void replace(ListCursor cursor, long element, int length) {
        long node = cursor.node;
        boolean plain = ListNode.isPlain(node);
        if (!plain && length < limits.listPlain && staysAllowed(node, cursor.at, length)) {
            long grown = grow(node, Listpack.itemBytes(element, length));
            ListpackEdit.replace(ListNode.body(grown), cursor.at, element, length);
            shrink(grown, Listpack.bytes(ListNode.body(grown)));
            return;
        }
        // A node that grew too large would make every later change of it slow: the new element gets a node of its own.
        long single = single(element, length);
        if (ListNode.count(node) == 1) {
            link(single, node);
            unlink(node);
        } else if (cursor.at == Listpack.HEADER) {
            link(single, ListNode.previous(node));
            removeFrom(node, cursor.at, 1);
        } else if (cursor.at + Listpack.skip(ListNode.body(node) + cursor.at) == end(node)) {
            link(single, node);
            removeFrom(node, cursor.at, 1);
        } else {
            split(node, cursor.at, 1, single);
        }
    }

    private boolean staysAllowed(long node, int at, int length) {
        long body = ListNode.body(node);
        int before = Listpack.skip(body + at);
        long larger = Listpack.bytes(body) - before + Listpack.stringItemBytes(length);
        return ListNode.count(node) == 1
                || larger <= Listpack.bytes(body)
                || ListNode.isAllowed(larger, ListNode.count(node), limits.listNode);
    }

    /** Removes up to {@code number} elements from an index on. O(nodes) until it, and to go. */
    public void removeRange(long index, long number) {
        ListCursor from = new ListCursor();
        if (number <= 0 || !from.seek(this, index)) {
            return;
        }
        long node = from.node;
        int at = from.at;
        long left = number;
        while (left > 0 && node != 0) {
            if (left >= ListNode.count(node) && (at == 0 || at == Listpack.HEADER)) {
                left -= ListNode.count(node);
                node = unlink(node);
            } else {
                int before = ListNode.count(node);
                long rest = removeFrom(node, at, (int) Math.min(left, Integer.MAX_VALUE));
                left -= before - ListNode.count(rest);
                node = ListNode.next(rest);
            }
            at = 0;
            if (node != 0 && !ListNode.isPlain(node)) {
                at = Listpack.HEADER;
            }
        }
    }

    /**
     * Removes elements that are these bytes.
     *
     * @param most how many, all if not positive
     * @return how many there were
     */
    public long removeEqual(long element, int length, long most, boolean fromTail) {
        long removed = 0;
        long node = fromTail ? tail : head;
        while (node != 0 && (most <= 0 || removed < most)) {
            long left = most <= 0 ? 0 : most - removed;
            int here;
            if (ListNode.isPlain(node)) {
                here = ListNode.plainLength(node) == length && Memory.same(ListNode.body(node), element, length)
                        ? 1
                        : 0;
            } else {
                here = ListpackEdit.removeEqual(ListNode.body(node), element, length, left, fromTail);
            }
            removed += here;
            if (here == ListNode.count(node)) {
                long before = ListNode.previous(node);
                long following = unlink(node);
                node = fromTail ? before : following;
                continue;
            }
            if (here > 0) {
                ListNode.addCount(node, -here);
                count -= here;
                node = shrink(node, Listpack.bytes(ListNode.body(node)));
                long merged = fromTail ? merge(node, ListNode.next(node)) : merge(ListNode.previous(node), node);
                node = merged == 0 ? node : merged;
            }
            node = fromTail ? ListNode.previous(node) : ListNode.next(node);
        }
        return removed;
    }

    // ---- nodes

    private static int end(long node) {
        return Listpack.bytes(ListNode.body(node)) - 1;
    }

    /** A node with one element, not linked. */
    private long single(long element, int length) {
        if (length >= limits.listPlain) {
            return ListNode.plain(element, length);
        }
        long node = ListNode.packed(Listpack.EMPTY_BYTES + Listpack.itemBytes(element, length));
        ListpackEdit.insert(ListNode.body(node), Listpack.HEADER, element, length);
        ListNode.addCount(node, 1);
        return node;
    }

    private void add(long node, int position, long element, int length) {
        long grown = grow(node, Listpack.itemBytes(element, length));
        ListpackEdit.insert(ListNode.body(grown), position, element, length);
        ListNode.addCount(grown, 1);
        count++;
    }

    /** Removes up to so many elements from a position of a node on, but not all; the node's address from then on. */
    private long removeFrom(long node, int at, int most) {
        int removed = ListpackEdit.remove(ListNode.body(node), at, most);
        ListNode.addCount(node, -removed);
        count -= removed;
        return shrink(node, Listpack.bytes(ListNode.body(node)));
    }

    /** Takes a node apart at an element within it, leaves out {@code drop} elements there, and links {@code single} between the parts. */
    private void split(long node, int position, int drop, long single) {
        long rest;
        try {
            rest = ListNode.copy(node);
        } catch (OutOfMemoryError e) {
            ListNode.free(single);
            throw e;
        }
        int all = ListNode.count(node);
        int behind = ListpackEdit.remove(ListNode.body(node), position, Integer.MAX_VALUE);
        ListNode.addCount(node, -behind);
        count -= behind;
        ListpackEdit.remove(ListNode.body(rest), Listpack.HEADER, all - behind + drop);
        ListNode.addCount(rest, behind - all - drop);
        link(single, node);
        link(rest, single);
        shrink(rest, 0);
        long first = shrink(node, 0);
        long middle = ListNode.next(first);
        long merged = merge(first, middle);
        long left = merged == 0 ? middle : merged;
        merge(left, ListNode.next(left));
    }

    /** Makes one node of two neighbours if that is small enough and there is the memory for it; its address, 0 if not. */
    private long merge(long a, long b) {
        if (a == 0 || b == 0 || !ListNode.mayMerge(a, b, limits)) {
            return 0;
        }
        long grown;
        try {
            grown = grow(a, Listpack.bytes(ListNode.body(b)));
        } catch (OutOfMemoryError e) {
            return 0;
        }
        ListpackEdit.appendAll(ListNode.body(grown), ListNode.body(b));
        int moved = ListNode.count(b);
        unlink(b);
        ListNode.addCount(grown, moved);
        count += moved;
        return grown;
    }

    /** Links a node behind another, or as the first if that is 0. */
    private void link(long node, long after) {
        long following = after == 0 ? head : ListNode.next(after);
        ListNode.setPrevious(node, after);
        ListNode.setNext(node, following);
        relink(node);
        nodes++;
        count += ListNode.count(node);
        bytes += ListNode.usedBytes(node);
    }

    /** Lets both neighbours of a node, or the list's ends, point to it. */
    private void relink(long node) {
        long previous = ListNode.previous(node);
        long next = ListNode.next(node);
        if (previous == 0) {
            head = node;
        } else {
            ListNode.setNext(previous, node);
        }
        if (next == 0) {
            tail = node;
        } else {
            ListNode.setPrevious(next, node);
        }
    }

    /** Frees a node; the one that followed it. */
    private long unlink(long node) {
        long previous = ListNode.previous(node);
        long next = ListNode.next(node);
        if (previous == 0) {
            head = next;
        } else {
            ListNode.setNext(previous, next);
        }
        if (next == 0) {
            tail = previous;
        } else {
            ListNode.setPrevious(next, previous);
        }
        nodes--;
        count -= ListNode.count(node);
        bytes -= ListNode.usedBytes(node);
        ListNode.free(node);
        return next;
    }

    private long grow(long node, long more) {
        long before = ListNode.usedBytes(node);
        return moved(node, ListNode.grow(node, more), before);
    }

    /** Gives back room beyond {@code spare} bytes. */
    private long shrink(long node, int spare) {
        long before = ListNode.usedBytes(node);
        return moved(node, ListNode.shrink(node, spare), before);
    }

    private long moved(long from, long to, long before) {
        bytes += ListNode.usedBytes(to) - before;
        if (to != from) {
            relink(to);
        }
        return to;
    }
}
