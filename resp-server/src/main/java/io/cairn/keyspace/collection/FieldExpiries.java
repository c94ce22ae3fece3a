package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;
import java.util.ArrayList;
import java.util.List;

/**
 * When fields of a hash expire: only of those that do. A {@link Dict} of their names finds a field's expiry, a binary heap over its nodes the earliest ones, all in
 * native memory. Setting and removing are O(log n), the earliest is O(1). The order of the heap is no function of what is in it alone, so nothing that is replicated may
 * depend on it.
 *
 * <p>Methods that add throw OutOfMemoryError and then leave it as it was.
 */
final class FieldExpiries {
    private static final int EXPIRE_AT = Dict.USER;
    private static final int PLACE = Dict.USER + Long.BYTES;
    private static final int USER_BYTES = Long.BYTES + Integer.BYTES;
    private static final int SMALLEST = 8;
    /** The handle with its object header, about. */
    private static final int HANDLE_BYTES = 40;

    private final Dict fields;
    private long heap;
    private int capacity;

    FieldExpiries() {
        this(Dict.of(USER_BYTES));
    }

    private FieldExpiries(Dict fields) {
        this.fields = fields;
    }

    int size() {
        return fields.size();
    }

    long usedBytes() {
        return HANDLE_BYTES + fields.usedBytes() + (capacity == 0 ? 0 : Allocation.bytes(bytes(capacity)));
    }

    private static long bytes(int capacity) {
        return (long) capacity * Long.BYTES;
    }

    /** The expiry of a field, 0 when it has none. */
    long of(long field, int length) {
        long node = fields.find(field, length);
        return node == 0 ? 0 : expireAt(node);
    }

    /** The earliest of all, Long.MAX_VALUE when there is none. */
    long earliest() {
        return size() == 0 ? Long.MAX_VALUE : expireAt(node(0));
    }

    void set(long field, int length, long expireAt) {
        long node = fields.find(field, length);
        if (node == 0) {
            reserve(size() + 1);
            node = fields.insert(field, length);
            Memory.putLong(node + EXPIRE_AT, expireAt);
            place(node, size() - 1);
            up(node);
        } else {
            Memory.putLong(node + EXPIRE_AT, expireAt);
            settle(node);
        }
    }

    /** False if the field had none. */
    boolean remove(long field, int length) {
        long node = fields.find(field, length);
        if (node == 0) {
            return false;
        }
        int hole = Memory.getInt(node + PLACE);
        long last = node(size() - 1);
        fields.remove(node);
        if (last != node) {
            place(last, hole);
            settle(last);
        }
        shrink();
        return true;
    }

    /** Number of fields that are expired at {@code now}: takes as many steps as there are. */
    int expired(long now) {
        return size() == 0 ? 0 : visit(0, now, Integer.MAX_VALUE, null);
    }

    /** Up to {@code limit} fields that are expired at {@code now}, {@code maxBytes} of names at most but for the first. */
    List<byte[]> expired(long now, int limit, int maxBytes) {
        List<Long> nodes = new ArrayList<>();
        if (size() > 0) {
            visit(0, now, limit, nodes);
        }
        List<byte[]> names = new ArrayList<>(nodes.size());
        long bytes = 0;
        for (long node : nodes) {
            bytes += fields.keyLength(node);
            if (!names.isEmpty() && bytes > maxBytes) {
                break;
            }
            names.add(Memory.bytes(fields.key(node), fields.keyLength(node)));
        }
        return names;
    }

    /** Counts the expired below a place, the place included; what is below one that is not expired is not either. The depth is that of the heap. */
    private int visit(int place, long now, int limit, @org.jspecify.annotations.Nullable List<Long> found) {
        if (place >= size() || limit == 0 || expireAt(node(place)) > now) {
            return 0;
        }
        if (found != null) {
            found.add(node(place));
        }
        int count = 1;
        // A heap of 2^30 has children up to 2^31, which would overflow.
        if (place < Integer.MAX_VALUE / 2) {
            count += visit(2 * place + 1, now, limit - count, found);
            count += visit(2 * place + 2, now, limit - count, found);
        }
        return count;
    }

    private static long expireAt(long node) {
        return Memory.getLong(node + EXPIRE_AT);
    }

    private long node(int place) {
        return Memory.getLong(heap + bytes(place));
    }

    private void place(long node, int place) {
        Memory.putLong(heap + bytes(place), node);
        Memory.putInt(node + PLACE, place);
    }

    /** Moves a node whose expiry or place is new to where it belongs. */
    private void settle(long node) {
        up(node);
        down(node);
    }

    private void up(long node) {
        int place = Memory.getInt(node + PLACE);
        long expireAt = expireAt(node);
        while (place > 0) {
            int parent = (place - 1) / 2;
            long above = node(parent);
            if (expireAt(above) <= expireAt) {
                break;
            }
            place(above, place);
            place = parent;
        }
        place(node, place);
    }

    private void down(long node) {
        int place = Memory.getInt(node + PLACE);
        long expireAt = expireAt(node);
        int size = size();
        while (2L * place + 1 < size) {
            int child = 2 * place + 1;
            if (child + 1 < size && expireAt(node(child + 1)) < expireAt(node(child))) {
                child++;
            }
            long below = node(child);
            if (expireAt(below) >= expireAt) {
                break;
            }
            place(below, place);
            place = child;
        }
        place(node, place);
    }

    private void reserve(int wanted) {
        if (capacity >= wanted) {
            return;
        }
        int larger = Math.max(SMALLEST, wanted + wanted / 4);
        heap = heap == 0 ? Memory.allocate(bytes(larger)) : Memory.reallocate(heap, bytes(larger));
        capacity = larger;
    }

    private void shrink() {
        if (capacity <= 2 * SMALLEST || size() >= capacity / 4) {
            return;
        }
        try {
            heap = Memory.reallocate(heap, bytes(capacity / 2));
            capacity /= 2;
        } catch (OutOfMemoryError tooLarge) {
            // The heap stays as large as it is.
            assert capacity >= size() : tooLarge;
        }
    }

    FieldExpiries copy() {
        FieldExpiries copy = new FieldExpiries(fields.copy());
        boolean done = false;
        try {
            copy.reserve(size());
            for (int i = 0; i < size(); i++) {
                long node = copy.fields.at(i);
                copy.place(node, Memory.getInt(node + PLACE));
            }
            done = true;
            return copy;
        } finally {
            if (!done) {
                copy.free();
            }
        }
    }

    void free() {
        fields.free();
        if (heap != 0) {
            Memory.free(heap, bytes(capacity));
        }
        heap = 0;
        capacity = 0;
    }
}
