package io.cairn.keyspace.collection;

import io.cairn.keyspace.Digits;
import io.cairn.keyspace.Memory;

/**
 * Changes of a listpack in its place. The caller has seen to it that there is room: {@link Listpack#itemBytes} more than {@link Listpack#bytes}
 * for each element added. What is added must not lie within the listpack. Redis: lpInsert, lpDelete, lpDeleteRangeWithEntry.
 */
final class ListpackEdit {
    private static final int MAX_SHORT_STRING = 63;
    private static final int MAX_MEDIUM_STRING = 4095;

    private ListpackEdit() {}

    /** Makes it an empty listpack. */
    static void clear(long lp) {
        Memory.putInt(lp, Listpack.EMPTY_BYTES);
        Memory.putByte(lp + 4, (byte) 0);
        Memory.putByte(lp + 5, (byte) 0);
        Memory.putByte(lp + Listpack.HEADER, (byte) Listpack.END);
    }

    /** Inserts before the element at {@code at}, which may be the end; these bytes or, if they are one, their number. */
    static void insert(long lp, int at, long bytes, int length) {
        if (Digits.fits(bytes, length)) {
            insert(lp, at, Digits.parse(bytes, length));
        } else {
            gap(lp, at, 0, Math.toIntExact(Listpack.stringItemBytes(length)), 1);
            writeString(lp + at, bytes, length);
        }
    }

    static void insert(long lp, int at, long number) {
        gap(lp, at, 0, Listpack.itemBytes(number), 1);
        writeNumber(lp + at, number);
    }

    /** Puts something in the place of the element at {@code at}; only the difference of the two needs room. */
    static void replace(long lp, int at, long bytes, int length) {
        if (Digits.fits(bytes, length)) {
            replace(lp, at, Digits.parse(bytes, length));
        } else {
            gap(lp, at, Listpack.skip(lp + at), Math.toIntExact(Listpack.stringItemBytes(length)), 0);
            writeString(lp + at, bytes, length);
        }
    }

    static void replace(long lp, int at, long number) {
        gap(lp, at, Listpack.skip(lp + at), Listpack.itemBytes(number), 0);
        writeNumber(lp + at, number);
    }

    /** Removes up to {@code count} elements from {@code at} on; how many there were. What follows is then at {@code at}. */
    static int remove(long lp, int at, int count) {
        int end = at;
        int removed = 0;
        int last = Listpack.bytes(lp) - 1;
        while (removed < count && end < last) {
            end += Listpack.skip(lp + end);
            removed++;
        }
        gap(lp, at, end - at, 0, -removed);
        return removed;
    }

    /** Puts the last {@code count} elements in the place of the {@code count} elements at {@code at}, which may be the last themselves. */
    static void removeBySwap(long lp, int at, int count) {
        int tail = Listpack.seek(lp, -count);
        int size = Listpack.bytes(lp) - 1 - tail;
        if (tail == at) {
            remove(lp, at, count);
            return;
        }
        int hole = 0;
        for (int i = 0; i < count; i++) {
            hole += Listpack.skip(lp + at + hole);
        }
        long kept = Memory.allocate(size);
        try {
            Memory.copy(lp + tail, kept, size);
            gap(lp, tail, size, 0, -count);
            gap(lp, at, hole, size, 0);
            Memory.copy(kept, lp + at, size);
        } finally {
            Memory.free(kept, size);
        }
    }

    /**
     * Removes elements whose text is these bytes.
     *
     * @param most how many, all if not positive
     * @return how many there were
     */
    static int removeEqual(long lp, long bytes, int length, long most, boolean fromTail) {
        int removed = 0;
        int at = fromTail ? Listpack.last(lp) : Listpack.find(lp, Listpack.first(lp), bytes, length, 0);
        while (at != Listpack.NONE && (most <= 0 || removed < most)) {
            if (fromTail) {
                int before = Listpack.previous(lp, at);
                if (Listpack.equals(lp, at, bytes, length)) {
                    removed += remove(lp, at, 1);
                }
                at = before;
            } else {
                removed += remove(lp, at, 1);
                at = at == Listpack.bytes(lp) - 1 ? Listpack.NONE : Listpack.find(lp, at, bytes, length, 0);
            }
        }
        return removed;
    }

    /** Adds all elements of another listpack at the end; there is room for its bytes. */
    static void appendAll(long lp, long other) {
        int at = Listpack.bytes(lp) - 1;
        int more = Listpack.bytes(other) - Listpack.EMPTY_BYTES;
        gap(lp, at, 0, more, Listpack.count(other));
        Memory.copy(other + Listpack.HEADER, lp + at, more);
    }

    /** Makes {@code now} bytes of what was {@code before} bytes at {@code at}, and brings the header up to date. */
    private static void gap(long lp, int at, int before, int now, int more) {
        int bytes = Listpack.bytes(lp);
        if (now != before) {
            Memory.copy(lp + at + before, lp + at + now, bytes - at - before);
            Memory.putInt(lp, Math.addExact(bytes, now - before));
        }
        int known = Memory.getInt(lp + 2) >>> 16;
        if (known != Listpack.UNKNOWN && more != 0) {
            // 65534 and one more is "unknown", which it stays.
            known = Math.min(Listpack.UNKNOWN, known + more);
            Memory.putByte(lp + 4, (byte) known);
            Memory.putByte(lp + 5, (byte) (known >>> 8));
        }
    }

    /** Bytes of a number, without its length behind. Redis: lpEncodeIntegerGetType. */
    static int numberBytes(long number) {
        if (number >= 0 && number <= 127) {
            return 1;
        }
        if (number >= -4096 && number <= 4095) {
            return 2;
        }
        if (number == (short) number) {
            return 3;
        }
        if (number >= -(1 << 23) && number < (1 << 23)) {
            return 4;
        }
        return number == (int) number ? 5 : 9;
    }

    /** Bytes of a string, without its length behind. */
    static long stringBytes(int length) {
        return (length <= MAX_SHORT_STRING ? 1L : length <= MAX_MEDIUM_STRING ? 2L : 5L) + length;
    }

    private static void writeNumber(long p, long number) {
        int size = numberBytes(number);
        switch (size) {
            case 1 -> Memory.putByte(p, (byte) number);
            case 2 -> {
                Memory.putByte(p, (byte) (Listpack.NUMBER_13 | ((number >> 8) & 0x1F)));
                Memory.putByte(p + 1, (byte) number);
            }
            case 3 -> head(p, Listpack.NUMBER_16, number, 2);
            case 4 -> head(p, Listpack.NUMBER_24, number, 3);
            case 5 -> head(p, Listpack.NUMBER_32, number, 4);
            default -> head(p, Listpack.NUMBER_64, number, 8);
        }
        Memory.putByte(p + size, (byte) size);
    }

    private static void writeString(long p, long bytes, int length) {
        long size = stringBytes(length);
        int prefix = (int) (size - length);
        if (length <= MAX_SHORT_STRING) {
            Memory.putByte(p, (byte) (Listpack.STRING_6 | length));
        } else if (length <= MAX_MEDIUM_STRING) {
            Memory.putByte(p, (byte) (Listpack.STRING_12 | (length >> 8)));
            Memory.putByte(p + 1, (byte) length);
        } else {
            head(p, Listpack.STRING_32, length, 4);
        }
        Memory.copy(bytes, p + prefix, length);
        writeBackLength(p + size, size);
    }

    /** Redis: lpEncodeBacklen. */
    private static void writeBackLength(long p, long size) {
        int bytes = Listpack.backLengthBytes(size);
        for (int i = 0; i < bytes; i++) {
            int part = (int) (size >> (7 * (bytes - 1 - i))) & 0x7F;
            Memory.putByte(p + i, (byte) (i == 0 ? part : part | 0x80));
        }
    }

    private static void head(long p, int head, long value, int bytes) {
        Memory.putByte(p, (byte) head);
        for (int i = 0; i < bytes; i++) {
            Memory.putByte(p + 1 + i, (byte) (value >> (8 * i)));
        }
    }
}
