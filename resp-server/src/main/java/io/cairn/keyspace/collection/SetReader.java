package io.cairn.keyspace.collection;

import io.cairn.keyspace.Digits;
import io.cairn.keyspace.Value;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the members of a set in their order, and looks them up. In an intset the order is ascending; in the other two forms it is the same,
 * {@link Dict}'s. Valid until the next change of the database.
 */
public final class SetReader implements AutoCloseable {
    private final ElementText member = new ElementText();
    private final @Nullable Dict dict;
    private final long packed;
    private final boolean numbers;
    private final int size;
    private int index = -1;
    private int at = Listpack.NONE;
    private long number;

    /** Stands before the first member of a set. */
    public SetReader(Value set) {
        this(set.encoding, set.address, (SetObject) set.object);
    }

    /**
     * @param packed address of the listpack or intset, if the encoding says so
     * @param large the set, if the encoding is {@link Value#OBJECT}
     */
    SetReader(byte encoding, long packed, @Nullable SetObject large) {
        this.packed = packed;
        this.numbers = encoding == Value.INTSET;
        if (encoding == Value.OBJECT) {
            this.dict = Objects.requireNonNull(large).members();
            this.size = dict.size();
        } else {
            this.dict = null;
            this.size = numbers ? Intset.count(packed) : Listpack.count(packed);
        }
    }

    /** Number of members of a set. */
    public static int size(Value set) {
        if (set.object != null) {
            return (int) set.object.elements();
        }
        return set.encoding == Value.INTSET ? Intset.count(set.address) : Listpack.count(set.address);
    }

    /** Whether these bytes are a member of a set. Redis: setTypeIsMember. */
    public static boolean contains(Value set, long bytes, int length) {
        if (set.encoding == Value.OBJECT) {
            return ((SetObject) Objects.requireNonNull(set.object)).contains(bytes, length);
        }
        return packedContains(set.encoding == Value.INTSET, set.address, bytes, length);
    }

    private static boolean packedContains(boolean numbers, long packed, long bytes, int length) {
        if (numbers) {
            return Digits.fits(bytes, length) && Intset.contains(packed, Digits.parse(bytes, length));
        }
        return Listpack.find(packed, Listpack.first(packed), bytes, length, 0) != Listpack.NONE;
    }

    public int size() {
        return size;
    }

    public boolean contains(long bytes, int length) {
        return dict != null ? dict.find(bytes, length) != 0 : packedContains(numbers, packed, bytes, length);
    }

    /** Whether the member at which another reader stands is one of this set, too. */
    public boolean contains(SetReader other) {
        if (numbers && other.numbers) {
            return Intset.contains(packed, other.number);
        }
        return contains(other.member.address(), other.member.length());
    }

    /** The place here of the member at which another reader stands, -1 if it is no member of this set. */
    public int placeOf(SetReader other) {
        if (numbers && other.numbers) {
            return Math.max(-1, Intset.find(packed, other.number));
        }
        long bytes = other.member.address();
        int length = other.member.length();
        if (dict != null) {
            long node = dict.find(bytes, length);
            return node == 0 ? -1 : dict.index(node);
        }
        if (numbers) {
            return Digits.fits(bytes, length) ? Math.max(-1, Intset.find(packed, Digits.parse(bytes, length))) : -1;
        }
        int place = 0;
        for (int p = Listpack.first(packed); p != Listpack.NONE; p = Listpack.next(packed, p)) {
            if (Listpack.equals(packed, p, bytes, length)) {
                return place;
            }
            place++;
        }
        return -1;
    }

    /** Goes to the next member; false at the end. */
    public boolean next() {
        if (index + 1 >= size) {
            return false;
        }
        index++;
        if (dict == null && !numbers) {
            at = index == 0 ? Listpack.first(packed) : Listpack.next(packed, at);
        }
        show();
        return true;
    }

    /** Stands before the first member again. */
    public void rewind() {
        index = -1;
    }

    /** Goes to the member at a place of the order: O(1) in a large set and an intset. */
    public void seek(int place) {
        index = place;
        if (dict == null && !numbers) {
            at = Listpack.seek(packed, place);
        }
        show();
    }

    private void show() {
        if (dict != null) {
            long node = dict.at(index);
            member.set(dict.key(node), dict.keyLength(node));
        } else if (numbers) {
            number = Intset.get(packed, index);
            member.set(number);
        } else {
            member.setElement(packed, at);
        }
    }

    /** The member at which it stands. */
    public ElementText member() {
        return member;
    }

    @Override
    public void close() {
        member.close();
    }
}
