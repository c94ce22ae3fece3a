package io.cairn.keyspace.collection;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import org.jspecify.annotations.Nullable;

/**
 * A hash outside of the keyspace that is put together or changed: compact, a listpack of field, value, ..., until it is beyond the limits. A field that is
 * removed leaves its place to the last one in both forms, so that the order never tells the form.
 */
public final class HashBuilder implements AutoCloseable {
    private final ListpackBuilder packed = new ListpackBuilder();
    private final long maxFields;
    private final long maxBytes;
    private @Nullable HashObject large;

    /** An empty one. */
    public HashBuilder(EncodingLimits limits) {
        this.maxFields = limits.hashEntries;
        this.maxBytes = limits.hashValue;
    }

    /** Begins with a copy of a compact hash. */
    public void load(Value hash) {
        packed.load(hash.address);
    }

    /** Begins with a copy of a listpack of pairs that is valid and has no field twice; makes it large if that is due. */
    public void load(long lp) {
        packed.load(lp);
        if (packed.count() / 2 > maxFields) {
            convert();
        }
    }

    public int size() {
        return large != null ? (int) large.elements() : packed.count() / 2;
    }

    /** Makes it large if a field or value of this length cannot be in the compact form. Redis: hashTypeTryConversion. */
    public void expect(int length) {
        if (large == null && length > maxBytes) {
            convert();
        }
    }

    /** Sets a field; true if it is new. Redis: hashTypeSet. */
    public boolean put(long field, int fieldLength, long value, int valueLength) {
        expect(fieldLength);
        expect(valueLength);
        if (large == null
                && packed.bytes() + Listpack.itemBytes(field, fieldLength) + Listpack.itemBytes(value, valueLength)
                        > Listpack.MAX_BYTES) {
            convert();
        }
        if (large != null) {
            return large.put(field, fieldLength, value, valueLength);
        }
        int at = find(field, fieldLength);
        if (at == Listpack.NONE) {
            packed.append(field, fieldLength);
            packed.append(value, valueLength);
        } else {
            packed.replace(Listpack.next(packed.address(), at), value, valueLength);
        }
        if (packed.count() / 2 > maxFields) {
            convert();
        }
        return at == Listpack.NONE;
    }

    public boolean contains(long field, int fieldLength) {
        return large != null ? large.contains(field, fieldLength) : find(field, fieldLength) != Listpack.NONE;
    }

    private int find(long field, int fieldLength) {
        long lp = packed.address();
        return Listpack.find(lp, Listpack.first(lp), field, fieldLength, 1);
    }

    /** Removes a field; false if it was not there. */
    public boolean remove(long field, int fieldLength) {
        if (large != null) {
            return large.remove(field, fieldLength);
        }
        int at = find(field, fieldLength);
        if (at == Listpack.NONE) {
            return false;
        }
        packed.removeBySwap(at, 2);
        return true;
    }

    /** Makes a field that is there expire, and so the hash large. */
    public void expire(long field, int fieldLength, long expireAt) {
        HashObject made = large == null ? convert() : large;
        made.expire(field, fieldLength, expireAt);
    }

    private HashObject convert() {
        HashObject made = new HashObject();
        large = made;
        made.reserve(packed.count() / 2);
        try (ElementText field = new ElementText();
                ElementText value = new ElementText()) {
            long lp = packed.address();
            int at = Listpack.first(lp);
            while (at != Listpack.NONE) {
                field.setElement(lp, at);
                at = Listpack.next(lp, at);
                value.setElement(lp, at);
                at = Listpack.next(lp, at);
                made.put(field.address(), field.length(), value.address(), value.length());
            }
        }
        return made;
    }

    /** Stores it under a key, in the place of what was there; to be called once. It must not be empty. */
    public void store(Database database, long key, int keyLength, long expireAt) {
        if (large != null) {
            database.putObject(key, keyLength, large, expireAt);
            large = null;
        } else {
            database.putPacked(
                    key, keyLength, ValueType.HASH, Value.LISTPACK, packed.address(), packed.bytes(), expireAt);
        }
    }

    /** Fills {@code out} with a view of it, valid until its next change. */
    public void view(Value out) {
        out.type = ValueType.HASH;
        out.encoding = large != null ? Value.OBJECT : Value.LISTPACK;
        out.object = large;
        out.address = packed.address();
        out.length = packed.bytes();
    }

    @Override
    public void close() {
        packed.close();
        if (large != null) {
            large.release();
            large = null;
        }
    }
}
