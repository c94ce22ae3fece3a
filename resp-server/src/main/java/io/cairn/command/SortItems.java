package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.collection.ListCursor;
import io.cairn.keyspace.collection.SetReader;
import io.cairn.keyspace.collection.SortedView;
import java.util.Arrays;
import java.util.Comparator;

/** Copies of the elements that SORT has before it, each with what it is sorted by: bytes in one native block, Java arrays of where they are. */
final class SortItems implements AutoCloseable {
    /** Length of what an element has no bytes to be sorted by. */
    private static final int NONE = -1;

    private static final int FIRST_BYTES = 4096;

    private NativeBlock bytes = NativeBlock.allocate(FIRST_BYTES);
    private long used;
    private int count;
    private long[] offsets;
    private int[] lengths;
    private final double[] scores;
    private final long[] weights;
    private final int[] weightLengths;
    private Integer[] order = new Integer[0];

    SortItems(int capacity) {
        offsets = new long[capacity];
        lengths = new int[capacity];
        scores = new double[capacity];
        weights = new long[capacity];
        weightLengths = new int[capacity];
        Arrays.fill(weightLengths, NONE);
    }

    /** Adds elements of a list from an index on, or backwards. */
    void addList(Value list, long from, int number, boolean backwards) {
        ListCursor cursor = new ListCursor();
        boolean more = number > 0 && cursor.seek(list, from);
        for (int left = number; left > 0 && more; left--) {
            int length = cursor.textLength();
            cursor.copyText(room(length));
            added(length);
            more = backwards ? cursor.previous() : cursor.next();
        }
    }

    /** Adds the members of a set in its order. */
    void addSet(Value set) {
        try (SetReader reader = new SetReader(set)) {
            while (reader.next()) {
                add(reader.member().address(), reader.member().length());
            }
        }
    }

    /** Adds members of a sorted set from a rank on, or backwards. */
    void addSorted(Value sorted, long from, int number, boolean backwards) {
        try (SortedView view = SortedReplies.view(sorted)) {
            long at = number > 0 ? view.at(from) : SortedView.NONE;
            for (int left = number; left > 0 && at != SortedView.NONE; left--) {
                add(view.member(at), view.length(at));
                at = backwards ? view.previous(at) : view.next(at);
            }
        }
    }

    private void add(long element, int length) {
        Memory.copy(element, room(length), length);
        added(length);
    }

    private void added(int length) {
        offsets[count] = used;
        lengths[count] = length;
        used += length;
        count++;
    }

    /** Where so many bytes more may be written. */
    private long room(int more) {
        long needed = used + more;
        if (needed > bytes.capacity()) {
            int capacity = (int) Math.min(Integer.MAX_VALUE, Math.max(needed, 2L * bytes.capacity()));
            if (needed > capacity) {
                throw new OutOfMemoryError("SORT of more than 2 GB");
            }
            NativeBlock larger = NativeBlock.allocate(capacity);
            Memory.copy(bytes.address(), larger.address(), used);
            bytes.release();
            bytes = larger;
        }
        return bytes.address() + used;
    }

    int count() {
        return count;
    }

    long address(int item) {
        return bytes.address() + offsets[item];
    }

    int length(int item) {
        return lengths[item];
    }

    void setScore(int item, double score) {
        scores[item] = score;
    }

    /** Gives an element the bytes that it is sorted by. */
    void setWeight(int item, long weight, int length) {
        Memory.copy(weight, room(length), length);
        weights[item] = used;
        weightLengths[item] = length;
        used += length;
    }

    /**
     * Sorts; those that are equal keep their order, unless that is nobody's business.
     *
     * @param weighed by {@link #setWeight} if alphabetical; those without come first
     * @param ordered the order so far means something: of equal elements of a set the smaller comes first, whatever the order of the set is
     */
    void sort(boolean alphabetical, boolean weighed, boolean descending, boolean ordered) {
        Comparator<Integer> comparator = alphabetical
                ? weighed ? this::compareWeights : this::compareElements
                : (a, b) -> {
                    int scored = scores[a] < scores[b] ? -1 : scores[a] > scores[b] ? 1 : 0;
                    return scored != 0 ? scored : compareElements(a, b);
                };
        if (descending) {
            comparator = comparator.reversed();
        }
        if (!ordered) {
            comparator = comparator.thenComparing(this::compareElements);
        }
        order = new Integer[count];
        Arrays.setAll(order, item -> item);
        Arrays.sort(order, comparator);
    }

    /** The element at a place of the order. */
    int at(int place) {
        return order.length == 0 ? place : order[place];
    }

    private int compareElements(int a, int b) {
        return compare(address(a), lengths[a], address(b), lengths[b]);
    }

    private int compareWeights(int a, int b) {
        if (weightLengths[a] == NONE || weightLengths[b] == NONE) {
            return Integer.compare(weightLengths[a] == NONE ? 0 : 1, weightLengths[b] == NONE ? 0 : 1);
        }
        return compare(bytes.address() + weights[a], weightLengths[a], bytes.address() + weights[b], weightLengths[b]);
    }

    /** Redis: compareStringObjects. */
    private static int compare(long a, int aLength, long b, int bLength) {
        int common = Math.min(aLength, bLength);
        for (int i = 0; i < common; i++) {
            int difference = (Memory.getByte(a + i) & 0xFF) - (Memory.getByte(b + i) & 0xFF);
            if (difference != 0) {
                return difference;
            }
        }
        return aLength - bLength;
    }

    @Override
    public void close() {
        bytes.release();
    }
}
