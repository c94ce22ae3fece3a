package io.cairn.keyspace;

/**
 * All databases of one node, split into stripes: a stripe is a range of slots, one lock, one off-heap map per database,
 * and the unit of growth, snapshot and flush. Locks are taken in ascending stripe order (SAFETY 20); they are reentrant.
 */
public interface Keyspace extends AutoCloseable {
    int databases();

    Database database(int number);

    /** Up to which size collections are kept compact. */
    EncodingLimits encodingLimits();

    /** Limits that are part of the data. */
    DataLimits dataLimits();

    /** As the log or a snapshot says; with all stripes locked. */
    void dataLimits(DataLimits limits);

    /** What keys remember of their accesses. */
    AccessTracking access();

    /**
     * Shows keys of a database that chance picks, neighbours of each other (Redis: dictGetSomeKeys). Takes the lock of the stripe that they lie in,
     * if nobody holds it; the sink changes nothing. Bounded work, unless keys have become rare in what was a large table.
     *
     * @param chance the picked place
     * @param count most keys to show
     * @param volatileOnly only those that have an expiry
     * @return number of keys shown, 0 when there are none; -1 when others hold the stripes that were tried
     */
    int sample(int database, long chance, int count, boolean volatileOnly, KeySample sink);

    /** Told of a sampled key. */
    interface KeySample {
        /**
         * @param access {@link AccessTracking}'s bits
         * @param expireAt milliseconds, 0 for none
         * @param version the key's present version
         * @param bytes what its removal gives back of {@link #usedBytes}, about
         */
        void key(long key, int keyLength, int access, long expireAt, long version, long bytes);
    }

    /** Gives back the fixed memory of parts that hold no key any more, where no lock is held. */
    void releaseEmpty();

    /** Exchanges the contents of two databases; all stripes locked by the caller. */
    void swap(int first, int second);

    /** Number of stripes, a power of two. */
    int stripes();

    /** The stripe of a slot. */
    int stripeOf(int slot);

    /** @throws StripeBusyException when the stripe is held and whoever waits is refused ({@link #refuseWaiting}) */
    void lock(int stripe);

    boolean tryLock(int stripe);

    void unlock(int stripe);

    /** @throws StripeBusyException as {@link #lock}; no stripe is held then */
    void lockAll();

    void unlockAll();

    /**
     * Asked now and then by a thread that waits for a stripe: true makes it give up with {@link StripeBusyException}. A
     * script may hold all stripes without end, and event loops must answer meanwhile.
     */
    void refuseWaiting(java.util.function.BooleanSupplier when);

    /**
     * True while the contents are being replaced, with all stripes locked for seconds: who must not wait so long asks
     * before it locks. Any thread.
     */
    boolean isLoading();

    /** Told before the stripes are locked for loading, and after they are unlocked. */
    void setLoading(boolean loading);

    /**
     * Keys of these slots, and of no others, are hidden from now on: they are in no {@link Database#size}, scan, visit, sample or choice by chance, do not
     * expire actively, and {@link Database#clear} spares them; found by their names they are still. Any thread.
     */
    void hide(java.util.BitSet slots);

    /** Whether the key's slot is hidden. Any thread. */
    boolean isHidden(long key, int keyLength);

    /** Number of keys in a slot, hidden ones too; O(1); any thread. */
    long allKeysInSlot(int slot);

    /** Removes all keys of the slots, hidden ones too; takes stripe locks, one at a time. */
    void purge(java.util.BitSet slots);

    /** As {@link #purge(java.util.BitSet)}, of one database. */
    void purge(java.util.BitSet slots, int database);

    /**
     * As {@link #purge}, about {@code limit} keys, going on where the last call stopped; a part that has no other keys goes whole. Any thread.
     *
     * @return true when none is left
     */
    boolean purgeSome(java.util.BitSet slots, int limit);

    /** Number of keys of database 0 in a slot, 0 for one that is hidden; O(1); any thread. */
    long keysInSlot(int slot);

    /** Up to {@code limit} keys of database 0 in a slot that is not hidden; takes the stripe's lock. */
    java.util.List<byte[]> keysOfSlot(int slot, int limit);

    /**
     * Makes {@code version} the last one given, exactly (after loading a snapshot): replicas must go on counting alike,
     * or a WATCH would be judged differently on each (SAFETY 12).
     */
    void restoreVersion(long version);

    /**
     * From now on whatever there is has this version, and the next write gives the one after it: nodes that hold the same by histories of their own
     * agree on versions. The caller holds all stripes.
     *
     * @param version 0 ends it, before a snapshot with versions of its own is loaded
     */
    void baseVersions(long version);

    /**
     * A write begins: all keys that it changes get one version that no write before it gave; how often it stores what is no
     * part of the format, as a value's encoding is not. To be called with the lock of the keys that it changes.
     */
    void nextVersion();

    long lastVersion();

    /**
     * Number of hashes with fields that expire, which Redis 7.0 does not know. Exact with all stripes locked; any thread.
     */
    long expiringHashes();

    /** How often contents were exchanged without new versions, by {@link #swap} or loading. Any thread. */
    long exchanges();

    /** Objects that no key holds any more and whose memory is still being given back (Redis: lazyfree_pending_objects). Any thread. */
    long pendingFrees();

    /** Large objects whose memory was given back by a thread of its own, since the start or {@link #resetFreed} (Redis: lazyfreed_objects). */
    long freed();

    /** Counts them from 0 again. */
    void resetFreed();

    /** Bytes of off-heap memory in use by data: tables, blocks. Any thread. */
    long usedBytes();

    /**
     * Collects up to {@code limit} keys that are expired at {@code now}, or have fields that are, continuing where the last call stopped; takes
     * stripe locks by tryLock, one at a time, and holds each for at most a few hundred entries.
     *
     * @return number of keys with an expiry, or with fields that have one, that were looked at
     */
    int collectExpired(long now, int limit, ExpiredKey sink);

    /** Whether {@link #collectExpired} finds anything (DEBUG SET-ACTIVE-EXPIRE); on at first. Any thread. */
    void activeExpiry(boolean on);

    /** Told of an expired key, under its stripe's lock. */
    interface ExpiredKey {
        void expired(int database, byte[] key, long expireAt, long version);

        /** Fields of a hash are expired: these, and perhaps more. */
        default void fieldsExpired(int database, byte[] key, java.util.List<byte[]> fields) {}
    }

    /**
     * Begins a snapshot of exactly the present state (caller holds all stripes). Fails when one is under way. The
     * snapshot is incremental (no fork, no copy): whoever changes a part that is not yet saved saves that part first.
     */
    Snapshot beginSnapshot();

    /** Whether one is under way. Any thread. */
    boolean isSnapshotUnderWay();

    /** The function libraries beside the keys; changed with all stripes locked. */
    Libraries libraries();

    /** A snapshot under way. */
    interface Snapshot {
        /** Whether the state has hashes with fields that expire ({@link Keyspace#expiringHashes}). */
        boolean hasExpiringFields();

        /** Writes all that is left through {@code sink}; called on a background thread, takes stripe locks briefly. */
        void writeTo(SnapshotSink sink) throws java.io.IOException;

        /** Gives up; idempotent; must be called (or writeTo finished) before the next snapshot. */
        void cancel();
    }

    /** Receives every key of a snapshot once; calls are serialized, from the snapshot's or a writer's thread. */
    interface SnapshotSink {
        void entry(int database, long key, int keyLength, Value value) throws java.io.IOException;

        /** Comes first. */
        default void limits(DataLimits limits) throws java.io.IOException {}

        /** A function library; all of them come before the keys. */
        default void library(byte[] text) throws java.io.IOException {}
    }

    @Override
    void close();
}
