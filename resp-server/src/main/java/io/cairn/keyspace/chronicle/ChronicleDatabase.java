package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * One database: a table per stripe, made when the stripe's first key comes. {@link #size}, {@link #volatileKeys},
 * {@link #scan} and {@link #sawExpired} may be called by any thread without a lock.
 */
final class ChronicleDatabase implements Database {
    private final ChronicleKeyspace keyspace;
    private final Resources resources;
    private final int number;
    private final AtomicReferenceArray<@Nullable Table> tables;
    private final ThreadLocal<long[]> sawExpired = ThreadLocal.withInitial(() -> new long[1]);
    private final KeyScan scan;

    ChronicleDatabase(ChronicleKeyspace keyspace, Resources resources, int number) {
        this.keyspace = keyspace;
        this.resources = resources;
        this.number = number;
        this.tables = new AtomicReferenceArray<>(keyspace.stripes());
        this.scan = new KeyScan(keyspace, resources, this);
    }

    @Nullable
    Table table(int stripe) {
        return tables.getPlain(stripe);
    }

    /** As {@link #table}, for a thread that does not hold the stripe's lock. */
    @Nullable
    Table tableNow(int stripe) {
        return tables.get(stripe);
    }

    void setTable(int stripe, @Nullable Table table) {
        tables.set(stripe, table);
    }

    private @Nullable Table at(long key, int keyLength, int slot) {
        int stripe = keyspace.stripeOf(slot);
        assert keyspace.isMine(stripe) : "another thread has stripe " + stripe;
        Table table = tables.getPlain(stripe);
        if (table != null) {
            table.key.set(key, keyLength, resources.hash(key, keyLength));
        }
        return table;
    }

    private Table forWrite(long key, int keyLength, int slot, int valueLength) {
        Table table = at(key, keyLength, slot);
        if (table == null) {
            table = new Table(
                    resources,
                    Slots.COUNT / keyspace.stripes(),
                    Shelf.entryBytes(
                            keyLength, EntryFormat.size(true, Math.min(valueLength, resources.blockThreshold()))));
            tables.set(keyspace.stripeOf(slot), table);
            table.key.set(key, keyLength, resources.hash(key, keyLength));
        }
        return table;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public boolean find(long key, int keyLength, long now, Value out) {
        return lookUp(key, keyLength, now, out, true);
    }

    @Override
    public boolean peek(long key, int keyLength, long now, Value out) {
        return lookUp(key, keyLength, now, out, false);
    }

    private boolean lookUp(long key, int keyLength, long now, Value out, boolean touch) {
        resources.saw(now);
        Table table = at(key, keyLength, Slots.of(key, keyLength));
        if (table == null) {
            out.expireAt = 0;
            return false;
        }
        int found = table.find(now, out, touch);
        if (found == Table.FOUND) {
            return true;
        }
        out.expireAt = 0;
        if (found == Table.EXPIRED) {
            out.expireAt = table.expiredAt;
            noteExpired(table.expiredAt);
        }
        return false;
    }

    /** Whether a key with this expiry is there at {@code now}; one that is not is remembered for {@link #sawExpired}. */
    boolean isLive(long expireAt, long now) {
        if (expireAt == 0 || expireAt > now) {
            return true;
        }
        noteExpired(expireAt);
        return false;
    }

    private void noteExpired(long expireAt) {
        long[] seen = sawExpired.get();
        seen[0] = Math.max(seen[0], expireAt);
    }

    @Override
    public long putString(long key, int keyLength, long bytes, int length, byte encoding, long expireAt) {
        int slot = Slots.of(key, keyLength);
        return forWrite(key, keyLength, slot, length).putString(slot, bytes, length, encoding, expireAt);
    }

    @Override
    public long putNumber(long key, int keyLength, long value, long expireAt) {
        int slot = Slots.of(key, keyLength);
        Table table = forWrite(key, keyLength, slot, Long.BYTES);
        table.payload.setNumber(Value.INT, value, expireAt);
        return table.put(slot);
    }

    @Override
    public void replaceNumber(Value found, long value) {
        if (found.encoding != Value.INT || !(found.table instanceof Table table)) {
            throw new IllegalArgumentException("not a number that was found here");
        }
        table.replaceNumber(found.entry, value);
    }

    @Override
    public long putBlock(long key, int keyLength, NativeBlock block, int length, long expireAt) {
        int slot = Slots.of(key, keyLength);
        return forWrite(key, keyLength, slot, Long.BYTES).putBlock(slot, block, length, expireAt);
    }

    @Override
    public long putPacked(
            long key, int keyLength, ValueType type, byte encoding, long bytes, int length, long expireAt) {
        int slot = Slots.of(key, keyLength);
        return forWrite(key, keyLength, slot, length).putPacked(slot, type, encoding, bytes, length, expireAt);
    }

    @Override
    public long putObject(long key, int keyLength, StoredObject object, long expireAt) {
        int slot = Slots.of(key, keyLength);
        return forWrite(key, keyLength, slot, Long.BYTES).putObject(slot, object, expireAt);
    }

    @Override
    public StoredObject change(long key, int keyLength) {
        Table table = at(key, keyLength, Slots.of(key, keyLength));
        if (table == null) {
            throw new IllegalStateException("a key that is absent cannot be changed");
        }
        return table.change();
    }

    @Override
    public void changed(StoredObject object) {
        resources.used(object.account());
        resources.expiring(object.accountExpiring());
    }

    @Override
    public void elementsExpire(long key, int keyLength, long earliest) {
        Table table = at(key, keyLength, Slots.of(key, keyLength));
        if (table != null) {
            table.elementsExpire(earliest);
        }
    }

    @Override
    public void hidElement(long expireAt) {
        if (expireAt != 0) {
            noteExpired(expireAt);
        }
    }

    @Override
    public long resize(long key, int keyLength, long now, int newLength, Value out) {
        resources.saw(now);
        int slot = Slots.of(key, keyLength);
        return forWrite(key, keyLength, slot, newLength).resize(slot, now, newLength, out);
    }

    @Override
    public void setExpiry(long key, int keyLength, long expireAt) {
        int slot = Slots.of(key, keyLength);
        Table table = at(key, keyLength, slot);
        if (table != null) {
            table.setExpiry(slot, expireAt);
        }
    }

    @Override
    public boolean remove(long key, int keyLength, long now) {
        long before = drop(key, keyLength, now);
        return before == 0 || before > now;
    }

    @Override
    public long drop(long key, int keyLength, long now) {
        resources.saw(now);
        int slot = Slots.of(key, keyLength);
        Table table = at(key, keyLength, slot);
        return table == null ? ABSENT : table.remove(slot);
    }

    @Override
    public long version(long key, int keyLength, long now) {
        Table table = at(key, keyLength, Slots.of(key, keyLength));
        return table == null ? 0 : table.version(now);
    }

    @Override
    public void setVersion(long key, int keyLength, long version) {
        Table table = at(key, keyLength, Slots.of(key, keyLength));
        if (table != null) {
            table.setVersion(version);
        }
    }

    @Override
    public void setAccess(long key, int keyLength, int bits) {
        Table table = at(key, keyLength, Slots.of(key, keyLength));
        if (table != null) {
            table.setAccess(bits);
        }
    }

    /** Forgets the tables without keys, and gives their fixed memory back; skips stripes that are locked. */
    void dropEmptyTables() {
        for (int stripe = 0; stripe < tables.length(); stripe++) {
            Table table = tables.get(stripe);
            if (table == null || table.size() > 0 || !keyspace.tryLock(stripe)) {
                continue;
            }
            try {
                if (tables.get(stripe) == table && table.size() == 0) {
                    tables.set(stripe, null);
                    table.drop();
                }
            } finally {
                keyspace.unlock(stripe);
            }
        }
    }

    @Override
    public long sawExpired() {
        long[] seen = sawExpired.get();
        long latest = seen[0];
        seen[0] = 0;
        return latest;
    }

    @Override
    public long size() {
        long sum = 0;
        for (int stripe = 0; stripe < tables.length(); stripe++) {
            Table table = tables.get(stripe);
            sum += table == null ? 0 : table.size();
        }
        return Math.max(0, sum - keyspace.hidden().count(this));
    }

    @Override
    public long volatileKeys() {
        long sum = 0;
        for (int stripe = 0; stripe < tables.length(); stripe++) {
            Table table = tables.get(stripe);
            sum += table == null ? 0 : table.volatileKeys();
        }
        return sum;
    }

    @Override
    public void clear() {
        for (int stripe = 0; stripe < tables.length(); stripe++) {
            if (keyspace.hidden().clearVisible(this, stripe)) {
                continue;
            }
            Table table = tables.getAndSet(stripe, null);
            if (table != null) {
                table.drop();
            }
        }
    }

    @Override
    public byte @Nullable [] randomKey(long seed, long now) {
        return scan.randomKey(seed, now);
    }

    @Override
    public long scan(long cursor, int count, long now, KeyVisitor visitor) {
        return scan.scan(cursor, count, now, visitor);
    }

    @Override
    public void forEach(int stripe, long now, KeyVisitor visitor) {
        assert keyspace.isMine(stripe) : "another thread has stripe " + stripe;
        Table table = tables.getPlain(stripe);
        if (table == null) {
            return;
        }
        Value view = new Value();
        for (int segment = 0; segment < table.segments(); segment++) {
            table.forEach(segment, (key, keyLength, entry, entrySize) -> {
                table.fill(view, entry, entrySize);
                if (!keyspace.hidden().has(key, keyLength) && isLive(view.expireAt, now)) {
                    visitor.visit(key, keyLength, view);
                }
            });
        }
    }
}
