package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Memory;

/**
 * The bytes of a table entry's value, in the machine's order:
 *
 * <pre>
 * 0   int   bits 0-2 type, 3-4 and 6 encoding, 5 has expiry, 7 held, 8-31 access clock (seconds, 24 bits, as Redis's LRU)
 * 4   long  version
 * 12  long  expireAt, only if the bit says so
 * ..  payload: the bytes | a long (INT) | if held: int number of the block or object, int used length of the block
 * </pre>
 */
final class EntryFormat {
    static final int HAS_EXPIRY = 1 << 5;
    /** The payload is the number of what holds the value. */
    static final int HELD = 1 << 7;

    static final int VERSION_OFFSET = 4;
    static final int FIXED_SIZE = 12;
    private static final int CLOCK_SHIFT = 8;

    private EntryFormat() {}

    static int size(boolean hasExpiry, int payloadLength) {
        return FIXED_SIZE + (hasExpiry ? Long.BYTES : 0) + payloadLength;
    }

    static int header(int type, int encoding, int clock) {
        return type | ((encoding & 3) << 3) | ((encoding & 4) << 4) | (clock << CLOCK_SHIFT);
    }

    static int type(int header) {
        return header & 7;
    }

    static byte encoding(int header) {
        return (byte) (((header >>> 3) & 3) | ((header >>> 4) & 4));
    }

    /** Whether the payload is a number of 8 bytes and not the value's bytes. */
    static boolean isNumeric(int header) {
        return (header & HELD) != 0 || encoding(header) == io.cairn.keyspace.Value.INT;
    }

    static int clock(int header) {
        return header >>> CLOCK_SHIFT;
    }

    /** Redis: LRU_CLOCK, seconds modulo 2^24. */
    static int clockOf(long nowMillis) {
        return (int) (nowMillis / 1000) & 0xff_ffff;
    }

    static int clockHeader(long nowMillis) {
        return clockOf(nowMillis) << CLOCK_SHIFT;
    }

    static void touch(long entry, int header, long nowMillis) {
        int clock = clockOf(nowMillis);
        if (clock != clock(header)) {
            Memory.putInt(entry, (header & 0xff) | (clock << CLOCK_SHIFT));
        }
    }

    static long expireAt(long entry, int header) {
        return (header & HAS_EXPIRY) == 0 ? 0 : Memory.getLong(entry + FIXED_SIZE);
    }

    static long payload(long entry, int header) {
        return entry + FIXED_SIZE + ((header & HAS_EXPIRY) == 0 ? 0 : Long.BYTES);
    }
}
