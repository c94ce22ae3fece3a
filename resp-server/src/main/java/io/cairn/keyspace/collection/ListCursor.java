package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;

/**
 * A place in a list, in one listpack or in a {@link QuickList}, to be used again and again. It reads the list's own memory: valid until the next change of
 * the database. One that found no element must not be read.
 */
public final class ListCursor {
    /** The node, 0 for a list that is one listpack. */
    long node;
    /** The position in the node's listpack; 0 in a plain node. */
    int at;
    /** The listpack, or a plain node's bytes. */
    private long body;

    private boolean plain;

    /** Number of elements of a list. */
    public static long count(Value value) {
        return value.object instanceof QuickList list ? list.elements() : Listpack.count(value.address);
    }

    /** Goes to an index, negative from the end; false if there is none. O(number of nodes). */
    public boolean seek(Value value, long index) {
        return value.object instanceof QuickList list ? seek(list, index) : seek(value.address, index);
    }

    /** Goes to an index of a list that is one listpack. */
    public boolean seek(long listpack, long index) {
        node = 0;
        body = listpack;
        plain = false;
        at = index == (int) index ? Listpack.seek(listpack, (int) index) : Listpack.NONE;
        return at != Listpack.NONE;
    }

    /** Goes to an index of a large list. */
    public boolean seek(QuickList list, long index) {
        long count = list.elements();
        long wanted = index < 0 ? index + count : index;
        if (wanted < 0 || wanted >= count) {
            return false;
        }
        long found;
        if (wanted < count / 2) {
            found = list.head;
            for (int here = ListNode.count(found); wanted >= here; here = ListNode.count(found)) {
                wanted -= here;
                found = ListNode.next(found);
            }
        } else {
            long after = count - 1 - wanted;
            found = list.tail;
            for (int here = ListNode.count(found); after >= here; here = ListNode.count(found)) {
                after -= here;
                found = ListNode.previous(found);
            }
            wanted = ListNode.count(found) - 1 - after;
        }
        enter(found);
        if (!plain) {
            at = Listpack.seek(body, (int) wanted);
        }
        return true;
    }

    private void enter(long entered) {
        node = entered;
        body = ListNode.body(entered);
        plain = ListNode.isPlain(entered);
        at = 0;
    }

    /** Goes to the next element; false at the end. */
    public boolean next() {
        int next = plain ? Listpack.NONE : Listpack.next(body, at);
        if (next != Listpack.NONE) {
            at = next;
            return true;
        }
        long following = node == 0 ? 0 : ListNode.next(node);
        if (following == 0) {
            return false;
        }
        enter(following);
        if (!plain) {
            at = Listpack.first(body);
        }
        return true;
    }

    /** Goes to the element before; false at the beginning. */
    public boolean previous() {
        int previous = plain ? Listpack.NONE : Listpack.previous(body, at);
        if (previous != Listpack.NONE) {
            at = previous;
            return true;
        }
        long before = node == 0 ? 0 : ListNode.previous(node);
        if (before == 0) {
            return false;
        }
        enter(before);
        if (!plain) {
            at = Listpack.last(body);
        }
        return true;
    }

    public boolean isNumber() {
        return !plain && Listpack.isNumber(body, at);
    }

    /** The value of an element that {@link #isNumber}. */
    public long number() {
        return Listpack.number(body, at);
    }

    /** Where the bytes of an element are that is no number. */
    public long address() {
        return plain ? body : Listpack.address(body, at);
    }

    /** Number of bytes of an element that is no number. */
    public int length() {
        return plain ? ListNode.plainLength(node) : Listpack.length(body, at);
    }

    /** Number of bytes of any element as text. */
    public int textLength() {
        return plain ? length() : Listpack.textLength(body, at);
    }

    /** Writes any element as text, {@link #textLength} bytes. */
    public void copyText(long to) {
        if (plain) {
            Memory.copy(body, to, length());
        } else {
            Listpack.copyText(body, at, to);
        }
    }

    /** True if the element's text is these bytes. */
    public boolean equals(long bytes, int length) {
        return plain
                ? ListNode.plainLength(node) == length && Memory.same(body, bytes, length)
                : Listpack.equals(body, at, bytes, length);
    }
}
