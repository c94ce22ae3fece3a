package io.cairn.keyspace.chronicle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The entries of a table: one {@link Shelf}, or two while it grows. Before the shelf is {@value #FULL} full (entries or
 * bytes) a larger one is made, and every later change moves one segment, as Redis rehashes step by step: a key is in
 * the larger shelf if its segment of the smaller has been moved. Where that is not enough (a segment overflows, an
 * entry is larger than all before) everything moves at once.
 *
 * <p>To the outside there are {@link #segments} hash buckets throughout: the smaller shelf's.
 *
 * <p>Shelves that were left behind stay readable until {@link #closeRetired}, at the end of the change.
 */
final class Entries {
    /** A shelf is replaced before more than this part of it is used (entries or bytes). */
    static final double FULL = 0.8;

    /** Tries to build a larger shelf when a segment overflows though the whole is far from full. */
    private static final int MAX_GROWTH_ATTEMPTS = 6;

    /** Below this number of entries all are moved at once (about a millisecond), above it segment by segment. */
    private static final int GROW_AT_ONCE = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(Entries.class);

    private final Resources resources;
    private final Span movedKey = new Span();
    private final Payload movedPayload = new Payload();
    private final List<Shelf> retired = new ArrayList<>(1);
    private Shelf shelf;
    /** Per segment of {@link #shelf}, a lower bound of the earliest expiry in it; Long.MAX_VALUE when none. */
    private long[] earliest;
    /** While the table grows: the larger shelf, to which the first {@link #moved} segments of the other have gone. */
    private @Nullable Shelf next;

    private long[] nextEarliest = noExpiries(0);
    private int moved;
    private long count;
    /** Sum of all entries' bytes, before rounding to chunks. */
    private long entryBytes;

    private long largestEntry;
    /**
     * A write failed halfway: an entry may lie in chunks that the shelf thinks free, or the larger shelf may hold part of
     * a segment. All is still readable, but nothing may be added before a new shelf is built.
     */
    private boolean damaged;

    /** Size of the entry that {@link #locate} found. */
    int locatedSize;

    private final LongUnaryOperator expiryOf;

    /** @param expiryOf when an entry, or something in it, expires first; Long.MAX_VALUE if nothing does */
    Entries(Resources resources, long firstEntryBytes, LongUnaryOperator expiryOf) {
        this.resources = resources;
        this.expiryOf = expiryOf;
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

    /** Number of hash buckets, a power of two that only grows; see {@link #forEach}. */
    int segments() {
        return shelf.segments;
    }

    private Shelf shelfOf(long hash) {
        Shelf larger = next;
        return larger != null && shelf.segmentOf(hash) < moved ? larger : shelf;
    }

    /** Address of the key's value, 0 when absent; its size is then in {@link #locatedSize}. */
    long locate(Span key) {
        Shelf in = shelfOf(key.hash);
        long entry = in.locate(key);
        locatedSize = in.locatedSize;
        return entry;
    }

    /** @throws OutOfMemoryError when there is no room; nothing has changed then */
    void insert(Span key, Payload payload) {
        int valueSize = payload.size();
        long bytes = Shelf.entryBytes(key.length, valueSize);
        resources.claim(bytes);
        makeRoom(1, bytes);
        Shelf in = store(key, payload);
        added(in, in.chunkedBytes(key.length, valueSize));
        entryBytes += bytes;
        count++;
    }

    /**
     * Replaces a value by one of another size.
     *
     * @throws OutOfMemoryError when there is no room; nothing has changed then
     */
    void replace(Span key, Payload payload, int oldSize) {
        int newSize = payload.size();
        long bytes = Shelf.entryBytes(key.length, newSize);
        long more = bytes - Shelf.entryBytes(key.length, oldSize);
        if (more > 0) {
            resources.claim(more);
        }
        if (more > 0 || damaged) {
            makeRoom(0, bytes);
        }
        Shelf in = store(key, payload);
        added(in, in.chunkedBytes(key.length, newSize) - in.chunkedBytes(key.length, oldSize));
        entryBytes += more;
    }

    /** Removes a key that is there, with a value of this size. */
    void remove(Span key, int valueSize) {
        Shelf in = shelfOf(key.hash);
        in.remove(key);
        added(in, -in.chunkedBytes(key.length, valueSize));
        entryBytes -= Shelf.entryBytes(key.length, valueSize);
        count--;
    }

    private void added(Shelf in, long bytes) {
        in.liveBytes += bytes;
        resources.used(bytes);
    }

    /** Writes the payload; on a full segment builds larger shelves, a bounded number of times. */
    private Shelf store(Span key, Payload payload) {
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
        long entries = count + moreEntries;
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
        long average = Math.max(64, (entryBytes + largestEntry) / (count + 1));
        Shelf created = new Shelf(segments, average, largestEntry);
        resources.used(created.fixedBytes());
        return created;
    }

    /** While the table grows, every change moves one more segment (some hundred entries). */
    void advance() {
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
            int index = to.segmentOf(movedKey.hash);
            toEarliest[index] = Math.min(toEarliest[index], expiryOf.applyAsLong(entry));
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
    void closeRetired() {
        if (!retired.isEmpty()) {
            for (Shelf old : retired) {
                old.close();
            }
            retired.clear();
        }
    }

    void noteExpiry(long hash, long expireAt) {
        Shelf in = shelfOf(hash);
        long[] bounds = in == shelf ? earliest : nextEarliest;
        int segment = in.segmentOf(hash);
        bounds[segment] = Math.min(bounds[segment], expireAt);
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

    /**
     * Visits up to {@code count} neighbouring entries, only those with an expiry if asked for, of a segment that chance picks; of the next ones in
     * which there are any, if it has none. Answers how many.
     */
    int sample(long chance, int count, boolean volatileOnly, Shelf.EntryVisitor visitor) {
        int first = (int) chance & (shelf.segments - 1);
        for (int i = 0; i < shelf.segments; i++) {
            int segment = (first + i) & (shelf.segments - 1);
            if (volatileOnly && earliest(segment) == Long.MAX_VALUE) {
                continue;
            }
            int shown = sampleSegment(segment, chance >>> 32, count, volatileOnly, visitor);
            if (shown > 0) {
                return shown;
            }
            if (volatileOnly) {
                setEarliest(segment, Long.MAX_VALUE);
            }
        }
        return 0;
    }

    private int sampleSegment(int segment, long chance, int count, boolean volatileOnly, Shelf.EntryVisitor visitor) {
        Shelf larger = next;
        if (larger == null || segment >= moved) {
            return shelf.sample(segment, chance, count, volatileOnly, visitor);
        }
        int parts = larger.segments / shelf.segments;
        int first = (int) (chance >>> 24) & (parts - 1);
        int shown = 0;
        for (int i = 0; i < parts && shown == 0; i++) {
            int part = segment + ((first + i) & (parts - 1)) * shelf.segments;
            shown = larger.sample(part, chance, count, volatileOnly, visitor);
        }
        return shown;
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

    /** Gives all memory back. */
    void close() {
        closeRetired();
        discard(shelf);
        Shelf larger = next;
        if (larger != null) {
            discard(larger);
        }
    }
}
