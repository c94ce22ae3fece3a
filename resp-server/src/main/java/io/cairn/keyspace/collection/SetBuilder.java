package io.cairn.keyspace.collection;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Digits;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import org.jspecify.annotations.Nullable;

/**
 * A set outside of the keyspace that is put together or changed. It is an intset while all members are numbers and few enough, then a listpack while it
 * is small, then a {@link SetObject}; never back. The last two have the same order, so only the bound of the intset may be seen in
 * the data (SPOP takes a member by its place), and must be the same wherever the same log is applied.
 */
public final class SetBuilder implements AutoCloseable {
    /** Members in a listpack. Redis: set-max-listpack-entries of 7.2. */
    static final int LISTPACK_MEMBERS = 128;
    /** Bytes of a member in a listpack. Redis: set-max-listpack-value. */
    static final int LISTPACK_BYTES = 64;

    private final long maxNumbers;
    private byte encoding = Value.INTSET;
    private @Nullable IntsetBuilder numbers;
    private @Nullable ListpackBuilder packed;
    private @Nullable SetObject large;

    /**
     * An empty one.
     *
     * @param maxNumbers members of an intset
     */
    public SetBuilder(long maxNumbers) {
        this.maxNumbers = Math.min(maxNumbers, Intset.MAX_COUNT);
    }

    /** Begins with a copy of a compact set. */
    public void load(Value set) {
        encoding = set.encoding;
        if (encoding == Value.INTSET) {
            numbers().load(set.address);
        } else {
            packed().load(set.address);
        }
    }

    /** Begins with a copy of an intset that is valid; gives it another form if that is due. */
    public void loadIntset(long set) {
        numbers().load(set);
        if (numbers().count() > maxNumbers) {
            leaveIntset(0);
        }
    }

    /** An empty one that is not to be an intset, whatever its members. */
    public void leaveIntset() {
        leaveIntset(0);
    }

    private IntsetBuilder numbers() {
        if (numbers == null) {
            numbers = new IntsetBuilder();
        }
        return numbers;
    }

    private ListpackBuilder packed() {
        if (packed == null) {
            packed = new ListpackBuilder();
        }
        return packed;
    }

    private SetObject large() {
        if (large == null) {
            large = new SetObject();
        }
        return large;
    }

    public int size() {
        return switch (encoding) {
            case Value.INTSET -> numbers().count();
            case Value.LISTPACK -> packed().count();
            default -> (int) large().elements();
        };
    }

    /** Makes room for so many members, if it is large by now. */
    public void reserve(int members) {
        if (encoding == Value.OBJECT) {
            large().reserve(members);
        }
    }

    /** Adds a member; false if it was there. Redis: setTypeAdd. */
    public boolean add(long bytes, int length) {
        if (encoding == Value.INTSET) {
            if (Digits.fits(bytes, length)) {
                if (!numbers().add(Digits.parse(bytes, length))) {
                    return false;
                }
                if (numbers().count() > maxNumbers) {
                    leaveIntset(0);
                }
                return true;
            }
            leaveIntset(length);
        }
        if (encoding == Value.LISTPACK) {
            ListpackBuilder lp = packed();
            if (Listpack.find(lp.address(), Listpack.first(lp.address()), bytes, length, 0) != Listpack.NONE) {
                return false;
            }
            if (length <= LISTPACK_BYTES && lp.count() < LISTPACK_MEMBERS) {
                lp.append(bytes, length);
                return true;
            }
            leaveListpack();
        }
        return large().add(bytes, length);
    }

    /** Gives it a form for other members than numbers, with a view to one of so many bytes. */
    private void leaveIntset(int length) {
        IntsetBuilder from = numbers();
        int count = from.count();
        if (length <= LISTPACK_BYTES && count <= LISTPACK_MEMBERS) {
            encoding = Value.LISTPACK;
            for (int i = 0; i < count; i++) {
                packed().append(Intset.get(from.address(), i));
            }
        } else {
            encoding = Value.OBJECT;
            large().reserve(count + 1);
            try (ElementText member = new ElementText()) {
                for (int i = 0; i < count; i++) {
                    member.set(Intset.get(from.address(), i));
                    large().add(member.address(), member.length());
                }
            }
        }
        from.begin();
    }

    private void leaveListpack() {
        encoding = Value.OBJECT;
        long lp = packed().address();
        large().reserve(packed().count() + 1);
        try (ElementText member = new ElementText()) {
            for (int at = Listpack.first(lp); at != Listpack.NONE; at = Listpack.next(lp, at)) {
                member.setElement(lp, at);
                large().add(member.address(), member.length());
            }
        }
    }

    /** Removes a member; false if it was not there. Redis: setTypeRemove. */
    public boolean remove(long bytes, int length) {
        switch (encoding) {
            case Value.INTSET -> {
                return Digits.fits(bytes, length) && numbers().remove(Digits.parse(bytes, length));
            }
            case Value.LISTPACK -> {
                long lp = packed().address();
                int at = Listpack.find(lp, Listpack.first(lp), bytes, length, 0);
                if (at != Listpack.NONE) {
                    packed().removeBySwap(at, 1);
                }
                return at != Listpack.NONE;
            }
            default -> {
                return large().remove(bytes, length);
            }
        }
    }

    /** Shows the member at a place of the order, until the next change. */
    public void memberAt(int index, ElementText out) {
        switch (encoding) {
            case Value.INTSET -> out.set(Intset.get(numbers().address(), index));
            case Value.LISTPACK -> out.setElement(packed().address(), Listpack.seek(packed().address(), index));
            default -> large().memberAt(index, out);
        }
    }

    /** Removes the member at a place of the order. */
    public void removeAt(int index) {
        switch (encoding) {
            case Value.INTSET -> numbers().removeAt(index);
            case Value.LISTPACK -> packed().removeBySwap(Listpack.seek(packed().address(), index), 1);
            default -> large().removeAt(index);
        }
    }

    /** A reader of what there is now, valid until the next change. */
    public SetReader reader() {
        long address = switch (encoding) {
            case Value.INTSET -> numbers().address();
            case Value.LISTPACK -> packed().address();
            default -> 0;
        };
        return new SetReader(encoding, address, large);
    }

    /** Stores it under a key, in the place of what was there; to be called once. It must not be empty. */
    public void store(Database database, long key, int keyLength, long expireAt) {
        if (encoding == Value.OBJECT) {
            database.putObject(key, keyLength, large(), expireAt);
            large = null;
        } else {
            boolean intset = encoding == Value.INTSET;
            long address = intset ? numbers().address() : packed().address();
            int bytes = intset ? numbers().bytes() : packed().bytes();
            database.putPacked(key, keyLength, ValueType.SET, encoding, address, bytes, expireAt);
        }
    }

    /** Fills {@code out} with a view of it, valid until its next change. */
    public void view(Value out) {
        out.type = ValueType.SET;
        out.encoding = encoding;
        out.object = encoding == Value.OBJECT ? large() : null;
        if (encoding == Value.INTSET) {
            out.address = numbers().address();
            out.length = numbers().bytes();
        } else if (encoding != Value.OBJECT) {
            out.address = packed().address();
            out.length = packed().bytes();
        }
    }

    @Override
    public void close() {
        if (numbers != null) {
            numbers.close();
        }
        if (packed != null) {
            packed.close();
        }
        if (large != null) {
            large.release();
            large = null;
        }
    }
}
