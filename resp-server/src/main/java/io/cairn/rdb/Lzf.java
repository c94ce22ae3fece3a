package io.cairn.rdb;

import io.cairn.keyspace.Memory;
import java.util.Arrays;

/**
 * LZF, the compression of RDB strings (liblzf). Control byte below 32: that many + 1 literal bytes follow. Else its
 * upper 3 bits are the length of a back reference minus 2 (7: a byte more of length follows), its lower 5 bits the high
 * bits of the distance minus 1, whose low byte follows. Not thread-safe: it keeps its hash table between calls.
 */
final class Lzf {
    private static final int HASH_BITS = 14;
    private static final int MAX_LITERALS = 32;
    private static final int MAX_DISTANCE = 1 << 13;
    private static final int MAX_REFERENCE = 264;

    private final int[] last = new int[1 << HASH_BITS];

    /** Compresses; the compressed length, or 0 when it would exceed {@code capacity}. */
    int compress(long from, int length, long to, int capacity) {
        Arrays.fill(last, -1);
        int out = 0;
        int literalsFrom = 0;
        int at = 0;
        while (at + 2 < length) {
            int slot = hash(from + at);
            int candidate = last[slot];
            last[slot] = at;
            if (candidate < 0 || at - candidate > MAX_DISTANCE || !sameThree(from + candidate, from + at)) {
                at++;
                continue;
            }
            int matched = 3;
            int most = Math.min(length - at, MAX_REFERENCE);
            while (matched < most
                    && Memory.getByte(from + candidate + matched) == Memory.getByte(from + at + matched)) {
                matched++;
            }
            out = literals(from, literalsFrom, at, to, out, capacity);
            if (out < 0 || out + 3 > capacity) {
                return 0;
            }
            out = reference(at - candidate - 1, matched - 2, to, out);
            at += matched;
            literalsFrom = at;
        }
        out = literals(from, literalsFrom, length, to, out, capacity);
        return Math.max(out, 0);
    }

    private static int hash(long at) {
        int three = (Memory.getByte(at) & 0xff)
                | ((Memory.getByte(at + 1) & 0xff) << 8)
                | ((Memory.getByte(at + 2) & 0xff) << 16);
        return (three * 0x9e3779b1) >>> (32 - HASH_BITS);
    }

    private static boolean sameThree(long a, long b) {
        return Memory.getByte(a) == Memory.getByte(b)
                && Memory.getByte(a + 1) == Memory.getByte(b + 1)
                && Memory.getByte(a + 2) == Memory.getByte(b + 2);
    }

    /** Writes literal runs; the new end of the output, -1 when it does not fit. */
    private static int literals(long from, int begin, int end, long to, int out, int capacity) {
        int at = begin;
        int written = out;
        while (at < end) {
            int run = Math.min(MAX_LITERALS, end - at);
            if (written + 1 + run > capacity) {
                return -1;
            }
            Memory.putByte(to + written, (byte) (run - 1));
            Memory.copy(from + at, to + written + 1, run);
            written += 1 + run;
            at += run;
        }
        return written;
    }

    private static int reference(int distance, int length, long to, int out) {
        int written = out;
        if (length < 7) {
            Memory.putByte(to + written++, (byte) ((distance >> 8) | (length << 5)));
        } else {
            Memory.putByte(to + written++, (byte) ((distance >> 8) | (7 << 5)));
            Memory.putByte(to + written++, (byte) (length - 7));
        }
        Memory.putByte(to + written++, (byte) distance);
        return written;
    }

    /** Expands; true if the input was sound and gave exactly {@code capacity} bytes. */
    static boolean expand(long from, int length, long to, int capacity) {
        int in = 0;
        int out = 0;
        while (in < length) {
            int control = Memory.getByte(from + in++) & 0xff;
            if (control < MAX_LITERALS) {
                int run = control + 1;
                if (run > length - in || run > capacity - out) {
                    return false;
                }
                Memory.copy(from + in, to + out, run);
                in += run;
                out += run;
                continue;
            }
            int run = control >> 5;
            if (run == 7) {
                if (in >= length) {
                    return false;
                }
                run += Memory.getByte(from + in++) & 0xff;
            }
            if (in >= length) {
                return false;
            }
            int distance = (((control & 0x1f) << 8) | (Memory.getByte(from + in++) & 0xff)) + 1;
            run += 2;
            if (distance > out || run > capacity - out) {
                return false;
            }
            for (int i = 0; i < run; i++) {
                Memory.putByte(to + out, Memory.getByte(to + out - distance));
                out++;
            }
        }
        return out == capacity;
    }
}
