package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Memory;
import net.openhft.chronicle.hash.impl.VanillaChronicleHash;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import net.openhft.chronicle.map.ExternalMapQueryContext;
import net.openhft.chronicle.map.MapAbsentEntry;
import net.openhft.chronicle.map.MapEntry;

/**
 * One Chronicle map of fixed geometry. Its segments are hash buckets: with a power of two of them, Chronicle puts a key
 * into segment {@code hash & (segments - 1)}, and SCAN, snapshots and expiry work segment by segment. The owner's
 * stripe lock makes all calls exclusive; Chronicle's own segment locks are taken by its calls and never contended.
 */
final class Shelf implements AutoCloseable {
    static {
        // Chronicle must neither phone home nor advertise; its analytics jar is excluded from the build besides.
        System.setProperty("chronicle.analytics.disable", "true");
        System.setProperty("chronicle.announcer.disable", "true");
    }

    /** Entries that a segment is built for; 1024 lookup slots of 4 bytes belong to it. */
    static final int ENTRIES_PER_SEGMENT = 640;

    private static final int MAX_CHUNK_BYTES = 256;
    /** With more chunks in a tier a lookup slot would take 8 bytes. */
    private static final long MAX_CHUNKS = (1 << 19) - 1;

    private static final int MIN_TIER_BYTES = 16 * 1024;

    final int segments;
    final int chunkBytes;
    final long tierBytes;
    private final ChronicleMap<Span, Payload> map;
    private final ShelfLayout layout;
    /** Chunks in use, in bytes; kept by the table. */
    long liveBytes;
    /** Size of the entry's value that {@link #locate} found. */
    int locatedSize;

    /**
     * @param segments a power of two
     * @param averageEntryBytes expected size of key and value of an entry
     * @param largestEntryBytes an entry of this size must fit
     * @throws OutOfMemoryError when the memory cannot be had
     */
    Shelf(int segments, long averageEntryBytes, long largestEntryBytes) {
        this.segments = segments;
        // Room for entries is touched only when used, so it may be generous; sizes vary between segments.
        long wanted = Math.max(
                ENTRIES_PER_SEGMENT * averageEntryBytes * 3 / 2, Math.max(4 * largestEntryBytes, MIN_TIER_BYTES));
        this.chunkBytes = chunkBytes(averageEntryBytes, wanted);
        long chunks = (wanted + chunkBytes - 1) / chunkBytes;
        this.tierBytes = chunks * chunkBytes;
        SpanAccess keys = new SpanAccess();
        PayloadAccess values = new PayloadAccess();
        this.map = ChronicleMapBuilder.of(Span.class, Payload.class)
                .keyReaderAndDataAccess(keys, keys)
                .valueReaderAndDataAccess(values, values)
                .actualSegments(segments)
                .entriesPerSegment(ENTRIES_PER_SEGMENT)
                .actualChunkSize(chunkBytes)
                .actualChunksPerSegmentTier(chunks)
                .maxBloatFactor(1.0)
                .skipCloseOnExitHook(true)
                .create();
        this.layout = new ShelfLayout((VanillaChronicleHash<?, ?, ?, ?>) map);
    }

    /** Makes Chronicle Map compile and load what it needs. */
    static void warmUp() {
        long key = Memory.allocate(Long.BYTES);
        try (Shelf shelf = new Shelf(2, 64, 64)) {
            Memory.putLong(key, 0);
            Span span = new Span().set(key, Long.BYTES, 1);
            Payload payload = new Payload();
            payload.setNumber(0, 1, 0);
            shelf.put(span, payload);
            if (shelf.locate(span) == 0) {
                throw new IllegalStateException("Chronicle Map's layout is not the one that ShelfLayout reads");
            }
            shelf.remove(span);
        } finally {
            Memory.free(key, Long.BYTES);
        }
    }

    /** A sixteenth of an entry: half a chunk is lost per entry, one bit per chunk spent. */
    private static int chunkBytes(long averageEntryBytes, long tierBytes) {
        int chunk = 8;
        while ((chunk < MAX_CHUNK_BYTES && chunk * 16L < averageEntryBytes) || tierBytes / chunk > MAX_CHUNKS) {
            chunk *= 2;
        }
        return chunk;
    }

    /** Bytes of an entry before rounding to chunks: both sizes (stop-bit coded), key, value. */
    static long entryBytes(int keyLength, int valueSize) {
        return (long) stopBitBytes(keyLength) + keyLength + stopBitBytes(valueSize) + valueSize;
    }

    private static int stopBitBytes(int n) {
        return 1 + (31 - Integer.numberOfLeadingZeros(n | 1)) / 7;
    }

    long chunkedBytes(int keyLength, int valueSize) {
        return (entryBytes(keyLength, valueSize) + chunkBytes - 1) / chunkBytes * chunkBytes;
    }

    /** The map itself, for tests that compare {@link ShelfLayout} with it. */
    ChronicleMap<Span, Payload> map() {
        return map;
    }

    int segmentOf(long hash) {
        return (int) hash & (segments - 1);
    }

    /** Address of the key's value, 0 when absent; its size is then in {@link #locatedSize}. */
    long locate(Span key) {
        long found = layout.locate(key);
        locatedSize = layout.locatedSize();
        return found;
    }

    /**
     * Inserts or replaces.
     *
     * @throws IllegalStateException when the segment is full; nothing has changed then
     */
    void put(Span key, Payload payload) {
        try (ExternalMapQueryContext<Span, Payload, ?> query = map.queryContext(key)) {
            query.writeLock().lock();
            MapEntry<Span, Payload> entry = query.entry();
            if (entry != null) {
                entry.doReplaceValue(query.wrapValueAsData(payload));
                return;
            }
            MapAbsentEntry<Span, Payload> absent = query.absentEntry();
            if (absent == null) {
                throw new AssertionError("an entry is neither there nor absent");
            }
            absent.doInsert(query.wrapValueAsData(payload));
        }
    }

    void remove(Span key) {
        try (ExternalMapQueryContext<Span, Payload, ?> query = map.queryContext(key)) {
            query.writeLock().lock();
            MapEntry<Span, Payload> entry = query.entry();
            if (entry != null) {
                entry.doRemove();
            }
        }
    }

    void forEach(int segment, EntryVisitor visitor) {
        layout.forEach(segment, visitor);
    }

    /** See {@link ShelfLayout#sample}. */
    int sample(int segment, long chance, int count, boolean volatileOnly, EntryVisitor visitor) {
        return layout.sample(segment, chance, count, volatileOnly, visitor);
    }

    /** Bytes that the map's own structures take whether used or not: lookup slots, free list, counters. */
    long fixedBytes() {
        return segments * (1024L * Integer.BYTES + tierBytes / chunkBytes / 8 + 256);
    }

    @Override
    public void close() {
        map.close();
    }

    /** Told of an entry; addresses are valid during the call. */
    interface EntryVisitor {
        void visit(long key, int keyLength, long entry, int entrySize);
    }
}
