package io.cairn.keyspace.collection;

import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.ValueType;
import java.util.function.LongConsumer;

/**
 * A large sorted set: a skip list whose links know how many elements they pass over, and an index by member; one piece of native memory an
 * element ({@link SortedNode}) belongs to both. Redis: t_zset.c's zskiplist and dict. Positions are the addresses of elements and stay valid
 * until the element is removed. How many levels an element has comes from the hash of its member; nothing visible depends on it.
 *
 * <p>Finding by member is O(1), by score or rank O(log n), and so are changes.
 */
public final class SortedSet extends StoredObject implements SortedView {
    /** The handle with its arrays on the heap. */
    private static final int HANDLE_BYTES = 640;

    private final SortedIndex index = new SortedIndex();
    private final long head = SortedNode.createHead();
    private final long[] path = new long[SortedNode.MAX_LEVELS];
    private final int[] ranks = new int[SortedNode.MAX_LEVELS];
    private long tail;
    private int levels = 1;
    private int count;
    private long nodeBytes;

    public SortedSet() {
        super(ValueType.ZSET);
    }

    @Override
    public long elements() {
        return count;
    }

    @Override
    public long usedBytes() {
        return HANDLE_BYTES + SortedNode.usedBytes(head) + index.usedBytes() + nodeBytes;
    }

    /** Adds all of another, none of which is there. */
    public void addAll(SortedView other) {
        // From the end: each goes before all that are there, which is quickly found.
        for (long at = other.last(); at != NONE; at = other.previous(at)) {
            add(other.member(at), other.length(at), other.score(at));
        }
    }

    @Override
    public SortedSet copy() {
        SortedSet copy = new SortedSet();
        try {
            copy.addAll(this);
        } catch (Throwable failed) {
            copy.release();
            throw failed;
        }
        return copy;
    }

    @Override
    protected void free() {
        long node = SortedNode.forward(head, 0);
        while (node != 0) {
            long next = SortedNode.forward(node, 0);
            SortedNode.free(node);
            node = next;
        }
        SortedNode.free(head);
        index.free();
    }

    @Override
    public long size() {
        return count;
    }

    @Override
    public long first() {
        return SortedNode.forward(head, 0);
    }

    @Override
    public long last() {
        return tail;
    }

    @Override
    public long next(long at) {
        return SortedNode.forward(at, 0);
    }

    @Override
    public long previous(long at) {
        return SortedNode.backward(at);
    }

    @Override
    public double score(long at) {
        return SortedNode.score(at);
    }

    @Override
    public long member(long at) {
        return SortedNode.member(at);
    }

    @Override
    public int length(long at) {
        return SortedNode.length(at);
    }

    @Override
    public long find(long member, int length) {
        return index.find(member, length, MemberBytes.hash(member, length));
    }

    @Override
    public long rank(long at) {
        double score = SortedNode.score(at);
        long member = SortedNode.member(at);
        int length = SortedNode.length(at);
        long rank = 0;
        long node = head;
        for (int i = levels - 1; i >= 0; i--) {
            long next = SortedNode.forward(node, i);
            while (next != 0 && SortedNode.isBefore(next, score, member, length)) {
                rank += SortedNode.span(node, i);
                node = next;
                next = SortedNode.forward(node, i);
            }
        }
        return rank;
    }

    @Override
    public long at(long rank) {
        if (rank < 0 || rank >= count) {
            return NONE;
        }
        long left = rank + 1;
        long node = head;
        for (int i = levels - 1; i >= 0; i--) {
            long next = SortedNode.forward(node, i);
            while (next != 0 && SortedNode.span(node, i) <= left) {
                left -= SortedNode.span(node, i);
                node = next;
                next = SortedNode.forward(node, i);
            }
        }
        return node;
    }

    @Override
    public long countBelow(SortedRange range) {
        return count(range, false);
    }

    @Override
    public long countUpTo(SortedRange range) {
        return count(range, true);
    }

    private long count(SortedRange range, boolean included) {
        if (!range.byScore() && count > 0 && SortedNode.score(first()) != SortedNode.score(tail)) {
            return countByHalves(range, included);
        }
        long rank = 0;
        long node = head;
        for (int i = levels - 1; i >= 0; i--) {
            long next = SortedNode.forward(node, i);
            while (next != 0 && precedes(next, range, included)) {
                rank += SortedNode.span(node, i);
                node = next;
                next = SortedNode.forward(node, i);
            }
        }
        return rank;
    }

    /** The list's own order is not that of the range: which elements are looked at must not depend on their levels. */
    private long countByHalves(SortedRange range, boolean included) {
        long low = 0;
        long high = count;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (precedes(at(middle), range, included)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static boolean precedes(long node, SortedRange range, boolean included) {
        double score = SortedNode.score(node);
        long member = SortedNode.member(node);
        int length = SortedNode.length(node);
        return included ? !range.isAbove(score, member, length) : range.isBelow(score, member, length);
    }

    /**
     * Adds a member that is not there; its position.
     *
     * @throws OutOfMemoryError when the system has no memory left; nothing has changed then
     */
    public long add(long member, int length, double score) {
        long hash = MemberBytes.hash(member, length);
        index.reserve();
        long node = SortedNode.create(member, length, hash, score);
        index.add(node, hash);
        link(node);
        nodeBytes += SortedNode.usedBytes(node);
        return node;
    }

    /** Gives an element another score. */
    public void setScore(long node, double score) {
        long before = SortedNode.backward(node);
        long after = SortedNode.forward(node, 0);
        if ((before == 0 || SortedNode.score(before) < score) && (after == 0 || SortedNode.score(after) > score)) {
            SortedNode.setScore(node, score);
            return;
        }
        unlink(node);
        SortedNode.setScore(node, score);
        link(node);
    }

    public void remove(long node) {
        unlink(node);
        discard(node);
    }

    /** Removes elements from a rank on, as many of {@code number} as there are. */
    public void removeRange(long rank, long number) {
        int wanted = (int) Math.min(rank, count);
        int passed = 0;
        long at = head;
        for (int i = levels - 1; i >= 0; i--) {
            long next = SortedNode.forward(at, i);
            while (next != 0 && passed + SortedNode.span(at, i) <= wanted) {
                passed += SortedNode.span(at, i);
                at = next;
                next = SortedNode.forward(at, i);
            }
            path[i] = at;
        }
        long node = SortedNode.forward(at, 0);
        for (long left = number; left > 0 && node != 0; left--) {
            long next = SortedNode.forward(node, 0);
            unlinkFromPath(node);
            discard(node);
            node = next;
        }
    }

    private void discard(long node) {
        index.remove(node);
        nodeBytes -= SortedNode.usedBytes(node);
        SortedNode.free(node);
    }

    /** See {@link SortedIndex#scan}. */
    public long scan(long cursor, long wanted, LongConsumer visitor) {
        return index.scan(cursor, wanted, visitor);
    }

    /** Fills the path to where a score and member are or would be. */
    private void descend(double score, long member, int length) {
        int rank = 0;
        long node = head;
        for (int i = levels - 1; i >= 0; i--) {
            long next = SortedNode.forward(node, i);
            while (next != 0 && SortedNode.isBefore(next, score, member, length)) {
                rank += SortedNode.span(node, i);
                node = next;
                next = SortedNode.forward(node, i);
            }
            path[i] = node;
            ranks[i] = rank;
        }
    }

    private void link(long node) {
        descend(SortedNode.score(node), SortedNode.member(node), SortedNode.length(node));
        int own = SortedNode.levels(node);
        for (; levels < own; levels++) {
            path[levels] = head;
            ranks[levels] = 0;
            SortedNode.setSpan(head, levels, count);
        }
        for (int i = 0; i < own; i++) {
            int passed = ranks[0] - ranks[i];
            SortedNode.setForward(node, i, SortedNode.forward(path[i], i));
            SortedNode.setSpan(node, i, SortedNode.span(path[i], i) - passed);
            SortedNode.setForward(path[i], i, node);
            SortedNode.setSpan(path[i], i, passed + 1);
        }
        for (int i = own; i < levels; i++) {
            SortedNode.setSpan(path[i], i, SortedNode.span(path[i], i) + 1);
        }
        SortedNode.setBackward(node, path[0] == head ? 0 : path[0]);
        long after = SortedNode.forward(node, 0);
        if (after == 0) {
            tail = node;
        } else {
            SortedNode.setBackward(after, node);
        }
        count++;
    }

    private void unlink(long node) {
        descend(SortedNode.score(node), SortedNode.member(node), SortedNode.length(node));
        unlinkFromPath(node);
    }

    private void unlinkFromPath(long node) {
        for (int i = 0; i < levels; i++) {
            int span = SortedNode.span(path[i], i);
            if (SortedNode.forward(path[i], i) == node) {
                SortedNode.setSpan(path[i], i, span + SortedNode.span(node, i) - 1);
                SortedNode.setForward(path[i], i, SortedNode.forward(node, i));
            } else {
                SortedNode.setSpan(path[i], i, span - 1);
            }
        }
        long after = SortedNode.forward(node, 0);
        if (after == 0) {
            tail = SortedNode.backward(node);
        } else {
            SortedNode.setBackward(after, SortedNode.backward(node));
        }
        while (levels > 1 && SortedNode.forward(head, levels - 1) == 0) {
            levels--;
        }
        count--;
    }
}
