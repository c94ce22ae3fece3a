package io.cairn.command;

import io.cairn.keyspace.Memory;

/**
 * Bits of native memory, numbered as Redis numbers them: bit 0 is the highest of the first byte. Eight bytes at a time
 * where that can be. Nothing outside of the bytes named is read. Redis: bitops.c.
 */
final class Bits {
    private Bits() {}

    /** The bit, 0 or 1. */
    static int get(long address, long bit) {
        return Memory.getByte(address + (bit >> 3)) >> (7 - (bit & 7)) & 1;
    }

    static void set(long address, long bit, int value) {
        long at = address + (bit >> 3);
        int shift = 7 - (int) (bit & 7);
        Memory.putByte(at, (byte) ((Memory.getByte(at) & ~(1 << shift)) | (value << shift)));
    }

    /** Number of ones from bit {@code from} to bit {@code to}, which counts. */
    static long count(long address, long from, long to) {
        long first = address + (from >> 3);
        long last = address + (to >> 3);
        long ones = 0;
        long at = first;
        for (; at + 7 <= last; at += 8) {
            ones += Long.bitCount(Memory.getLong(at));
        }
        for (; at <= last; at++) {
            ones += Integer.bitCount(Memory.getByte(at) & 0xff);
        }
        int before = (Memory.getByte(first) & 0xff) >> (8 - (from & 7));
        int behind = Memory.getByte(last) & ((1 << (7 - (to & 7))) - 1);
        return ones - Integer.bitCount(before) - Integer.bitCount(behind);
    }

    /** The first bit of a value from bit {@code from} to bit {@code to}, which counts; -1 when there is none. */
    static long find(long address, long from, long to, boolean one) {
        long flip = one ? 0 : -1;
        long last = to >> 3;
        long at = from >> 3;
        long found = ((Memory.getByte(address + at) ^ flip) & 0xff >> (from & 7)) << 56;
        if (found == 0) {
            at++;
            while (at + 7 <= last && Memory.getLong(address + at) == flip) {
                at += 8;
            }
            // The word with the bit, if it was one, is gone through once more, byte by byte.
            while (at <= last && found == 0) {
                found = ((Memory.getByte(address + at) ^ flip) & 0xff) << 56;
                at += found == 0 ? 1 : 0;
            }
        }
        if (found == 0) {
            return -1;
        }
        long bit = at * 8 + Long.numberOfLeadingZeros(found);
        return bit <= to ? bit : -1;
    }

    /** The {@code width} bits (1 to 64) from bit {@code offset} on as a number; beyond {@code length} bytes they are zeros. */
    static long field(long address, long length, long offset, int width) {
        long value = 0;
        long at = offset >> 3;
        int used = (int) (offset & 7);
        for (int left = width; left > 0; at++) {
            int here = Math.min(8 - used, left);
            int bits = at < length ? Memory.getByte(address + at) & 0xff : 0;
            value = value << here | (bits >> (8 - used - here) & ((1 << here) - 1));
            left -= here;
            used = 0;
        }
        return value;
    }

    /** Writes the lowest {@code width} bits of {@code value} from bit {@code offset} on. */
    static void setField(long address, long offset, int width, long value) {
        long at = address + (offset >> 3);
        int used = (int) (offset & 7);
        for (int left = width; left > 0; at++) {
            int here = Math.min(8 - used, left);
            int shift = 8 - used - here;
            int mask = (1 << here) - 1;
            int bits = (int) (value >>> (left - here)) & mask;
            Memory.putByte(at, (byte) ((Memory.getByte(at) & ~(mask << shift)) | (bits << shift)));
            left -= here;
            used = 0;
        }
    }
}
