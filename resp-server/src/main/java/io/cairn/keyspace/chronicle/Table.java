package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Held;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one database in one stripe: their {@link Entries}, the blocks and objects of large values, and counters. All calls need the stripe's lock, but for {@link #size}, {@link #volatileKeys}
 * and {@link #keysInSlot}.
 */
final class Table {
    static final int ABSENT = 0;
    static final int FOUND = 1;
    static final int EXPIRED = 2;

    private static final ValueType[] TYPES = ValueType.values();

    final Span key = new Span();
    final Payload payload = new Payload();
    private final Resources resources;
    private final Entries entries;
    private final int slotMask;
    private final AtomicIntegerArray slotCounts;
    private final HeldValues held = new HeldValues();
    private final AtomicLong size = new AtomicLong();
    private final AtomicLong volatileKeys = new AtomicLong();
    private @Nullable NativeBlock scratch;
    /** Set while a snapshot has parts of this table to save. */
    @Nullable
    PendingParts pending;
    /** A collection with elements that expire has been here. */
    private boolean elementsExpire;

    /** The expiry that made {@link #find} answer {@link #EXPIRED}. */
    long expiredAt;

    Table(Resources resources, int slotsPerStripe, long firstEntryBytes) {
        this.resources = resources;
        this.slotMask = slotsPerStripe - 1;
        this.slotCounts = new AtomicIntegerArray(slotsPerStripe);
        this.entries = new Entries(resources, firstEntryBytes, this::earliestExpiry);
    }

    long size() {
        return size.get();
    }

    long volatileKeys() {
        return volatileKeys.get();
    }

    int keysInSlot(int slot) {
        return slotCounts.get(slot & slotMask);
    }

    /** Looks up {@link #key} and fills {@code out}. */
    int find(long now, Value out, boolean touch) {
        long entry = entries.locate(key);
        if (entry == 0) {
            return ABSENT;
        }
        int header = Memory.getInt(entry);
        if ((header & EntryFormat.HAS_EXPIRY) != 0) {
            long expireAt = Memory.getLong(entry + EntryFormat.FIXED_SIZE);
            if (expireAt <= now) {
                expiredAt = expireAt;
                return EXPIRED;
            }
        }
        fill(out, entry, entries.locatedSize);
        if (touch) {
            EntryFormat.setAccess(entry, header, resources.access.touched(EntryFormat.access(header), now));
        }
        return FOUND;
    }

    long version(long now) {
        long entry = entries.locate(key);
        if (entry == 0) {
            return 0;
        }
        long expireAt = EntryFormat.expireAt(entry, Memory.getInt(entry));
        return expireAt != 0 && expireAt <= now ? 0 : versionOf(entry);
    }

    /** The version of an entry as it is told ({@link Resources#told}). */
    long versionOf(long entry) {
        return resources.told(Memory.getLong(entry + EntryFormat.VERSION_OFFSET));
    }

    /** Overwrites the version of {@link #key}, if it is there. */
    void setVersion(long version) {
        long entry = entries.locate(key);
        if (entry != 0) {
            beforeChange();
            Memory.putLong(entry + EntryFormat.VERSION_OFFSET, resources.stored(version));
        }
    }

    /** Overwrites the access data of {@link #key}, if it is there. */
    void setAccess(int bits) {
        long entry = entries.locate(key);
        if (entry != 0) {
            EntryFormat.setAccess(entry, Memory.getInt(entry), bits);
        }
    }

    void fill(Value out, long entry, int entrySize) {
        int header = Memory.getInt(entry);
        long at = EntryFormat.payload(entry, header);
        out.type = TYPES[EntryFormat.type(header)];
        out.encoding = EntryFormat.encoding(header);
        out.access = EntryFormat.access(header);
        out.version = versionOf(entry);
        out.entry = entry;
        out.table = this;
        out.expireAt = EntryFormat.expireAt(entry, header);
        out.block = null;
        out.object = null;
        if ((header & EntryFormat.HELD) != 0) {
            Held value = held.get(Memory.getInt(at));
            if (value instanceof NativeBlock block) {
                out.block = block;
                out.address = block.address();
                out.length = Memory.getInt(at + Integer.BYTES);
            } else {
                out.object = (StoredObject) value;
                out.address = 0;
                out.length = 0;
            }
        } else if (out.encoding == Value.INT) {
            out.number = Memory.getLong(at);
            out.address = 0;
            out.length = 0;
        } else {
            out.address = at;
            out.length = (int) (entry + entrySize - at);
        }
    }

    /**
     * Stores {@link #payload} (its version and clock are set here) under {@link #key}.
     *
     * @return the expiry of what was there, 0 for none, {@link Database#ABSENT}
     */
    long put(int slot) {
        beforeChange();
        long before = Database.ABSENT;
        try {
            long entry = entries.locate(key);
            if (entry == 0) {
                payload.header |= EntryFormat.accessHeader(resources.access.created(resources.clock()));
                insert(slot);
            } else {
                int header = Memory.getInt(entry);
                before = EntryFormat.expireAt(entry, header);
                payload.header |= EntryFormat.accessHeader(
                        resources.access.overwritten(EntryFormat.access(header), resources.clock()));
                replace(entry, entries.locatedSize);
            }
            if (payload.expireAt != 0) {
                entries.noteExpiry(key.hash, payload.expireAt);
            }
            entries.advance();
            return before;
        } finally {
            entries.closeRetired();
        }
    }

    /** See {@link io.cairn.keyspace.Database#replaceNumber}; {@link #key} is still the one that was found. */
    void replaceNumber(long entry, long number) {
        beforeChange();
        Memory.putLong(entry + EntryFormat.VERSION_OFFSET, resources.version());
        Memory.putLong(EntryFormat.payload(entry, Memory.getInt(entry)), number);
        entries.advance();
        entries.closeRetired();
    }

    private void insert(int slot) {
        payload.version = resources.version();
        entries.insert(key, payload);
        count(slot, 1);
        if (payload.expireAt != 0) {
            countVolatile(1);
        }
    }

    private void replace(long entry, int oldSize) {
        int oldHeader = Memory.getInt(entry);
        boolean wasVolatile = (oldHeader & EntryFormat.HAS_EXPIRY) != 0;
        int oldHeld = heldBy(entry, oldHeader);
        int newSize = payload.size();
        if (newSize == oldSize) {
            payload.version = resources.version();
            payload.writeTo(entry);
        } else {
            if (!payload.numeric && payload.address >= entry && payload.address < entry + oldSize) {
                payload.address = stage(payload.address, payload.length, payload.length);
            }
            payload.version = resources.version();
            entries.replace(key, payload, oldSize);
        }
        if (oldHeld >= 0 && !payload.holds(oldHeld)) {
            release(oldHeld);
        }
        if (wasVolatile != (payload.expireAt != 0)) {
            countVolatile(wasVolatile ? -1 : 1);
        }
    }

    /** When an entry, or the first element of its collection, expires; Long.MAX_VALUE if neither does. */
    long earliestExpiry(long entry) {
        int header = Memory.getInt(entry);
        long expireAt = EntryFormat.expireAt(entry, header);
        long earliest = expireAt == 0 ? Long.MAX_VALUE : expireAt;
        StoredObject object = object(entry, header);
        return object == null ? earliest : Math.min(earliest, object.earliestExpiry());
    }

    /** The collection of an entry that has elements that expire, or null. */
    @Nullable
    StoredObject expiring(long entry) {
        StoredObject object = object(entry, Memory.getInt(entry));
        return object == null || object.earliestExpiry() == Long.MAX_VALUE ? null : object;
    }

    private @Nullable StoredObject object(long entry, int header) {
        if (!elementsExpire || EntryFormat.encoding(header) != Value.OBJECT) {
            return null;
        }
        return (StoredObject) held.get(heldBy(entry, header));
    }

    /** The number of what the entry's value is held by, -1 when it lies in the entry. */
    private static int heldBy(long entry, int header) {
        return (header & EntryFormat.HELD) != 0 ? Memory.getInt(EntryFormat.payload(entry, header)) : -1;
    }

    /** Counters have one writer at a time, the holder of the stripe's lock, and readers without it. */
    private void count(int slot, int change) {
        size.setRelease(size.getPlain() + change);
        int index = slot & slotMask;
        slotCounts.setRelease(index, slotCounts.getPlain(index) + change);
    }

    private void countVolatile(int change) {
        volatileKeys.setRelease(volatileKeys.getPlain() + change);
    }

    /** Copies bytes to the scratch block of this table, so that they survive the change of the entry they lie in. */
    private long stage(long address, int length, int capacity) {
        long to = scratch(capacity);
        Memory.copy(address, to, length);
        return to;
    }

    private long scratch(int capacity) {
        NativeBlock block = scratch;
        if (block == null || block.capacity() < capacity) {
            NativeBlock larger = NativeBlock.allocate(Math.max(256, Integer.highestOneBit(capacity) * 2));
            if (block != null) {
                block.release();
            }
            scratch = larger;
            block = larger;
        }
        return block.address();
    }

    /** Stores a string of {@code length} bytes, in a block when it is long. */
    long putString(int slot, long bytes, int length, byte encoding, long expireAt) {
        if (length <= resources.blockThreshold()) {
            payload.setBytes(encoding, bytes, length, expireAt);
            return put(slot);
        }
        NativeBlock block = allocate(length);
        Memory.copy(bytes, block.address(), length);
        try {
            return putBlock(slot, block, length, expireAt);
        } catch (Throwable failed) {
            block.release();
            throw failed;
        }
    }

    private NativeBlock allocate(int capacity) {
        resources.claim(capacity);
        return NativeBlock.allocate(capacity);
    }

    /** Stores a collection in a compact form, in a block when it is long. */
    long putPacked(int slot, ValueType type, byte encoding, long bytes, int length, long expireAt) {
        if (length <= resources.blockThreshold()) {
            payload.setBytes(encoding, bytes, length, expireAt);
            payload.header |= type.tag();
            return put(slot);
        }
        NativeBlock block = allocate(length);
        Memory.copy(bytes, block.address(), length);
        try {
            return putHeld(slot, type, encoding, block, length, expireAt);
        } catch (Throwable failed) {
            block.release();
            throw failed;
        }
    }

    /** Takes over the caller's reference unless it throws. */
    long putBlock(int slot, NativeBlock block, int length, long expireAt) {
        return putHeld(slot, ValueType.STRING, Value.BLOCK, block, length, expireAt);
    }

    /** Takes over the caller's reference unless it throws. */
    long putObject(int slot, StoredObject object, long expireAt) {
        object.account();
        object.accountExpiring();
        long before = putHeld(slot, object.type(), Value.OBJECT, object, 0, expireAt);
        if (object.earliestExpiry() != Long.MAX_VALUE) {
            elementsExpire(object.earliestExpiry());
        }
        return before;
    }

    /** See {@link io.cairn.keyspace.Database#elementsExpire}. */
    void elementsExpire(long earliest) {
        elementsExpire = true;
        entries.noteExpiry(key.hash, earliest);
    }

    /** Whether the sweep may find anything here. */
    boolean mayExpire() {
        return elementsExpire || volatileKeys() > 0;
    }

    private long putHeld(int slot, ValueType type, byte encoding, Held value, int length, long expireAt) {
        int id = held.add(value);
        try {
            payload.setHeld(type.tag(), encoding, id, length, expireAt);
            long before = put(slot);
            resources.holds(value);
            return before;
        } catch (Throwable failed) {
            held.remove(id);
            throw failed;
        }
    }

    private void release(int id) {
        Held value = held.remove(id);
        resources.letsGo(value);
        resources.dispose(value);
    }

    /** See {@link io.cairn.keyspace.Database#change}. */
    StoredObject change() {
        long entry = entries.locate(key);
        if (entry == 0) {
            throw new IllegalStateException("a key that is absent cannot be changed");
        }
        beforeChange();
        Memory.putLong(entry + EntryFormat.VERSION_OFFSET, resources.version());
        int id = heldBy(entry, Memory.getInt(entry));
        entries.advance();
        entries.closeRetired();
        return (StoredObject) held.get(id);
    }

    /** See {@link io.cairn.keyspace.Database#resize}. */
    long resize(int slot, long now, int newLength, Value out) {
        long before;
        boolean there = find(now, out, true) == FOUND;
        long expireAt = there ? out.expireAt : 0;
        if (there && out.encoding == Value.INT) {
            int capacity = Math.max(Math.min(newLength, resources.blockThreshold()), Decimals.MAX_LENGTH);
            out.address = scratch(capacity);
            out.length = Decimals.write(out.number, out.address);
        }
        int kept = there ? Math.min(out.length, newLength) : 0;
        if (newLength > resources.blockThreshold()) {
            before = resizeBlock(slot, there && out.encoding == Value.BLOCK, kept, expireAt, newLength, out);
        } else if (there
                && out.encoding != Value.INT
                && out.encoding != Value.BLOCK
                && kept == out.length
                && kept == newLength) {
            payload.setBytes(Value.RAW, out.address, newLength, expireAt);
            before = put(slot);
        } else {
            long to = scratch(newLength);
            if (kept > 0) {
                Memory.copy(out.address, to, kept);
            }
            Memory.zero(to + kept, newLength - kept);
            payload.setBytes(Value.RAW, to, newLength, expireAt);
            before = put(slot);
        }
        find(Long.MIN_VALUE, out, false);
        return before;
    }

    private long resizeBlock(int slot, boolean wasBlock, int kept, long expireAt, int newLength, Value out) {
        NativeBlock old = wasBlock ? out.block : null;
        if (old != null && !old.shared() && old.capacity() >= newLength) {
            int id =
                    Memory.getInt(EntryFormat.payload(entries.locate(key), expireAt == 0 ? 0 : EntryFormat.HAS_EXPIRY));
            payload.setHeld(ValueType.STRING.tag(), Value.BLOCK, id, newLength, expireAt);
            long before = put(slot);
            Memory.zero(old.address() + kept, newLength - kept);
            return before;
        }
        NativeBlock block = allocate(Decimals.grownCapacity(newLength, kept > 0));
        Memory.copy(out.address, block.address(), kept);
        Memory.zero(block.address() + kept, newLength - kept);
        try {
            return putBlock(slot, block, newLength, expireAt);
        } catch (Throwable failed) {
            block.release();
            throw failed;
        }
    }

    /** Sets or removes the expiry of {@link #key}; nothing happens when it is absent. */
    void setExpiry(int slot, long expireAt) {
        long entry = entries.locate(key);
        if (entry == 0) {
            return;
        }
        int header = Memory.getInt(entry);
        byte encoding = EntryFormat.encoding(header);
        long at = EntryFormat.payload(entry, header);
        if (EntryFormat.isNumeric(header)) {
            payload.setNumber(encoding, Memory.getLong(at), expireAt);
        } else {
            payload.setBytes(encoding, at, (int) (entry + entries.locatedSize - at), expireAt);
        }
        payload.header |= EntryFormat.type(header) | (header & EntryFormat.HELD);
        put(slot);
    }

    /** Removes {@link #key}; its expiry, 0 for none, {@link Database#ABSENT}. */
    long remove(int slot) {
        long entry = entries.locate(key);
        if (entry == 0) {
            return Database.ABSENT;
        }
        beforeChange();
        int header = Memory.getInt(entry);
        boolean isVolatile = (header & EntryFormat.HAS_EXPIRY) != 0;
        long expireAt = EntryFormat.expireAt(entry, header);
        int heldAs = heldBy(entry, header);
        entries.remove(key, entries.locatedSize);
        if (heldAs >= 0) {
            release(heldAs);
        }
        count(slot, -1);
        if (isVolatile) {
            countVolatile(-1);
        }
        entries.advance();
        entries.closeRetired();
        return expireAt;
    }

    /** See {@link Entries}. */
    int segments() {
        return entries.segments();
    }

    /** See {@link Entries}. */
    void forEach(int segment, Shelf.EntryVisitor visitor) {
        entries.forEach(segment, visitor);
    }

    /** See {@link Entries}. */
    int sample(long chance, int count, boolean volatileOnly, Shelf.EntryVisitor visitor) {
        return entries.sample(chance, count, volatileOnly, visitor);
    }

    /** Bytes of the account that removing an entry gives back, about. */
    long bytes(int keyLength, long entry, int entrySize) {
        int heldAs = heldBy(entry, Memory.getInt(entry));
        return Shelf.entryBytes(keyLength, entrySize)
                + (heldAs < 0 ? 0 : held.get(heldAs).accountedBytes());
    }

    /** See {@link Entries}. */
    int nextExpiring(int from, long now) {
        return entries.nextExpiring(from, now);
    }

    /** See {@link Entries}. */
    void setEarliest(int segment, long expireAt) {
        entries.setEarliest(segment, expireAt);
    }

    private void beforeChange() {
        PendingParts parts = pending;
        if (parts != null) {
            parts.save(key.hash);
        }
    }

    /** Called when the database forgets the table: it is closed now, or by the snapshot that still needs it. */
    void drop() {
        PendingParts parts = pending;
        if (parts == null || !parts.adopt()) {
            close();
        }
    }

    /** Gives all memory back. Nothing may touch the table afterwards. */
    void close() {
        held.releaseAll(resources);
        entries.close();
        if (scratch != null) {
            scratch.release();
            scratch = null;
        }
    }
}
