package io.cairn.command;

import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.ListCursor;
import io.cairn.keyspace.collection.Listpack;
import io.cairn.keyspace.collection.ListpackBuilder;
import io.cairn.keyspace.collection.QuickList;
import org.jspecify.annotations.Nullable;

/**
 * A list that a command changes, whatever its form: a small one as a listpack in scratch memory, a large one in its place. {@link #commit} stores it; until then
 * the keyspace must not be changed otherwise. One at a time: the scratch memory is the call's.
 *
 * <p>What throws {@link OutOfMemoryError} changed nothing.
 */
final class ListEdit {
    /** What an element takes besides its bytes, about. */
    private static final int ELEMENT_OVERHEAD = 8;

    private final Call call;
    private final int key;
    private final EncodingLimits limits;
    private final ListpackBuilder packed;
    private final long expireAt;
    private @Nullable QuickList large;
    /** The large list is the keyspace's. */
    private final boolean stored;

    private ListEdit(Call call, int key, @Nullable Value found) {
        this.call = call;
        this.key = key;
        this.limits = call.keyspace.encodingLimits();
        this.packed = call.scratch();
        this.stored = found != null && found.object != null;
        this.expireAt = found == null ? 0 : found.expireAt;
        if (stored) {
            large = (QuickList) call.database().change(call.args.address(key), call.args.length(key));
        } else if (found != null) {
            packed.load(found.address);
        } else {
            packed.begin();
        }
    }

    /** The list at a key, of which {@code found} is the view. */
    static ListEdit of(Call call, int key, Value found) {
        return new ListEdit(call, key, found);
    }

    /** A new list; what the key has is replaced. */
    static ListEdit create(Call call, int key) {
        return new ListEdit(call, key, null);
    }

    /** Looks a key up for a write. */
    static boolean find(Call call, int key, Value out) {
        return call.database().find(call.args.address(key), call.args.length(key), call.now(), out);
    }

    long count() {
        return large != null ? large.elements() : packed.count();
    }

    /** Adds the arguments from {@code first} on, one after another. */
    void pushArguments(boolean atTail, int first) {
        int done = first;
        try {
            for (; done < call.args.count(); done++) {
                push(atTail, call.args.address(done), call.args.length(done));
            }
        } catch (OutOfMemoryError e) {
            if (large != null && stored) {
                int pushed = done - first;
                large.removeRange(atTail ? -pushed : 0, pushed);
            }
            throw e;
        }
    }

    void push(boolean atTail, long bytes, int length) {
        QuickList list = roomFor(packed.bytes() + (long) length, 1, length);
        if (list == null) {
            packed.insert(atTail ? packed.bytes() - 1 : Listpack.FIRST, bytes, length);
            return;
        }
        try {
            list.push(atTail, bytes, length);
        } catch (OutOfMemoryError e) {
            abandon();
            throw e;
        }
    }

    /** Inserts before or after the element at an index that is there. */
    void insert(long index, boolean after, long bytes, int length) {
        QuickList list = roomFor(packed.bytes() + (long) length, 1, length);
        if (list == null) {
            int at = Listpack.seek(packed.address(), (int) index + (after ? 1 : 0));
            packed.insert(at == Listpack.NONE ? packed.bytes() - 1 : at, bytes, length);
            return;
        }
        ListCursor cursor = at(list, index);
        try {
            list.insert(cursor, after, bytes, length);
        } catch (OutOfMemoryError e) {
            abandon();
            throw e;
        }
    }

    /** Puts something in the place of the element at an index that is there. */
    void replace(long index, long bytes, int length) {
        QuickList list = roomFor(packed.bytes() + (long) length, 0, length);
        if (list == null) {
            packed.replace(Listpack.seek(packed.address(), (int) index), bytes, length);
            return;
        }
        ListCursor cursor = at(list, index);
        try {
            list.replace(cursor, bytes, length);
        } catch (OutOfMemoryError e) {
            abandon();
            throw e;
        }
    }

    private static ListCursor at(QuickList list, long index) {
        ListCursor cursor = new ListCursor();
        if (!cursor.seek(list, index)) {
            throw new IndexOutOfBoundsException("no element " + index + " of " + list.elements());
        }
        return cursor;
    }

    /** Removes up to {@code number} elements from an index on, negative from the end. */
    void removeRange(long index, long number) {
        if (number <= 0) {
            return;
        }
        if (large != null) {
            large.removeRange(index, number);
            return;
        }
        int at = Listpack.seek(packed.address(), (int) index);
        if (at != Listpack.NONE) {
            packed.removeRange(at, (int) Math.min(number, Integer.MAX_VALUE));
        }
    }

    /** Removes elements that are these bytes, at most so many (all if not positive); how many there were. */
    long removeEqual(long bytes, int length, long most, boolean fromTail) {
        return large != null
                ? large.removeEqual(bytes, length, most, fromTail)
                : packed.removeEqual(bytes, length, most, fromTail);
    }

    /** Stores it, or removes the key of a list without elements: then false. */
    boolean commit() {
        long address = call.args.address(key);
        int length = call.args.length(key);
        if (count() == 0) {
            call.database().remove(address, length, call.now());
            return false;
        }
        if (large == null) {
            call.database()
                    .putPacked(
                            address,
                            length,
                            ValueType.LIST,
                            Value.LISTPACK,
                            packed.address(),
                            packed.bytes(),
                            expireAt);
        } else if (stored) {
            call.database().changed(large);
        } else {
            try {
                call.database().putObject(address, length, large, expireAt);
            } catch (OutOfMemoryError e) {
                abandon();
                throw e;
            }
        }
        return true;
    }

    /** The large list if there is one, or if elements of that size are too much for a listpack. */
    private @Nullable QuickList roomFor(long bytes, int more, int length) {
        if (large == null
                && (bytes + ELEMENT_OVERHEAD > QuickList.INLINE_BYTES
                        || length >= limits.listPlain
                        || !QuickList.fitsNode(bytes + ELEMENT_OVERHEAD, packed.count() + (long) more, limits))) {
            QuickList list = new QuickList(limits);
            if (packed.count() > 0) {
                list.appendListpack(packed.address());
            }
            large = list;
        }
        return large;
    }

    /** Gives up a large list that was made here. */
    private void abandon() {
        if (large != null && !stored) {
            large.release();
            large = null;
        }
    }
}
