package io.cairn.keyspace;

import org.jspecify.annotations.Nullable;

/**
 * One numbered database of a keyspace. Keys are (address, length) pairs of native memory. Every method needs the lock
 * of the key's stripe ({@link Keyspace#lock}); methods without a key need all stripes. Nothing here reads a clock: the
 * caller passes {@code now}, the record's time in a write and the read time in a read, in milliseconds.
 *
 * <p>A key whose expiry is at or before {@code now} counts as absent; none is at {@code now} 0. Writes drop such a key when they meet it; reads
 * leave it (expiry by reads is a logged delete, SAFETY 4) and remember it: {@link #sawExpired}.
 *
 * <p>Methods that add bytes throw OutOfMemoryError when the memory cannot be had; the database is then unchanged.
 */
public interface Database {
    /** What changes answer when there was no key. */
    long ABSENT = -1;

    int number();

    /**
     * Fills {@code out} and returns true if the key is there; touches its access time unless told otherwise. If it is not, only {@link
     * Value#expireAt} is set: to the expiry that made it absent, 0 if there is no such key at all.
     */
    boolean find(long key, int keyLength, long now, Value out);

    /** As {@link #find}, without touching the access time (OBJECT, TTL, TYPE with NO-TOUCH). */
    boolean peek(long key, int keyLength, long now, Value out);

    /**
     * Sets a string, replacing whatever was there of any type; {@code expireAt} 0 for none.
     *
     * @return the expiry of what was there, perhaps past; 0 if it had none; {@link #ABSENT}. So do all methods that put.
     */
    long putString(long key, int keyLength, long bytes, int length, byte encoding, long expireAt);

    /** Sets an {@link Value#INT} string. */
    long putNumber(long key, int keyLength, long number, long expireAt);

    /**
     * Overwrites the number of the {@link Value#INT} string that {@link #find} has just filled {@code found} with,
     * keeping its expiry, without looking the key up again. Nothing may have changed in between.
     */
    void replaceNumber(Value found, long number);

    /** Sets a string to a block of {@code length} used bytes and takes over the caller's reference. */
    long putBlock(long key, int keyLength, NativeBlock block, int length, long expireAt);

    /**
     * Makes the key a {@link Value#RAW} string (or block) of {@code newLength} bytes that starts with its old bytes
     * (an INT as its digits) and continues with zeros, keeping its expiry; creates it if absent. {@code out} is then
     * its writable view. Used by APPEND, SETRANGE and SETBIT; must be amortized O(added bytes) under repeated appends.
     */
    long resize(long key, int keyLength, long now, int newLength, Value out);

    /**
     * Sets a collection in a compact form, {@link Value#LISTPACK} or {@link Value#INTSET}, replacing whatever was there.
     * The bytes are copied and may be a view of the very key.
     */
    long putPacked(long key, int keyLength, ValueType type, byte encoding, long bytes, int length, long expireAt);

    /** Sets a collection, replacing whatever was there, and takes over the caller's reference unless it throws. */
    long putObject(long key, int keyLength, StoredObject object, long expireAt);

    /**
     * The collection of a key that {@link #find} has just found with encoding {@link Value#OBJECT}, for a change: gives the key a new version, after
     * a snapshot under way has saved what is there. To be called before each command's first change, and {@link #changed} after its last.
     */
    StoredObject change(long key, int keyLength);

    /** Brings the memory account up to date with a collection that was changed. */
    void changed(StoredObject object);

    /**
     * An element of a key's collection was made to expire: the first to do so goes at {@code earliest}. {@link Keyspace#collectExpired} finds the key from then on. What
     * is put ({@link #putObject}) is found without.
     */
    void elementsExpire(long key, int keyLength, long earliest);

    /** A read did not show an element because of this expiry, if it is not 0: remembered as a key's, see {@link #sawExpired}. */
    void hidElement(long expireAt);

    /** Sets or (0) removes the expiry of a key that is there. */
    void setExpiry(long key, int keyLength, long expireAt);

    /** Removes the key; true if it was there and not expired. */
    boolean remove(long key, int keyLength, long now);

    /** Removes the key, expired or not; its expiry, 0 if it had none, {@link #ABSENT}. */
    long drop(long key, int keyLength, long now);

    /** The key's version, 0 when absent or expired. A version is never used twice in a keyspace. */
    long version(long key, int keyLength, long now);

    /** Gives a key that is there a version of its past (loading a snapshot); see {@link Keyspace#restoreVersion}. */
    void setVersion(long key, int keyLength, long version);

    /** Gives a key that is there other access data ({@link AccessTracking#restored}): no change of the key. */
    void setAccess(long key, int keyLength, int bits);

    /**
     * The latest expiry for which an element was hidden ({@link #hidElement}) or a key was absent to a {@link #find}, {@link #peek}, {@link #scan}, {@link #forEach} or
     * {@link #randomKey} of the calling thread since the last call of this method, 0 when none: a raft read above the
     * last applied stamp logs a tick first (SAFETY 4).
     */
    long sawExpired();

    /** Number of keys, expired ones that still lie there included (as Redis's DBSIZE). */
    long size();

    /** Number of keys with an expiry. */
    long volatileKeys();

    /** Removes all keys. */
    void clear();

    /** A key chosen by {@code seed}, not expired at {@code now}, or null; all stripes locked by the caller. */
    byte @Nullable [] randomKey(long seed, long now);

    /**
     * One step of SCAN with Redis's guarantee (dictScan's reverse binary cursor): what is there during the whole
     * iteration is visited at least once, across growth of the tables. Locks the stripe it works on by itself.
     *
     * @return the next cursor, 0 at the end
     */
    long scan(long cursor, int count, long now, KeyVisitor visitor);

    /** Visits every key of one stripe that is not expired at {@code now}; the caller holds its lock. */
    void forEach(int stripe, long now, KeyVisitor visitor);

    /** Told of a key and a view of its value. */
    interface KeyVisitor {
        void visit(long key, int keyLength, Value value);
    }
}
