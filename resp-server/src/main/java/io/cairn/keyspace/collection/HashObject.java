package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.ValueType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A large hash: a {@link Dict} of fields whose tails are the values. A hash with a field that expires is always in this form; when its fields expire lies beside them
 * ({@link FieldExpiries}), so that a hash without pays nothing for it. Nothing here knows the time: a field that is expired is there until it is removed, and who
 * looks decides whether to see it.
 */
public final class HashObject extends StoredObject {
    private static final int HANDLE_BYTES = 40;

    private final Dict dict;
    /** Null when no field has an expiry. */
    private @Nullable FieldExpiries expiries;

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
        return HANDLE_BYTES + dict.usedBytes() + (expiries == null ? 0 : expiries.usedBytes());
    }

    @Override
    public StoredObject copy() {
        HashObject copy = new HashObject(dict.copy());
        boolean done = false;
        try {
            copy.expiries = expiries == null ? null : expiries.copy();
            done = true;
            return copy;
        } finally {
            if (!done) {
                copy.free();
            }
        }
    }

    @Override
    protected void free() {
        dict.free();
        dropExpiries();
    }

    private void dropExpiries() {
        if (expiries != null) {
            expiries.free();
            expiries = null;
        }
    }

    @Override
    public long earliestExpiry() {
        return expiries == null ? Long.MAX_VALUE : expiries.earliest();
    }

    /** When a field expires: 0 if it does not, or is not there. */
    public long expiry(long field, int fieldLength) {
        return expiries == null ? 0 : expiries.of(field, fieldLength);
    }

    /** Whether a field is there and expired at {@code now}. */
    public boolean isExpired(long field, int fieldLength, long now) {
        if (earliestExpiry() > now) {
            return false;
        }
        long expireAt = expiry(field, fieldLength);
        return expireAt != 0 && expireAt <= now;
    }

    /** Number of fields that are expired at {@code now}; takes as many steps as there are. */
    public int expired(long now) {
        return expiries == null ? 0 : expiries.expired(now);
    }

    /** Up to {@code limit} fields that are expired at {@code now}, with names of {@code maxBytes} at most but for the first. */
    public List<byte[]> expired(long now, int limit, int maxBytes) {
        return expiries == null ? List.of() : expiries.expired(now, limit, maxBytes);
    }

    /** Makes a field that is there expire; {@code expireAt} is not 0. */
    public void expire(long field, int fieldLength, long expireAt) {
        if (expiries == null) {
            expiries = new FieldExpiries();
        }
        expiries.set(field, fieldLength, expireAt);
    }

    /** Takes a field's expiry away; false if it had none. */
    public boolean persist(long field, int fieldLength) {
        if (expiries == null || !expiries.remove(field, fieldLength)) {
            return false;
        }
        if (expiries.size() == 0) {
            dropExpiries();
        }
        return true;
    }

    /** Makes room for so many fields, so that adding them moves nothing. */
    public void reserve(int fields) {
        dict.reserve(fields);
    }

    public boolean contains(long field, int fieldLength) {
        return dict.find(field, fieldLength) != 0;
    }

    /** Sets a field, whose expiry stays; true if it is new. The value must not lie within this hash. */
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
            persist(field, fieldLength);
            dict.remove(node);
        }
        return node != 0;
    }

    /** Where a scan goes on; see {@link Dict#scanFrom}. */
    public int scanFrom(long cursor) {
        return dict.scanFrom(cursor);
    }
}
