package io.cairn.keyspace.collection;

import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.ValueType;

/** A large set: a {@link Dict} of members. */
public final class SetObject extends StoredObject {
    private static final int HANDLE_BYTES = 40;

    private final Dict dict;

    public SetObject() {
        this(Dict.of(0));
    }

    private SetObject(Dict dict) {
        super(ValueType.SET);
        this.dict = dict;
    }

    /** Its members in their order. Only this class changes it. */
    Dict members() {
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
        return new SetObject(dict.copy());
    }

    @Override
    protected void free() {
        dict.free();
    }

    /** Makes room for so many members, so that adding them moves nothing. */
    public void reserve(int members) {
        dict.reserve(members);
    }

    public boolean contains(long member, int length) {
        return dict.find(member, length) != 0;
    }

    /** The hash of a member, for calls that look up and add. */
    public int hash(long member, int length) {
        return dict.hash(member, length);
    }

    /** As {@link #contains(long, int)}, with the member's {@link #hash}. */
    public boolean contains(long member, int length, int hash) {
        return dict.find(member, length, hash) != 0;
    }

    /** Adds a member at the end of the order; false if it was there. */
    public boolean add(long member, int length) {
        int hash = dict.hash(member, length);
        boolean absent = dict.find(member, length, hash) == 0;
        if (absent) {
            dict.insert(member, length, hash, 0);
        }
        return absent;
    }

    /** Adds a member that is not there, with its {@link #hash}, at the end of the order. */
    public void insert(long member, int length, int hash) {
        dict.insert(member, length, hash, 0);
    }

    /** Removes a member; false if it was not there. The last of the order takes its place. */
    public boolean remove(long member, int length) {
        long node = dict.find(member, length);
        if (node != 0) {
            dict.remove(node);
        }
        return node != 0;
    }

    /** Removes the member at a place of the order, whose place the last takes. */
    public void removeAt(int index) {
        dict.remove(dict.at(index));
    }

    /** Shows the member at a place of the order. */
    public void memberAt(int index, ElementText out) {
        long node = dict.at(index);
        out.set(dict.key(node), dict.keyLength(node));
    }

    /** Where a scan goes on; see {@link Dict#scanFrom}. */
    public int scanFrom(long cursor) {
        return dict.scanFrom(cursor);
    }
}
