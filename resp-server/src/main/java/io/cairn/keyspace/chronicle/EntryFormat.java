package io.cairn.keyspace.chronicle;

import io.cairn.keyspace.Memory;

/**
 * The bytes of a table entry's value, in the machine's order:
 *
 * <pre>
 * 0   int   bits 0-2 type, 3-4 and 6 encoding, 5 has expiry, 7 held, 8-31 access data (AccessTracking)
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
    private static final int ACCESS_SHIFT = 8;

    private EntryFormat() {}

    static int size(boolean hasExpiry, int payloadLength) {
        return FIXED_SIZE + (hasExpiry ? Long.BYTES : 0) + payloadLength;
    }

    static int header(int type, int encoding, int access) {
        return type | ((encoding & 3) << 3) | ((encoding & 4) << 4) | (access << ACCESS_SHIFT);
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

    /** See {@link io.cairn.keyspace.AccessTracking}. */
    static int access(int header) {
        return header >>> ACCESS_SHIFT;
    }

    static int accessHeader(int bits) {
        return bits << ACCESS_SHIFT;
    }

    static void setAccess(long entry, int header, int bits) {
        if (bits != access(header)) {
            Memory.putInt(entry, (header & 0xff) | (bits << ACCESS_SHIFT));
        }
    }

    static long expireAt(long entry, int header) {
        return (header & HAS_EXPIRY) == 0 ? 0 : Memory.getLong(entry + FIXED_SIZE);
    }

    static long payload(long entry, int header) {
        return entry + FIXED_SIZE + ((header & HAS_EXPIRY) == 0 ? 0 : Long.BYTES);
    }
}
