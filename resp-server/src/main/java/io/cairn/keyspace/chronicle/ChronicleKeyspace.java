package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.AccessTracking;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Database;
import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Libraries;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.StripeBusyException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The keyspace on Chronicle Map. A stripe is a slot range, {@code slot >> shift}; its lock guards the tables of all
 * databases in it. See DESIGN-keyspace.md.
 */
public final class ChronicleKeyspace implements Keyspace {
    /** A thread that waits for a stripe looks up this often. */
    private static final long WAIT_MILLIS = 10;

    private final Resources resources;
    private final EncodingLimits encodingLimits = new EncodingLimits();
    private final ReentrantLock[] locks;
    private volatile boolean loading;
    private volatile BooleanSupplier refuseWaiting = () -> false;
    private final int shift;
    private final ChronicleDatabase[] databases;
    private final ExpirySweep sweep;
    private final HiddenSlots hidden = new HiddenSlots(this);
    private final Libraries libraries = new Libraries();
    private volatile DataLimits dataLimits = DataLimits.DEFAULT;
    private volatile boolean activeExpiry = true;
    private final AtomicLong exchanges = new AtomicLong();
    private final AtomicReference<@Nullable IncrementalSnapshot> snapshot = new AtomicReference<>();

    /**
     * Loads Chronicle Map, some thousand classes, so that no command waits for it. An empty database takes no off-heap
     * memory.
     */
    public ChronicleKeyspace(KeyspaceOptions options) {
        Shelf.warmUp();
        this.resources = new Resources(options);
        this.locks = new ReentrantLock[options.stripes()];
        for (int stripe = 0; stripe < locks.length; stripe++) {
            locks[stripe] = new ReentrantLock();
        }
        this.shift = Integer.numberOfTrailingZeros(Slots.COUNT / options.stripes());
        this.databases = new ChronicleDatabase[options.databases()];
        for (int number = 0; number < databases.length; number++) {
            databases[number] = new ChronicleDatabase(this, resources, number);
        }
        this.sweep = new ExpirySweep(this, resources);
    }

    @Override
    public int databases() {
        return databases.length;
    }

    @Override
    public Database database(int number) {
        return databases[number];
    }

    ChronicleDatabase chronicleDatabase(int number) {
        return databases[number];
    }

    @Override
    public EncodingLimits encodingLimits() {
        return encodingLimits;
    }

    @Override
    public AccessTracking access() {
        return resources.access;
    }

    @Override
    public int sample(int database, long chance, int count, boolean volatileOnly, KeySample sink) {
        return KeySampler.sample(this, databases[database], chance, count, volatileOnly, sink);
    }

    @Override
    public void releaseEmpty() {
        for (ChronicleDatabase database : databases) {
            database.dropEmptyTables();
        }
    }

    @Override
    public void swap(int first, int second) {
        ChronicleDatabase a = databases[first];
        ChronicleDatabase b = databases[second];
        if (a == b) {
            return;
        }
        for (int stripe = 0; stripe < locks.length; stripe++) {
            Table table = a.table(stripe);
            a.setTable(stripe, b.table(stripe));
            b.setTable(stripe, table);
        }
        exchanges.incrementAndGet();
    }

    @Override
    public int stripes() {
        return locks.length;
    }

    @Override
    public int stripeOf(int slot) {
        return slot >> shift;
    }

    @Override
    public void lock(int stripe) {
        if (!locks[stripe].tryLock()) {
            await(locks[stripe]);
        }
    }

    private void await(ReentrantLock lock) {
        BooleanSupplier refused = refuseWaiting;
        boolean interrupted = false;
        try {
            while (true) {
                if (refused.getAsBoolean()) {
                    throw new StripeBusyException();
                }
                try {
                    if (lock.tryLock(WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
                        return;
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void refuseWaiting(BooleanSupplier when) {
        refuseWaiting = when;
    }

    @Override
    public boolean tryLock(int stripe) {
        return locks[stripe].tryLock();
    }

    @Override
    public void unlock(int stripe) {
        locks[stripe].unlock();
    }

    @Override
    public boolean isLoading() {
        return loading;
    }

    @Override
    public void setLoading(boolean now) {
        loading = now;
        exchanges.incrementAndGet();
    }

    @Override
    public void lockAll() {
        int held = 0;
        try {
            while (held < locks.length) {
                lock(held);
                held++;
            }
        } finally {
            if (held < locks.length) {
                while (held > 0) {
                    unlock(--held);
                }
            }
        }
    }

    @Override
    public void unlockAll() {
        for (int stripe = locks.length - 1; stripe >= 0; stripe--) {
            locks[stripe].unlock();
        }
    }

    HiddenSlots hidden() {
        return hidden;
    }

    /** Removes a key of a table whose lock is held. */
    void drop(Table table, long key, int keyLength) {
        table.key.set(key, keyLength, resources.hash(key, keyLength));
        table.remove(Slots.of(key, keyLength));
    }

    @Override
    public void hide(BitSet slots) {
        hidden.set(slots);
    }

    @Override
    public boolean isHidden(long key, int keyLength) {
        return hidden.has(key, keyLength);
    }

    @Override
    public void purge(BitSet slots) {
        hidden.purge(slots);
    }

    @Override
    public void purge(BitSet slots, int database) {
        hidden.purge(slots, database);
    }

    @Override
    public boolean purgeSome(BitSet slots, int limit) {
        return hidden.purgeSome(slots, limit);
    }

    @Override
    public long allKeysInSlot(int slot) {
        long sum = 0;
        for (ChronicleDatabase database : databases) {
            Table table = database.tableNow(stripeOf(slot));
            sum += table == null ? 0 : table.keysInSlot(slot);
        }
        return sum;
    }

    @Override
    public long keysInSlot(int slot) {
        if (hidden.has(slot)) {
            return 0;
        }
        Table table = databases[0].tableNow(stripeOf(slot));
        return table == null ? 0 : table.keysInSlot(slot);
    }

    @Override
    public List<byte[]> keysOfSlot(int slot, int limit) {
        List<byte[]> keys = new ArrayList<>();
        int stripe = stripeOf(slot);
        if (hidden.has(slot)) {
            return keys;
        }
        lock(stripe);
        try {
            Table table = databases[0].table(stripe);
            if (table == null || table.keysInSlot(slot) == 0) {
                return keys;
            }
            for (int segment = 0; segment < table.segments() && keys.size() < limit; segment++) {
                table.forEach(segment, (key, keyLength, entry, entrySize) -> {
                    if (keys.size() < limit && Slots.of(key, keyLength) == slot) {
                        keys.add(Memory.bytes(key, keyLength));
                    }
                });
            }
        } finally {
            unlock(stripe);
        }
        return keys;
    }

    @Override
    public void restoreVersion(long version) {
        resources.restoreVersion(version);
    }

    @Override
    public void baseVersions(long version) {
        resources.baseVersions(version);
    }

    @Override
    public void nextVersion() {
        resources.nextVersion();
    }

    @Override
    public long lastVersion() {
        return resources.told(resources.version());
    }

    @Override
    public long expiringHashes() {
        return resources.expiring();
    }

    @Override
    public long exchanges() {
        return exchanges.get();
    }

    @Override
    public long pendingFrees() {
        return resources.pendingFrees();
    }

    @Override
    public long freed() {
        return resources.freed();
    }

    @Override
    public void resetFreed() {
        resources.resetFreed();
    }

    @Override
    public long usedBytes() {
        return resources.usedBytes();
    }

    @Override
    public int collectExpired(long now, int limit, ExpiredKey sink) {
        return activeExpiry ? sweep.collect(now, limit, sink) : 0;
    }

    @Override
    public void activeExpiry(boolean on) {
        activeExpiry = on;
    }

    @Override
    public DataLimits dataLimits() {
        return dataLimits;
    }

    @Override
    public void dataLimits(DataLimits limits) {
        dataLimits = limits;
    }

    @Override
    public Libraries libraries() {
        return libraries;
    }

    @Override
    public Snapshot beginSnapshot() {
        if (!locks[0].isHeldByCurrentThread()) {
            throw new IllegalStateException("a snapshot begins with all stripes locked");
        }
        if (snapshot.get() != null) {
            throw new IllegalStateException("a snapshot is under way");
        }
        IncrementalSnapshot begun = new IncrementalSnapshot(this);
        snapshot.set(begun);
        return begun;
    }

    @Override
    public boolean isSnapshotUnderWay() {
        return snapshot.get() != null;
    }

    void snapshotEnded(IncrementalSnapshot ended) {
        snapshot.compareAndSet(ended, null);
    }

    /** False if another thread has the stripe; a thread that shares the keyspace with none needs no lock. */
    boolean isMine(int stripe) {
        return locks[stripe].isHeldByCurrentThread() || !locks[stripe].isLocked();
    }

    /** Lets threads that wait for the stripe have it; a lock that is not fair would let the caller overtake them. */
    void giveWay(int stripe, long nanos) {
        if (locks[stripe].hasQueuedThreads()) {
            LockSupport.parkNanos(nanos);
        }
    }

    @Override
    public void close() {
        lockAll();
        try {
            IncrementalSnapshot running = snapshot.get();
            if (running != null) {
                running.cancel();
            }
            for (ChronicleDatabase database : databases) {
                database.clear();
            }
        } finally {
            unlockAll();
        }
        resources.close();
    }
}
