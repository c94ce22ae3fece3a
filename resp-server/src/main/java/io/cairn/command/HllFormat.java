package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;

/**
 * The bytes of a HyperLogLog, which is a string: 16 bytes of header, then 16384 registers. Redis: hyperloglog.c.
 *
 * <pre>
 * "HYLL" | encoding: 0 dense, 1 sparse | 3 zeros | 8 bytes cardinality, little endian, the highest bit set when out of date
 * dense    6 bits a register, from the lowest bit of each byte on
 * sparse   00llllll             l + 1 registers of 0
 *          01llllll llllllll    l + 1 registers of 0
 *          1vvvvvll             l + 1 registers of v + 1
 * </pre>
 */
final class HllFormat {
    /** Number of registers, and of the lowest bits of a hash that choose one. */
    static final int REGISTERS = 1 << 14;

    static final int INDEX_BITS = 14;
    /** Most zeros that a hash can have above its index. */
    static final int MAX_ZEROS = 64 - INDEX_BITS;

    static final int HEADER_BYTES = 16;
    static final int DENSE_BYTES = HEADER_BYTES + REGISTERS * 6 / 8;
    static final int DENSE = 0;
    static final int SPARSE = 1;
    /** Largest register that a run of the sparse form can hold. */
    static final int MAX_SPARSE_VALUE = 32;

    /** "HYLL" as a number, little endian. */
    private static final int MAGIC = 'H' | 'Y' << 8 | 'L' << 16 | 'L' << 24;

    private static final int ENCODING_OFFSET = 4;
    private static final int CARDINALITY_OFFSET = 8;
    private static final int STALE_OFFSET = 15;
    private static final long HASH_SEED = 0xadc83b19L;
    private static final long HASH_FACTOR = 0xc6a4a7935bd1e995L;
    private static final int HASH_SHIFT = 47;
    private static final int MAX_REGISTER = 63;

    private HllFormat() {}

    /** Whether a value is one, as far as its header says; the runs of the sparse form are not looked at. Redis: isHLLObjectOrReply. */
    static boolean isSketch(Value value) {
        return value.type == ValueType.STRING
                && value.encoding != Value.INT
                && value.length >= HEADER_BYTES
                && Memory.getInt(value.address) == MAGIC
                && encoding(value.address) <= SPARSE
                && (encoding(value.address) == SPARSE || value.length == DENSE_BYTES);
    }

    /** Writes the header of an empty one. */
    static void header(long address, int encoding) {
        Memory.zero(address, HEADER_BYTES);
        Memory.putInt(address, MAGIC);
        encoding(address, encoding);
    }

    static int encoding(long address) {
        return Memory.getByte(address + ENCODING_OFFSET) & 0xff;
    }

    static void encoding(long address, int encoding) {
        Memory.putByte(address + ENCODING_OFFSET, (byte) encoding);
    }

    /** The cardinality that is kept in the header, negative when it is out of date. */
    static long cachedCardinality(long address) {
        return Memory.getLong(address + CARDINALITY_OFFSET);
    }

    /** Notes the cardinality of the present registers. */
    static void cache(long address, long cardinality) {
        Memory.putLong(address + CARDINALITY_OFFSET, cardinality);
    }

    /** Marks the cardinality in the header as out of date. */
    static void invalidate(long address) {
        Memory.putByte(address + STALE_OFFSET, (byte) (Memory.getByte(address + STALE_OFFSET) | 0x80));
    }

    // ---- dense registers

    static int get(long address, int index) {
        int bit = index * 6;
        long at = address + HEADER_BYTES + (bit >> 3);
        int shift = bit & 7;
        int bits = Memory.getByte(at) & 0xff;
        if (shift > 2) {
            bits |= (Memory.getByte(at + 1) & 0xff) << 8;
        }
        return bits >> shift & MAX_REGISTER;
    }

    static void set(long address, int index, int value) {
        int bit = index * 6;
        long at = address + HEADER_BYTES + (bit >> 3);
        int shift = bit & 7;
        int mask = MAX_REGISTER << shift;
        int bits = value << shift;
        Memory.putByte(at, (byte) ((Memory.getByte(at) & ~mask) | bits));
        if (shift > 2) {
            Memory.putByte(at + 1, (byte) ((Memory.getByte(at + 1) & ~(mask >> 8)) | (bits >> 8)));
        }
    }

    // ---- runs of the sparse form; a run cut off by the end of the string goes on with zeros, as Redis's strings do

    static boolean isValue(int run) {
        return (run & 0x80) != 0;
    }

    static boolean isLong(int run) {
        return (run & 0xc0) == 0x40;
    }

    /** Number of bytes of a run that begins with {@code run}. */
    static int bytes(int run) {
        return isLong(run) ? 2 : 1;
    }

    /** Number of registers of the run at {@code at}. */
    static int registers(long at, long end) {
        int run = Memory.getByte(at);
        if (isValue(run)) {
            return (run & 3) + 1;
        }
        int length = run & 0x3f;
        if (isLong(run)) {
            int low = at + 1 < end ? Memory.getByte(at + 1) & 0xff : 0;
            length = length << 8 | low;
        }
        return length + 1;
    }

    /** What the registers of a run of values hold. */
    static int value(int run) {
        return (run >> 2 & 0x1f) + 1;
    }

    // ---- elements

    /** The hash of an element: MurmurHash64A with Redis's seed. */
    static long hash(long address, int length) {
        long hash = HASH_SEED ^ length * HASH_FACTOR;
        long at = address;
        for (int left = length >> 3; left > 0; left--) {
            long word = Memory.getLong(at) * HASH_FACTOR;
            word ^= word >>> HASH_SHIFT;
            hash = (hash ^ word * HASH_FACTOR) * HASH_FACTOR;
            at += Long.BYTES;
        }
        int rest = length & 7;
        if (rest > 0) {
            long word = 0;
            for (int i = rest - 1; i >= 0; i--) {
                word = (word << 8) | (Memory.getByte(at + i) & 0xff);
            }
            hash = (hash ^ word) * HASH_FACTOR;
        }
        hash ^= hash >>> HASH_SHIFT;
        hash *= HASH_FACTOR;
        return hash ^ hash >>> HASH_SHIFT;
    }

    /** The register that a hash belongs to. */
    static int index(long hash) {
        return (int) hash & (REGISTERS - 1);
    }

    /** What a hash raises its register to: the place of the lowest one above the index, from 1. */
    static int rank(long hash) {
        return Long.numberOfTrailingZeros(hash >>> INDEX_BITS | 1L << MAX_ZEROS) + 1;
    }
}
