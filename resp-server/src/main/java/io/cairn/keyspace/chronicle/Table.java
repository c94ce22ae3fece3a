package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of one database in one stripe: a {@link Shelf} that is replaced by a larger one before it is full, the
 * blocks of large strings, and counters. All calls need the stripe's lock, but for {@link #size}, {@link #volatileKeys}
 * and {@link #keysInSlot}.
 */
final class Table {
    static final int ABSENT = 0;
    static final int FOUND = 1;
    static final int EXPIRED = 2;

    /** A shelf is replaced before more than this part of it is used (entries or bytes). */
    private static final double FULL = 0.8;

    /** Tries to build a larger shelf when a segment overflows though the whole is far from full. */
    private static final int MAX_GROWTH_ATTEMPTS = 6;

    /** Below this number of entries all are moved at once (some milliseconds), above it segment by segment. */
    private static final int GROW_AT_ONCE = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(Table.class);
    private static final ValueType[] TYPES = ValueType.values();

    final Span key = new Span();
    final Payload payload = new Payload();
    private final Resources resources;
    private final int slotMask;
    private final AtomicIntegerArray slotCounts;
    private final Span movedKey = new Span();
    private final Payload movedPayload = new Payload();
    private final Blocks blocks = new Blocks();
    private final List<Shelf> retired = new ArrayList<>(1);
    private Shelf shelf;
    /** Per segment of {@link #shelf}, a lower bound of the earliest expiry in it; Long.MAX_VALUE when none. */
    private long[] earliest;
    /** While the table grows: the larger shelf, to which the first {@link #moved} segments of the other have gone. */
    private @Nullable Shelf next;

    private long[] nextEarliest = noExpiries(0);
    private int moved;
    /** Size of the entry that {@link #locate} found. */
    private int locatedSize;

    private final AtomicLong size = new AtomicLong();
    private final AtomicLong volatileKeys = new AtomicLong();
    /** Sum of all entries' bytes, before rounding to chunks. */
    private long entryBytes;

    private long largestEntry;
    /**
     * A write failed halfway: an entry may lie in chunks that the shelf thinks free. All is still readable, but nothing
     * may be added before a new shelf is built.
     */
    private boolean damaged;

    private @Nullable NativeBlock scratch;
    /** Set while a snapshot has parts of this table to save. */
    @Nullable
    PendingParts pending;
    /** The expiry that made {@link #find} answer {@link #EXPIRED}. */
    long expiredAt;

    Table(Resources resources, int slotsPerStripe, long firstEntryBytes) {
        this.resources = resources;
        this.slotMask = slotsPerStripe - 1;
        this.slotCounts = new AtomicIntegerArray(slotsPerStripe);
        this.largestEntry = firstEntryBytes;
        this.shelf = new Shelf(1, Math.max(64, firstEntryBytes), firstEntryBytes);
        this.earliest = noExpiries(1);
        resources.used(shelf.fixedBytes());
    }

    private static long[] noExpiries(int segments) {
        long[] none = new long[segments];
        Arrays.fill(none, Long.MAX_VALUE);
        return none;
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

    /** Number of hash buckets, a power of two that only grows; see {@link #forEach}. */
    int segments() {
        return shelf.segments;
    }

    private Shelf shelfOf(long hash) {
        Shelf larger = next;
        return larger != null && shelf.segmentOf(hash) < moved ? larger : shelf;
    }

    private long locate() {
        Shelf in = shelfOf(key.hash);
        long entry = in.locate(key);
        locatedSize = in.locatedSize;
        return entry;
    }

    /** Looks up {@link #key} and fills {@code out}. */
    int find(long now, Value out, boolean touch) {
        long entry = locate();
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
        fill(out, entry, locatedSize);
        if (touch) {
            EntryFormat.touch(entry, header, now);
        }
        return FOUND;
    }

    long version(long now) {
        long entry = locate();
        if (entry == 0) {
            return 0;
        }
        long expireAt = EntryFormat.expireAt(entry, Memory.getInt(entry));
        return expireAt != 0 && expireAt <= now ? 0 : Memory.getLong(entry + EntryFormat.VERSION_OFFSET);
    }

    /** Overwrites the version of {@link #key}, if it is there. */
    void setVersion(long version) {
        long entry = locate();
        if (entry != 0) {
            beforeChange();
            Memory.putLong(entry + EntryFormat.VERSION_OFFSET, version);
        }
    }

    void fill(Value out, long entry, int entrySize) {
        int header = Memory.getInt(entry);
        long at = EntryFormat.payload(entry, header);
        out.type = TYPES[EntryFormat.type(header)];
        out.encoding = EntryFormat.encoding(header);
        out.accessClock = EntryFormat.clock(header);
        out.version = Memory.getLong(entry + EntryFormat.VERSION_OFFSET);
        out.expireAt = EntryFormat.expireAt(entry, header);
        switch (out.encoding) {
            case Value.INT -> {
                out.number = Memory.getLong(at);
                out.address = 0;
                out.length = 0;
                out.block = null;
            }
            case Value.BLOCK -> {
                NativeBlock block = blocks.get(Memory.getInt(at));
                out.block = block;
                out.address = block.address();
                out.length = Memory.getInt(at + Integer.BYTES);
            }
            default -> {
                out.block = null;
                out.address = at;
                out.length = (int) (entry + entrySize - at);
            }
        }
    }

    /** Stores {@link #payload} (its version and clock are set here) under {@link #key}. */
    void put(int slot) {
        beforeChange();
        try {
            payload.header |= EntryFormat.clockHeader(resources.clock());
            long entry = locate();
            if (entry == 0) {
                insert(slot);
            } else {
                replace(entry, locatedSize);
            }
            if (payload.expireAt != 0) {
                noteExpiry(key.hash, payload.expireAt);
            }
            advance();
        } finally {
            closeRetired();
        }
    }

    private void insert(int slot) {
        int valueSize = payload.size();
        long bytes = Shelf.entryBytes(key.length, valueSize);
        resources.claim(bytes);
        makeRoom(1, bytes);
        payload.version = resources.nextVersion();
        Shelf in = store();
        added(in, in.chunkedBytes(key.length, valueSize));
        entryBytes += bytes;
        count(slot, 1);
        if (payload.expireAt != 0) {
            countVolatile(1);
        }
    }

    private void replace(long entry, int oldSize) {
        int oldHeader = Memory.getInt(entry);
        boolean wasVolatile = (oldHeader & EntryFormat.HAS_EXPIRY) != 0;
        int oldBlock = EntryFormat.encoding(oldHeader) == Value.BLOCK
                ? Memory.getInt(EntryFormat.payload(entry, oldHeader))
                : -1;
        int newSize = payload.size();
        if (newSize == oldSize) {
            payload.version = resources.nextVersion();
            payload.writeTo(entry);
        } else {
            if (!payload.numeric && payload.address >= entry && payload.address < entry + oldSize) {
                payload.address = stage(payload.address, payload.length, payload.length);
            }
            long bytes = Shelf.entryBytes(key.length, newSize);
            long more = bytes - Shelf.entryBytes(key.length, oldSize);
            if (more > 0) {
                resources.claim(more);
            }
            if (more > 0 || damaged) {
                makeRoom(0, bytes);
            }
            payload.version = resources.nextVersion();
            Shelf in = store();
            added(in, in.chunkedBytes(key.length, newSize) - in.chunkedBytes(key.length, oldSize));
            entryBytes += more;
        }
        if (oldBlock >= 0 && !payload.holdsBlock(oldBlock)) {
            release(oldBlock);
        }
        if (wasVolatile != (payload.expireAt != 0)) {
            countVolatile(wasVolatile ? -1 : 1);
        }
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

    private void added(Shelf in, long bytes) {
        in.liveBytes += bytes;
        resources.used(bytes);
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

    /** Writes the payload; on a full segment builds larger shelves, a bounded number of times. */
    private Shelf store() {
        for (int attempt = 0; ; attempt++) {
            // Chronicle frees an entry's old chunks before it knows of new ones; see the field.
            damaged = true;
            try {
                Shelf in = shelfOf(key.hash);
                in.put(key, payload);
                damaged = false;
                return in;
            } catch (IllegalStateException full) {
                if (attempt == MAX_GROWTH_ATTEMPTS) {
                    throw outOfMemory(full);
                }
                rebuild(largest().segments * 2);
            }
        }
    }

    private static OutOfMemoryError outOfMemory(Throwable cause) {
        OutOfMemoryError error = new OutOfMemoryError("the table of a stripe cannot grow");
        error.initCause(cause);
        return error;
    }

    private Shelf largest() {
        Shelf larger = next;
        return larger == null ? shelf : larger;
    }

    private void makeRoom(int moreEntries, long bytes) {
        largestEntry = Math.max(largestEntry, bytes);
        Shelf in = largest();
        long entries = size.getPlain() + moreEntries;
        boolean crowded = entries > FULL * in.segments * Shelf.ENTRIES_PER_SEGMENT;
        if (damaged || bytes > in.tierBytes / 2 || bytes > shelf.tierBytes / 2) {
            rebuild(crowded ? in.segments * 2 : in.segments);
        } else if (crowded || entryBytes + bytes > FULL * in.segments * in.tierBytes) {
            int segments = crowded ? in.segments * 2 : in.segments;
            if (next != null || entries < GROW_AT_ONCE) {
                rebuild(segments);
            } else {
                next = newShelf(segments);
                nextEarliest = noExpiries(segments);
                moved = 0;
            }
        }
    }

    private Shelf newShelf(int segments) {
        long average = Math.max(64, (entryBytes + largestEntry) / (size.getPlain() + 1));
        Shelf created = new Shelf(segments, average, largestEntry);
        resources.used(created.fixedBytes());
        return created;
    }

    /** While the table grows, every change moves one more segment (some hundred entries). */
    private void advance() {
        Shelf to = next;
        if (to == null || damaged) {
            return;
        }
        damaged = true;
        try {
            moveSegment(moved, to, nextEarliest);
        } catch (IllegalStateException | OutOfMemoryError full) {
            // The change itself is done. The next one that needs room builds a new shelf first, or fails.
            LOG.debug("a segment could not be moved", full);
            return;
        }
        damaged = false;
        moved++;
        if (moved == shelf.segments) {
            retire(shelf);
            shelf = to;
            earliest = nextEarliest;
            next = null;
            moved = 0;
        }
    }

    /** Moves all to a new shelf at once; tries larger ones when a segment of the new one overflows. */
    private void rebuild(int firstSegments) {
        int segments = firstSegments;
        for (int attempt = 0; ; attempt++) {
            Shelf target = newShelf(segments);
            long[] targetEarliest = noExpiries(segments);
            try {
                for (int segment = 0; segment < shelf.segments; segment++) {
                    moveSegment(segment, target, targetEarliest);
                }
            } catch (IllegalStateException full) {
                discard(target);
                if (attempt == MAX_GROWTH_ATTEMPTS) {
                    throw outOfMemory(full);
                }
                segments *= 2;
                continue;
            } catch (OutOfMemoryError error) {
                discard(target);
                throw error;
            }
            retire(shelf);
            Shelf half = next;
            if (half != null) {
                retire(half);
            }
            shelf = target;
            earliest = targetEarliest;
            next = null;
            moved = 0;
            damaged = false;
            return;
        }
    }

    /** Copies the entries of a segment; the source keeps them until its shelf is dropped. */
    private void moveSegment(int segment, Shelf to, long[] toEarliest) {
        movedPayload.whole = true;
        forEach(segment, (at, length, entry, entrySize) -> {
            movedKey.set(at, length, resources.hash(at, length));
            movedPayload.address = entry;
            movedPayload.length = entrySize;
            to.put(movedKey, movedPayload);
            added(to, to.chunkedBytes(length, entrySize));
            int header = Memory.getInt(entry);
            if ((header & EntryFormat.HAS_EXPIRY) != 0) {
                int index = to.segmentOf(movedKey.hash);
                toEarliest[index] = Math.min(toEarliest[index], EntryFormat.expireAt(entry, header));
            }
        });
    }

    private void discard(Shelf old) {
        resources.used(-old.liveBytes - old.fixedBytes());
        old.close();
    }

    private void retire(Shelf old) {
        resources.used(-old.liveBytes - old.fixedBytes());
        retired.add(old);
    }

    /** Shelves left behind are closed when the change is done: its source may lie in one of them. */
    private void closeRetired() {
        if (!retired.isEmpty()) {
            for (Shelf old : retired) {
                old.close();
            }
            retired.clear();
        }
    }

    private void noteExpiry(long hash, long expireAt) {
        Shelf in = shelfOf(hash);
        long[] bounds = in == shelf ? earliest : nextEarliest;
        int segment = in.segmentOf(hash);
        bounds[segment] = Math.min(bounds[segment], expireAt);
    }

    /** Stores a string of {@code length} bytes, in a block when it is long. */
    void putString(int slot, long bytes, int length, byte encoding, long expireAt) {
        if (length <= resources.blockThreshold()) {
            payload.setBytes(encoding, bytes, length, expireAt);
            put(slot);
            return;
        }
        NativeBlock block = allocate(length);
        Memory.copy(bytes, block.address(), length);
        try {
            putBlock(slot, block, length, expireAt);
        } catch (Throwable failed) {
            block.release();
            throw failed;
        }
    }

    private NativeBlock allocate(int capacity) {
        resources.claim(capacity);
        return NativeBlock.allocate(capacity);
    }

    /** Takes over the caller's reference unless it throws. */
    void putBlock(int slot, NativeBlock block, int length, long expireAt) {
        int id = blocks.add(block);
        try {
            payload.setNumber(Value.BLOCK, blockNumber(id, length), expireAt);
            put(slot);
            resources.used(block.capacity());
        } catch (Throwable failed) {
            blocks.remove(id);
            throw failed;
        }
    }

    /** Id in the first four bytes in memory, used length in the next. */
    private static long blockNumber(int id, int length) {
        return ((long) length << 32) | id;
    }

    private void release(int id) {
        NativeBlock block = blocks.remove(id);
        resources.used(-block.capacity());
        block.release();
    }

    /** See {@link io.cairn.keyspace.Database#resize}. */
    void resize(int slot, long now, int newLength, Value out) {
        boolean there = find(now, out, true) == FOUND;
        long expireAt = there ? out.expireAt : 0;
        if (there && out.encoding == Value.INT) {
            int capacity = Math.max(newLength, Decimals.MAX_LENGTH);
            out.address = scratch(capacity);
            out.length = Decimals.write(out.number, out.address);
        }
        int kept = there ? Math.min(out.length, newLength) : 0;
        if (newLength > resources.blockThreshold()) {
            resizeBlock(slot, there && out.encoding == Value.BLOCK, kept, expireAt, newLength, out);
        } else if (there
                && out.encoding != Value.INT
                && out.encoding != Value.BLOCK
                && kept == out.length
                && kept == newLength) {
            payload.setBytes(Value.RAW, out.address, newLength, expireAt);
            put(slot);
        } else {
            long to = scratch(newLength);
            if (kept > 0) {
                Memory.copy(out.address, to, kept);
            }
            Memory.zero(to + kept, newLength - kept);
            payload.setBytes(Value.RAW, to, newLength, expireAt);
            put(slot);
        }
        find(Long.MIN_VALUE, out, false);
    }

    private void resizeBlock(int slot, boolean wasBlock, int kept, long expireAt, int newLength, Value out) {
        NativeBlock old = wasBlock ? out.block : null;
        if (old != null && !old.shared() && old.capacity() >= newLength) {
            int id = Memory.getInt(EntryFormat.payload(locate(), expireAt == 0 ? 0 : EntryFormat.HAS_EXPIRY));
            payload.setNumber(Value.BLOCK, blockNumber(id, newLength), expireAt);
            put(slot);
            Memory.zero(old.address() + kept, newLength - kept);
            return;
        }
        NativeBlock block = allocate(Decimals.grownCapacity(newLength, kept > 0));
        Memory.copy(out.address, block.address(), kept);
        Memory.zero(block.address() + kept, newLength - kept);
        try {
            putBlock(slot, block, newLength, expireAt);
        } catch (Throwable failed) {
            block.release();
            throw failed;
        }
    }

    /** Sets or removes the expiry of {@link #key}; nothing happens when it is absent. */
    void setExpiry(int slot, long expireAt) {
        long entry = locate();
        if (entry == 0) {
            return;
        }
        int header = Memory.getInt(entry);
        byte encoding = EntryFormat.encoding(header);
        long at = EntryFormat.payload(entry, header);
        if (encoding == Value.INT || encoding == Value.BLOCK) {
            payload.setNumber(encoding, Memory.getLong(at), expireAt);
        } else {
            payload.setBytes(encoding, at, (int) (entry + locatedSize - at), expireAt);
        }
        payload.header |= EntryFormat.type(header);
        put(slot);
    }

    /** Removes {@link #key}; {@link #ABSENT}, {@link #EXPIRED} or {@link #FOUND} as it was. */
    int remove(int slot, long now) {
        long entry = locate();
        if (entry == 0) {
            return ABSENT;
        }
        beforeChange();
        int header = Memory.getInt(entry);
        boolean isVolatile = (header & EntryFormat.HAS_EXPIRY) != 0;
        boolean expired = isVolatile && EntryFormat.expireAt(entry, header) <= now;
        int block =
                EntryFormat.encoding(header) == Value.BLOCK ? Memory.getInt(EntryFormat.payload(entry, header)) : -1;
        Shelf in = shelfOf(key.hash);
        in.remove(key);
        added(in, -in.chunkedBytes(key.length, locatedSize));
        entryBytes -= Shelf.entryBytes(key.length, locatedSize);
        if (block >= 0) {
            release(block);
        }
        count(slot, -1);
        if (isVolatile) {
            countVolatile(-1);
        }
        advance();
        closeRetired();
        return expired ? EXPIRED : FOUND;
    }

    /** Visits the keys whose hash has {@code segment} in its low bits ({@link #segments}), wherever they lie. */
    void forEach(int segment, Shelf.EntryVisitor visitor) {
        Shelf larger = next;
        if (larger == null || segment >= moved) {
            shelf.forEach(segment, visitor);
            return;
        }
        for (int part = segment; part < larger.segments; part += shelf.segments) {
            larger.forEach(part, visitor);
        }
    }

    /** First segment from {@code from} on whose earliest expiry may be at or before {@code now}; -1 when none. */
    int nextExpiring(int from, long now) {
        for (int segment = from; segment < shelf.segments; segment++) {
            if (earliest(segment) <= now) {
                return segment;
            }
        }
        return -1;
    }

    private long earliest(int segment) {
        if (segment >= moved) {
            return earliest[segment];
        }
        long bound = Long.MAX_VALUE;
        for (int part = segment; part < nextEarliest.length; part += shelf.segments) {
            bound = Math.min(bound, nextEarliest[part]);
        }
        return bound;
    }

    void setEarliest(int segment, long expireAt) {
        if (segment >= moved) {
            earliest[segment] = expireAt;
            return;
        }
        for (int part = segment; part < nextEarliest.length; part += shelf.segments) {
            nextEarliest[part] = expireAt;
        }
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
        resources.used(-blocks.releaseAll());
        closeRetired();
        discard(shelf);
        Shelf larger = next;
        if (larger != null) {
            discard(larger);
        }
        if (scratch != null) {
            scratch.release();
            scratch = null;
        }
    }
}
