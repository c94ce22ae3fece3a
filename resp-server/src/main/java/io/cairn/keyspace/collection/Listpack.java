package io.cairn.keyspace.collection;

import io.cairn.keyspace.Digits;
import io.cairn.keyspace.Memory;

/**
 * Readers of a listpack, byte for byte Redis's format (listpack.c): a header of 6 bytes (total bytes, 32 bits; number of elements, 16 bits), elements,
 * and the byte 0xFF. An element is a number or a string, and after it its own length, written backwards, so that it can be stepped over from behind.
 *
 * <p>{@code lp} is the address of the header; positions are byte offsets from it, {@link #NONE} (-1) for none. Nothing is checked but by {@link #valid},
 * which must have said yes to what comes from outside. All numbers are little-endian, as are the machines that {@link Memory} is for.
 */
public final class Listpack {
    /** No position. */
    public static final int NONE = -1;
    /** Position of the first element, if there is one; where to insert before all. */
    public static final int FIRST = 6;
    /** Bytes of an empty listpack. */
    public static final int EMPTY_BYTES = 7;
    /** Redis never lets one grow beyond this (LISTPACK_MAX_SAFETY_SIZE). */
    public static final int MAX_BYTES = 1 << 30;

    static final int HEADER = FIRST;
    /** Number of elements in the header when they are too many to say. */
    static final int UNKNOWN = 0xFFFF;

    static final int END = 0xFF;
    /** Bits of the first byte, see {@link ListpackEdit}. */
    static final int STRING_6 = 0x80;

    static final int NUMBER_13 = 0xC0;
    static final int STRING_12 = 0xE0;
    static final int STRING_32 = 0xF0;
    static final int NUMBER_16 = 0xF1;
    static final int NUMBER_24 = 0xF2;
    static final int NUMBER_32 = 0xF3;
    static final int NUMBER_64 = 0xF4;

    private Listpack() {}

    /** Total bytes. */
    public static int bytes(long lp) {
        return Memory.getInt(lp);
    }

    /** Number of elements: O(1), but O(n) from 65535 on. */
    public static int count(long lp) {
        int known = Memory.getInt(lp + 2) >>> 16;
        if (known != UNKNOWN) {
            return known;
        }
        int count = 0;
        for (int at = first(lp); at != NONE; at = next(lp, at)) {
            count++;
        }
        return count;
    }

    public static int first(long lp) {
        return check(lp, HEADER);
    }

    public static int last(long lp) {
        return previous(lp, bytes(lp) - 1);
    }

    public static int next(long lp, int at) {
        return check(lp, at + skip(lp + at));
    }

    /** The element before a position, which may also be that of the end byte. */
    public static int previous(long lp, int at) {
        if (at <= HEADER) {
            return NONE;
        }
        long size = backLength(lp + at - 1);
        return (int) (at - size - backLengthBytes(size));
    }

    /** The element at an index, negative from the end (-1 is the last); found from the nearer end. */
    public static int seek(long lp, int index) {
        int known = Memory.getInt(lp + 2) >>> 16;
        int wanted = index;
        boolean forward = index >= 0;
        if (known != UNKNOWN) {
            wanted = index < 0 ? index + known : index;
            if (wanted < 0 || wanted >= known) {
                return NONE;
            }
            forward = wanted <= known / 2;
            wanted = forward ? wanted : wanted - known;
        }
        int at;
        if (forward) {
            at = first(lp);
            for (; wanted > 0 && at != NONE; wanted--) {
                at = next(lp, at);
            }
        } else {
            at = last(lp);
            for (; wanted < -1 && at != NONE; wanted++) {
                at = previous(lp, at);
            }
        }
        return at;
    }

    public static boolean isNumber(long lp, int at) {
        int head = Memory.getByte(lp + at) & 0xFF;
        return head < STRING_6 || (head & 0xE0) == NUMBER_13 || head > STRING_32;
    }

    /** The value of an element that {@link #isNumber}. */
    public static long number(long lp, int at) {
        long p = lp + at;
        int head = Memory.getByte(p) & 0xFF;
        if (head < STRING_6) {
            return head;
        }
        if ((head & 0xE0) == NUMBER_13) {
            int value = (head & 0x1F) << 8 | (Memory.getByte(p + 1) & 0xFF);
            return (long) value << 51 >> 51;
        }
        return switch (head) {
            // Read with the bytes before, so that no byte after the element is touched.
            case NUMBER_16 -> Memory.getInt(p - 1) >> 16;
            case NUMBER_24 -> Memory.getInt(p) >> 8;
            case NUMBER_32 -> Memory.getInt(p + 1);
            case NUMBER_64 -> Memory.getLong(p + 1);
            default -> throw new IllegalArgumentException("not a number: " + head);
        };
    }

    /** Where the bytes of a string element are. */
    public static long address(long lp, int at) {
        int head = Memory.getByte(lp + at) & 0xFF;
        return lp + at + (head < NUMBER_13 ? 1 : head < STRING_32 ? 2 : 5);
    }

    /** Number of bytes of a string element. */
    public static int length(long lp, int at) {
        long p = lp + at;
        int head = Memory.getByte(p) & 0xFF;
        if (head < NUMBER_13) {
            return head & 0x3F;
        }
        return head < STRING_32 ? ((head & 0x0F) << 8) | (Memory.getByte(p + 1) & 0xFF) : Memory.getInt(p + 1);
    }

    /** Number of bytes of an element as text: a string's bytes, a number's digits. */
    public static int textLength(long lp, int at) {
        return isNumber(lp, at) ? Digits.length(number(lp, at)) : length(lp, at);
    }

    /** Writes an element as text, {@link #textLength} bytes, and returns how many. */
    public static int copyText(long lp, int at, long to) {
        if (isNumber(lp, at)) {
            return Digits.write(number(lp, at), to);
        }
        int length = length(lp, at);
        Memory.copy(address(lp, at), to, length);
        return length;
    }

    /** True if the element's text is these bytes. Redis: lpCompare. */
    public static boolean equals(long lp, int at, long bytes, int length) {
        if (isNumber(lp, at)) {
            return Digits.fits(bytes, length) && Digits.parse(bytes, length) == number(lp, at);
        }
        return length(lp, at) == length && Memory.same(address(lp, at), bytes, length);
    }

    /**
     * The first element from {@code at} on whose text is these bytes; after each that is not, {@code skip} elements are passed over (1 finds
     * fields of a listpack of fields and values). Redis: lpFind.
     */
    public static int find(long lp, int at, long bytes, int length, int skip) {
        boolean asNumber = Digits.fits(bytes, length);
        long sought = asNumber ? Digits.parse(bytes, length) : 0;
        int p = at;
        while (p != NONE) {
            if (isNumber(lp, p)) {
                if (asNumber && number(lp, p) == sought) {
                    return p;
                }
            } else if (length(lp, p) == length && Memory.same(address(lp, p), bytes, length)) {
                return p;
            }
            p = next(lp, p);
            for (int i = 0; i < skip && p != NONE; i++) {
                p = next(lp, p);
            }
        }
        return NONE;
    }

    /** Bytes that these bytes take as an element, with all that belongs to it. */
    public static long itemBytes(long bytes, int length) {
        return Digits.fits(bytes, length) ? itemBytes(Digits.parse(bytes, length)) : stringItemBytes(length);
    }

    /** Bytes that a number takes as an element. */
    public static int itemBytes(long number) {
        return ListpackEdit.numberBytes(number) + 1;
    }

    /** Bytes that a string of some length takes as an element, if it is no number. */
    public static long stringItemBytes(int length) {
        long size = ListpackEdit.stringBytes(length);
        return size + backLengthBytes(size);
    }

    /**
     * True if {@code length} bytes at {@code lp} are a whole listpack: the header, and if {@code deep} every element and their number. It
     * reads nothing beyond them. Redis: lpValidateIntegrity.
     */
    public static boolean valid(long lp, long length, boolean deep) {
        if (length < EMPTY_BYTES || length > Integer.MAX_VALUE || bytes(lp) != length) {
            return false;
        }
        long end = length - 1;
        if ((Memory.getByte(lp + end) & 0xFF) != END) {
            return false;
        }
        if (!deep) {
            return true;
        }
        int count = 0;
        long at = HEADER;
        while ((Memory.getByte(lp + at) & 0xFF) != END) {
            at = validNext(lp, at, end);
            if (at == NONE) {
                return false;
            }
            count++;
        }
        int known = Memory.getInt(lp + 2) >>> 16;
        return at == end && (known == UNKNOWN || known == count);
    }

    /** The position after a sound element, which is at most {@code end}; or {@link #NONE}. Redis: lpValidateNext. */
    private static long validNext(long lp, long at, long end) {
        int head = Memory.getByte(lp + at) & 0xFF;
        if (head > NUMBER_64) {
            return NONE;
        }
        int prefix = head < STRING_12 ? 1 : head < STRING_32 ? 2 : head == STRING_32 ? 5 : 1;
        if (at + prefix > end) {
            return NONE;
        }
        long size = size(lp + at);
        long whole = size + backLengthBytes(size);
        if (at + whole > end || backLength(lp + at + whole - 1) != size) {
            return NONE;
        }
        return at + whole;
    }

    /** Bytes of the element, what stands before and after it included. */
    static int skip(long p) {
        long size = size(p);
        return (int) (size + backLengthBytes(size));
    }

    /** Bytes of an element without its length behind. Redis: lpCurrentEncodedSizeUnsafe. */
    private static long size(long p) {
        int head = Memory.getByte(p) & 0xFF;
        if (head < STRING_6) {
            return 1;
        }
        if (head < NUMBER_13) {
            return 1L + (head & 0x3F);
        }
        if (head < STRING_12) {
            return 2;
        }
        if (head < STRING_32) {
            return 2L + (((head & 0x0F) << 8) | (Memory.getByte(p + 1) & 0xFF));
        }
        return switch (head) {
            case STRING_32 -> 5 + (Memory.getInt(p + 1) & 0xFFFF_FFFFL);
            case NUMBER_16 -> 3;
            case NUMBER_24 -> 4;
            case NUMBER_32 -> 5;
            case NUMBER_64 -> 9;
            default -> throw new IllegalArgumentException("not a listpack element: " + head);
        };
    }

    /** Bytes of the length behind an element of {@code size}; the odd limits are Redis's (lpEncodeBacklen). */
    static int backLengthBytes(long size) {
        return size <= 127 ? 1 : size < 16_383 ? 2 : size < 2_097_151 ? 3 : size < 268_435_455 ? 4 : 5;
    }

    /** The length that ends at {@code p}, -2 when it is longer than 5 bytes. Redis: lpDecodeBacklen. */
    private static long backLength(long p) {
        long value = 0;
        for (int i = 0; i < 5; i++) {
            int part = Memory.getByte(p - i);
            value |= (long) (part & 0x7F) << (7 * i);
            if (part >= 0) {
                return value;
            }
        }
        return -2;
    }

    private static int check(long lp, int at) {
        return (Memory.getByte(lp + at) & 0xFF) == END ? NONE : at;
    }
}
