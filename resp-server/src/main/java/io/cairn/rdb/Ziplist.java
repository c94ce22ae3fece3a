package io.cairn.rdb;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.collection.ListpackBuilder;

/**
 * Reader of Redis's ziplists, the compact form of lists, hashes and sorted sets before Redis 7 (ziplist.c): a header of 10 bytes (total bytes, 32
 * bits; offset of the last element, 32 bits; number of elements, 16 bits), elements, and the byte 0xFF. Before each element stands the length of the one
 * before it.
 *
 * <p>{@code zl} is the address of the header; positions are byte offsets from it, {@link #NONE} (-1) for none. Only what {@link #valid} said yes to
 * may be read.
 */
final class Ziplist {
    static final int NONE = -1;

    private static final int HEADER = 10;
    private static final int END = 0xFF;
    /** Number of elements in the header when they are too many to say. */
    private static final int UNKNOWN = 0xFFFF;
    /** First byte of a length of the element before that takes five bytes. */
    private static final int LONG_BEFORE = 0xFE;

    private static final int STRING_14 = 0x40;
    private static final int STRING_32 = 0x80;
    /** From here on the first byte says a number. */
    private static final int NUMBERS = 0xC0;

    private static final int NUMBER_16 = 0xC0;
    private static final int NUMBER_32 = 0xD0;
    private static final int NUMBER_64 = 0xE0;
    private static final int NUMBER_24 = 0xF0;
    private static final int NUMBER_8 = 0xFE;
    /** Numbers from 0 to 12 in the first byte itself. */
    private static final int FIRST_IMMEDIATE = 0xF1;

    private static final int LAST_IMMEDIATE = 0xFD;

    private Ziplist() {}

    /** True if these bytes are a whole ziplist, every element looked at; reads nothing beyond them. Redis: ziplistValidateIntegrity. */
    static boolean valid(long zl, long length) {
        if (length < HEADER + 1 || length > Integer.MAX_VALUE || Memory.getInt(zl) != length) {
            return false;
        }
        long end = length - 1;
        if ((Memory.getByte(zl + end) & 0xFF) != END || Integer.toUnsignedLong(Memory.getInt(zl + 4)) > end) {
            return false;
        }
        int elements = 0;
        long at = HEADER;
        long before = 0;
        while ((Memory.getByte(zl + at) & 0xFF) != END) {
            long size = validSize(zl, at, end, before);
            if (size == NONE) {
                return false;
            }
            before = size;
            at += size;
            elements++;
        }
        int known = known(zl);
        return at == end
                && (elements == 0 || Memory.getInt(zl + 4) == end - before)
                && (known == UNKNOWN || known == elements);
    }

    /** Bytes of a sound element that ends before {@code end}, or {@link #NONE}. Redis: zipEntrySafe. */
    private static long validSize(long zl, long at, long end, long before) {
        int skip = skipBefore(zl + at);
        if (at + skip > end) {
            return NONE;
        }
        long p = zl + at + skip;
        int prefix = prefix(Memory.getByte(p) & 0xFF);
        if (prefix == 0 || at + skip + prefix > end) {
            return NONE;
        }
        long said = skip == 1 ? Memory.getByte(zl + at) & 0xFF : Integer.toUnsignedLong(Memory.getInt(zl + at + 1));
        long size = skip + prefix + payload(p);
        return said == before && at + size <= end ? size : NONE;
    }

    /** Number of elements: O(1), but O(n) from 65535 on. */
    static int count(long zl) {
        int known = known(zl);
        if (known != UNKNOWN) {
            return known;
        }
        int count = 0;
        for (int at = first(zl); at != NONE; at = next(zl, at)) {
            count++;
        }
        return count;
    }

    static int first(long zl) {
        return check(zl, HEADER);
    }

    static int next(long zl, int at) {
        long p = element(zl, at);
        return check(zl, (int) (p - zl + prefix(Memory.getByte(p) & 0xFF) + payload(p)));
    }

    static boolean isNumber(long zl, int at) {
        return (Memory.getByte(element(zl, at)) & 0xFF) >= NUMBERS;
    }

    /** The value of an element that {@link #isNumber}. */
    static long number(long zl, int at) {
        long p = element(zl, at);
        int head = Memory.getByte(p) & 0xFF;
        return switch (head) {
            case NUMBER_8 -> Memory.getByte(p + 1);
            // Read with the bytes before, so that no byte after the element is touched.
            case NUMBER_16 -> Memory.getInt(p - 1) >> 16;
            case NUMBER_24 -> Memory.getInt(p) >> 8;
            case NUMBER_32 -> Memory.getInt(p + 1);
            case NUMBER_64 -> Memory.getLong(p + 1);
            default -> head - FIRST_IMMEDIATE;
        };
    }

    /** Where the bytes of a string element are. */
    static long address(long zl, int at) {
        long p = element(zl, at);
        return p + prefix(Memory.getByte(p) & 0xFF);
    }

    /** Number of bytes of a string element. */
    static int length(long zl, int at) {
        return (int) payload(element(zl, at));
    }

    /** Adds all elements of a valid ziplist to a listpack. */
    static void append(long zl, ListpackBuilder to) {
        for (int at = first(zl); at != NONE; at = next(zl, at)) {
            append(zl, at, to);
        }
    }

    /** Adds an element to a listpack. */
    static void append(long zl, int at, ListpackBuilder to) {
        if (isNumber(zl, at)) {
            to.append(number(zl, at));
        } else {
            to.append(address(zl, at), length(zl, at));
        }
    }

    private static int known(long zl) {
        return Memory.getInt(zl + 6) >>> 16;
    }

    private static long element(long zl, int at) {
        return zl + at + skipBefore(zl + at);
    }

    private static int skipBefore(long p) {
        return (Memory.getByte(p) & 0xFF) < LONG_BEFORE ? 1 : 5;
    }

    /** Bytes of a string or number itself. */
    private static long payload(long p) {
        int head = Memory.getByte(p) & 0xFF;
        if (head < STRING_14) {
            return head;
        }
        if (head < STRING_32) {
            return ((head & 0x3FL) << 8) | (Memory.getByte(p + 1) & 0xFF);
        }
        if (head < NUMBERS) {
            return Integer.toUnsignedLong(Integer.reverseBytes(Memory.getInt(p + 1)));
        }
        return switch (head) {
            case NUMBER_8 -> 1;
            case NUMBER_16 -> 2;
            case NUMBER_24 -> 3;
            case NUMBER_32 -> 4;
            case NUMBER_64 -> 8;
            default -> 0;
        };
    }

    /** Bytes before the payload, 0 for what is no encoding. Redis: zipEncodingLenSize. */
    private static int prefix(int head) {
        if (head < NUMBERS) {
            return head < STRING_14 ? 1 : head < STRING_32 ? 2 : 5;
        }
        return switch (head) {
            case NUMBER_8, NUMBER_16, NUMBER_24, NUMBER_32, NUMBER_64 -> 1;
            default -> head >= FIRST_IMMEDIATE && head <= LAST_IMMEDIATE ? 1 : 0;
        };
    }

    private static int check(long zl, int at) {
        return (Memory.getByte(zl + at) & 0xFF) == END ? NONE : at;
    }
}
