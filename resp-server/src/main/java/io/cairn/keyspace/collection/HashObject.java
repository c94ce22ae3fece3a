package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.ValueType;

/** A large hash: a {@link Dict} of fields whose tails are the values. */
public final class HashObject extends StoredObject {
    private static final int HANDLE_BYTES = 40;

    private final Dict dict;

    public HashObject() {
        this(Dict.withTails());
    }

    private HashObject(Dict dict) {
        super(ValueType.HASH);
        this.dict = dict;
    }

    /** Its fields in their order. Only this class changes it. */
    Dict fields() {
        return dict;
    }

    @Override
    public long elements() {
        return dict.size();
    }

    @Override
    public long usedBytes() {
        return HANDLE_BYTES + dict.usedBytes();
    }

    @Override
    public StoredObject copy() {
        return new HashObject(dict.copy());
    }

    @Override
    protected void free() {
        dict.free();
    }

    /** Makes room for so many fields, so that adding them moves nothing. */
    public void reserve(int fields) {
        dict.reserve(fields);
    }

    public boolean contains(long field, int fieldLength) {
        return dict.find(field, fieldLength) != 0;
    }

    /** Sets a field; true if it is new. The value must not lie within this hash. */
    public boolean put(long field, int fieldLength, long value, int valueLength) {
        int hash = dict.hash(field, fieldLength);
        long node = dict.find(field, fieldLength, hash);
        boolean added = node == 0;
        if (added) {
            node = dict.insert(field, fieldLength, hash, valueLength);
        } else if (dict.tailLength(node) != valueLength) {
            node = dict.resize(node, valueLength);
        }
        Memory.copy(value, dict.tail(node), valueLength);
        return added;
    }

    /** Removes a field; false if it was not there. */
    public boolean remove(long field, int fieldLength) {
        long node = dict.find(field, fieldLength);
        if (node != 0) {
            dict.remove(node);
        }
        return node != 0;
    }

    /** Where a scan goes on; see {@link Dict#scanFrom}. */
    public int scanFrom(long cursor) {
        return dict.scanFrom(cursor);
    }
}
