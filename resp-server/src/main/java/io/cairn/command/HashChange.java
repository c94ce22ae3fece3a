package io.cairn.command;

import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.ElementText;
import io.cairn.keyspace.collection.HashBuilder;
import io.cairn.keyspace.collection.HashObject;
import io.cairn.keyspace.collection.HashReader;
import org.jspecify.annotations.Nullable;

/**
 * What one command does to the hash at argument 1. A compact one is changed outside of the keyspace and stored by {@link #end}; a large one is changed where it
 * is.
 *
 * <p>A field that is expired at the record's time counts as absent: the first method that names it removes it, and {@link #end} tells "hexpired", and "del" if nothing
 * is left. That depends on the record and on what is there alone, so it is the same on every replica.
 */
final class HashChange implements AutoCloseable {
    private final Call call;
    private final boolean there;
    private final long expireAt;
    private final @Nullable HashBuilder small;
    private final @Nullable HashObject large;
    private boolean begun;
    private boolean ended;
    private boolean expired;
    private boolean expiring;

    private HashChange(Call call, boolean there) {
        this.call = call;
        this.there = there;
        this.expireAt = there ? call.value.expireAt : 0;
        if (there && call.value.encoding == Value.OBJECT) {
            this.small = null;
            this.large = (HashObject) call.value.object;
        } else {
            this.small = new HashBuilder(call.keyspace.encodingLimits());
            this.large = null;
            if (there) {
                small.load(call.value);
            }
        }
    }

    /** Looks the key up, which may be absent; null, after the error was answered, if it holds no hash. Redis: hashTypeLookupWriteOrCreate. */
    static @Nullable HashChange of(Call call) {
        boolean there = StringCommands.find(call, 1);
        return there && !TypeCheck.is(call, call.value, ValueType.HASH) ? null : new HashChange(call, there);
    }

    boolean there() {
        return there;
    }

    /** The value of the field at an argument, as it was before any change; false if there is none. */
    boolean get(int field, ElementText out) {
        dropExpired(field);
        return there && HashReader.get(call.value, call.args.address(field), call.args.length(field), out);
    }

    /** Fields or values of these arguments' lengths are about to be set. */
    void expect(int from, int to) {
        for (int i = from; i < to && small != null; i++) {
            small.expect(call.args.length(i));
        }
    }

    /** Removes the field at an argument if it is expired. */
    private void dropExpired(int field) {
        long at = call.args.address(field);
        int length = call.args.length(field);
        if (large != null && large.isExpired(at, length, call.expiryTime())) {
            begin();
            large.remove(at, length);
            expired = true;
        }
    }

    /** Whether the field at an argument is there. */
    boolean contains(int field) {
        dropExpired(field);
        long at = call.args.address(field);
        int length = call.args.length(field);
        return large != null ? large.contains(at, length) : there && small().contains(at, length);
    }

    /** When the field at an argument expires, 0 if it does not. */
    long expiry(int field) {
        return large == null ? 0 : large.expiry(call.args.address(field), call.args.length(field));
    }

    /** Makes the field at an argument, which is there, expire. */
    void expire(int field, long expireAt) {
        begin();
        expiring = true;
        long at = call.args.address(field);
        int length = call.args.length(field);
        if (large != null) {
            large.expire(at, length, expireAt);
        } else {
            small().expire(at, length, expireAt);
        }
    }

    /** Takes the expiry of the field at an argument away, which has one. */
    void persist(int field) {
        begin();
        if (large != null) {
            large.persist(call.args.address(field), call.args.length(field));
        }
    }

    /** Sets the field at an argument, which does not expire then; true if it is new. */
    boolean put(int field, long value, int valueLength) {
        boolean added = replace(field, value, valueLength);
        if (large != null && !added) {
            large.persist(call.args.address(field), call.args.length(field));
        }
        return added;
    }

    /** Sets the field at an argument, whose expiry stays what it is; true if it is new. */
    boolean replace(int field, long value, int valueLength) {
        dropExpired(field);
        long at = call.args.address(field);
        int length = call.args.length(field);
        begin();
        return large != null ? large.put(at, length, value, valueLength) : small().put(at, length, value, valueLength);
    }

    /** Removes the field at an argument; false if it was not there. */
    boolean remove(int field) {
        dropExpired(field);
        long at = call.args.address(field);
        int length = call.args.length(field);
        if (large == null) {
            boolean removed = small().remove(at, length);
            begun |= removed;
            return removed;
        }
        if (!large.contains(at, length)) {
            return false;
        }
        begin();
        return large.remove(at, length);
    }

    private HashBuilder small() {
        if (small == null) {
            throw new IllegalStateException("the hash is large");
        }
        return small;
    }

    private void begin() {
        if (!begun) {
            begun = true;
            if (large != null) {
                call.database().change(call.args.address(1), call.args.length(1));
                call.changed();
            }
        }
    }

    int size() {
        return large != null ? (int) large.elements() : small().size();
    }

    /** Makes the changes last, if there were any; an empty hash goes. */
    void end() {
        ended = true;
        if (!begun) {
            return;
        }
        long key = call.args.address(1);
        int keyLength = call.args.length(1);
        if (size() == 0) {
            call.database().remove(key, keyLength, call.now());
        } else if (large != null) {
            if (expiring) {
                call.database().elementsExpire(key, keyLength, large.earliestExpiry());
            }
            call.database().changed(large);
        } else {
            small().store(call.database(), key, keyLength, expireAt);
        }
        call.changed();
        if (expired) {
            call.event('h', "hexpired", 1);
        }
    }

    /** Whether {@link #end} removed the key. */
    boolean emptied() {
        return begun && size() == 0;
    }

    @Override
    public void close() {
        if (small != null) {
            small.close();
        }
        if (begun && !ended && large != null) {
            call.database().changed(large);
        }
    }
}
