package io.cairn.command;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import org.jspecify.annotations.Nullable;

/**
 * The database that a handler sees: the keyspace's, with what happens to keys told to the call: keys that come to be ("new"), and, in a write, keys
 * that it meets and that are expired ("expired"), which then go when the call ends, so that looking a key up changes nothing under the handler's
 * views. Redis: dbAdd, expireIfNeeded.
 */
final class CallDatabase implements Database {
    private final Call call;
    private Database real;

    CallDatabase(Call call, Database real) {
        this.call = call;
        this.real = real;
    }

    CallDatabase at(Database database) {
        real = database;
        return this;
    }

    /** The keyspace's own, of whose changes nobody is told. */
    Database real() {
        return real;
    }

    @Override
    public int number() {
        return real.number();
    }

    @Override
    public boolean find(long key, int keyLength, long now, Value out) {
        long at = call.expiryTime(now);
        boolean found = call.touches() ? real.find(key, keyLength, at, out) : real.peek(key, keyLength, at, out);
        return found || missed(key, keyLength, out);
    }

    @Override
    public boolean peek(long key, int keyLength, long now, Value out) {
        return real.peek(key, keyLength, call.expiryTime(now), out) || missed(key, keyLength, out);
    }

    private boolean missed(long key, int keyLength, Value out) {
        if (out.expireAt != 0) {
            out.expireAt = 0;
            call.metExpired(real, key, keyLength);
        }
        return false;
    }

    @Override
    public long putString(long key, int keyLength, long bytes, int length, byte encoding, long expireAt) {
        return put(real.putString(key, keyLength, bytes, length, encoding, expireAt), key, keyLength);
    }

    @Override
    public long putNumber(long key, int keyLength, long number, long expireAt) {
        return put(real.putNumber(key, keyLength, number, expireAt), key, keyLength);
    }

    @Override
    public void replaceNumber(Value found, long number) {
        real.replaceNumber(found, number);
    }

    @Override
    public long putBlock(long key, int keyLength, NativeBlock block, int length, long expireAt) {
        return put(real.putBlock(key, keyLength, block, length, expireAt), key, keyLength);
    }

    @Override
    public void elementsExpire(long key, int keyLength, long earliest) {
        real.elementsExpire(key, keyLength, earliest);
    }

    @Override
    public void hidElement(long expireAt) {
        real.hidElement(expireAt);
    }

    @Override
    public long resize(long key, int keyLength, long now, int newLength, Value out) {
        return put(real.resize(key, keyLength, call.expiryTime(now), newLength, out), key, keyLength);
    }

    @Override
    public long putPacked(
            long key, int keyLength, ValueType type, byte encoding, long bytes, int length, long expireAt) {
        return put(real.putPacked(key, keyLength, type, encoding, bytes, length, expireAt), key, keyLength);
    }

    @Override
    public long putObject(long key, int keyLength, StoredObject object, long expireAt) {
        return put(real.putObject(key, keyLength, object, expireAt), key, keyLength);
    }

    private long put(long before, long key, int keyLength) {
        if (before != 0 && before <= call.expiryTime()) {
            call.created(real, key, keyLength, before != ABSENT);
        }
        return before;
    }

    @Override
    public StoredObject change(long key, int keyLength) {
        return real.change(key, keyLength);
    }

    @Override
    public void changed(StoredObject object) {
        real.changed(object);
    }

    @Override
    public void setExpiry(long key, int keyLength, long expireAt) {
        real.setExpiry(key, keyLength, expireAt);
    }

    @Override
    public boolean remove(long key, int keyLength, long now) {
        long before = real.drop(key, keyLength, now);
        if (before != 0 && before != ABSENT && before <= call.expiryTime(now)) {
            call.removedExpired(real, key, keyLength);
            return false;
        }
        return before != ABSENT;
    }

    @Override
    public long drop(long key, int keyLength, long now) {
        long before = real.drop(key, keyLength, now);
        // What was told to be expired was gone from then on.
        return call.forgetExpired(real, key, keyLength) ? ABSENT : before;
    }

    @Override
    public long version(long key, int keyLength, long now) {
        return real.version(key, keyLength, call.expiryTime(now));
    }

    @Override
    public void setVersion(long key, int keyLength, long version) {
        real.setVersion(key, keyLength, version);
    }

    @Override
    public void setAccess(long key, int keyLength, int bits) {
        real.setAccess(key, keyLength, bits);
    }

    @Override
    public long sawExpired() {
        return real.sawExpired();
    }

    @Override
    public long size() {
        return real.size();
    }

    @Override
    public long volatileKeys() {
        return real.volatileKeys();
    }

    @Override
    public void clear() {
        real.clear();
    }

    @Override
    public byte @Nullable [] randomKey(long seed, long now) {
        return real.randomKey(seed, call.expiryTime(now));
    }

    @Override
    public long scan(long cursor, int count, long now, KeyVisitor visitor) {
        return real.scan(cursor, count, call.expiryTime(now), visitor);
    }

    @Override
    public void forEach(int stripe, long now, KeyVisitor visitor) {
        real.forEach(stripe, call.expiryTime(now), visitor);
    }
}
