package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Memory;
import net.openhft.chronicle.hash.impl.BigSegmentHeader;
import net.openhft.chronicle.hash.impl.VanillaChronicleHash;

/**
 * Reads a Chronicle map where it lies. Chronicle's own query context costs 400 to 900 ns for a lookup, most of it
 * bookkeeping for locks and thread-locals that a stripe lock makes superfluous; this costs little more than the cache
 * misses. Nothing is written here: every insertion, removal and change of size goes through Chronicle Map.
 *
 * <p>The layout is Chronicle Map 3's published data store specification, for a map without replication and checksums,
 * with our entries unaligned. The geometry is read from the map's public fields:
 *
 * <pre>
 * tier:  lookup slots | counters (64 bytes; first long: index of the next tier of this segment, 0
 *        none; that of a segment's first tier is in the segment's header instead) | free list | entry space, in chunks
 * slot:  int, 0 empty; low bits: bits of the hash above the segment's, never all 0; the rest: first chunk of the entry
 * entry: key size (stop bit) | key | value size (stop bit) | value
 * </pre>
 *
 * Slots are probed linearly from {@code slot key & (slots - 1)}. {@code ShelfLayoutTest} holds this class against
 * Chronicle Map's own answers, so that a change of version cannot go unseen.
 */
final class ShelfLayout {
    private final VanillaChronicleHash<?, ?, ?, ?> map;
    private final long firstTier;
    private final long tierSize;
    private final long countersOffset;
    private final long entriesOffset;
    private final long chunkBytes;
    private final int segmentMask;
    private final int segmentBits;
    private final int slotKeyMask;
    private final int slotKeyBits;
    private final int slotMask;
    private int locatedSize;

    /** Position just behind the last size that {@link #readSize} read. */
    private long behindSize;

    ShelfLayout(VanillaChronicleHash<?, ?, ?, ?> map) {
        if (map.tierHashLookupSlotSize != Integer.BYTES || map.checksumEntries) {
            throw new IllegalStateException("unknown layout: slots of " + map.tierHashLookupSlotSize + " bytes");
        }
        this.map = map;
        this.firstTier = map.segmentBaseAddr(0);
        this.tierSize = map.tierSize;
        this.countersOffset = map.tierHashLookupOuterSize;
        this.entriesOffset = map.tierHashLookupOuterSize
                + VanillaChronicleHash.TIER_COUNTERS_AREA_SIZE
                + map.tierFreeListOuterSize
                + map.tierEntrySpaceInnerOffset;
        this.chunkBytes = map.chunkSize;
        this.segmentMask = map.actualSegments - 1;
        this.segmentBits = Integer.numberOfTrailingZeros(map.actualSegments);
        this.slotKeyBits = map.tierHashLookupKeyBits;
        this.slotKeyMask = (1 << slotKeyBits) - 1;
        this.slotMask = (int) map.tierHashLookupCapacity - 1;
    }

    int locatedSize() {
        return locatedSize;
    }

    /** Address of the key's value, 0 when absent; its size is then in {@link #locatedSize()}. */
    long locate(Span key) {
        int segment = (int) key.hash & segmentMask;
        long tier = firstTier + segment * tierSize;
        int slotKey = (int) (key.hash >>> segmentBits) & slotKeyMask;
        if (slotKey == 0) {
            slotKey = slotKeyMask;
        }
        while (true) {
            int at = slotKey & slotMask;
            for (int slot = Memory.getInt(tier + 4L * at); slot != 0; slot = Memory.getInt(tier + 4L * at)) {
                if ((slot & slotKeyMask) == slotKey) {
                    long found = match(tier + entriesOffset + (slot >>> slotKeyBits) * chunkBytes, key);
                    if (found != 0) {
                        return found;
                    }
                }
                at = (at + 1) & slotMask;
            }
            tier = nextTier(segment, tier);
            if (tier == 0) {
                return 0;
            }
        }
    }

    /** Address of the tier behind {@code tier}; the first tier's link is in the segment's header. */
    private long nextTier(int segment, long tier) {
        long index = tier == firstTier + segment * tierSize
                ? BigSegmentHeader.INSTANCE.nextTierIndex(map.segmentHeaderAddress(segment))
                : Memory.getLong(tier + countersOffset);
        return index == 0 ? 0 : map.tierIndexToBaseAddr(index);
    }

    /** The value's address if the entry has this key, 0 if not. */
    private long match(long entry, Span key) {
        int length = readSize(entry);
        if (length != key.length || !Memory.same(behindSize, key.address, length)) {
            return 0;
        }
        locatedSize = readSize(behindSize + length);
        return behindSize;
    }

    private int readSize(long address) {
        int size = 0;
        int shift = 0;
        long at = address;
        int next = Memory.getByte(at++);
        while (next < 0) {
            size |= (next & 0x7f) << shift;
            shift += 7;
            next = Memory.getByte(at++);
        }
        behindSize = at;
        return size | (next << shift);
    }

    /** Visits the entries of a segment; the visitor changes nothing. */
    void forEach(int segment, Shelf.EntryVisitor visitor) {
        long tier = firstTier + segment * tierSize;
        while (tier != 0) {
            for (int at = 0; at <= slotMask; at++) {
                int slot = Memory.getInt(tier + 4L * at);
                if (slot != 0) {
                    int keyLength = readSize(tier + entriesOffset + (slot >>> slotKeyBits) * chunkBytes);
                    long key = behindSize;
                    int entrySize = readSize(key + keyLength);
                    visitor.visit(key, keyLength, behindSize, entrySize);
                }
            }
            tier = nextTier(segment, tier);
        }
    }

    /**
     * Visits up to {@code count} entries, only those with an expiry if asked for, from a slot that chance picks on; all of the segment's if they are
     * no more. Answers how many.
     */
    int sample(int segment, long chance, int count, boolean volatileOnly, Shelf.EntryVisitor visitor) {
        long first = firstTier + segment * tierSize;
        int tiers = 1;
        for (long tier = nextTier(segment, first); tier != 0; tier = nextTier(segment, tier)) {
            tiers++;
        }
        long tier = first;
        for (int skip = tiers == 1 ? 0 : (int) (chance >>> 12 & 0xfff) % tiers; skip > 0; skip--) {
            tier = nextTier(segment, tier);
        }
        int shown = 0;
        for (int i = 0; i < tiers && shown < count; i++) {
            shown += sampleTier(tier, (int) chance & slotMask, count - shown, volatileOnly, visitor);
            tier = nextTier(segment, tier);
            tier = tier == 0 ? first : tier;
        }
        return shown;
    }

    private int sampleTier(long tier, int start, int count, boolean volatileOnly, Shelf.EntryVisitor visitor) {
        int shown = 0;
        for (int i = 0; i <= slotMask && shown < count; i++) {
            int slot = Memory.getInt(tier + 4L * ((start + i) & slotMask));
            if (slot == 0) {
                continue;
            }
            int keyLength = readSize(tier + entriesOffset + (slot >>> slotKeyBits) * chunkBytes);
            long key = behindSize;
            int entrySize = readSize(key + keyLength);
            if (volatileOnly && (Memory.getInt(behindSize) & EntryFormat.HAS_EXPIRY) == 0) {
                continue;
            }
            visitor.visit(key, keyLength, behindSize, entrySize);
            shown++;
        }
        return shown;
    }
}
