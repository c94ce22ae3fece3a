package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;
import java.security.SecureRandom;

/** What the structures over native memory do with the bytes of members: compare and hash them. */
final class MemberBytes {
    private static final long P0 = 0xa0761d6478bd642fL;
    private static final long P1 = 0xe7037ed1a0b428dbL;
    private static final long SEED;
    private static final long SECRET;

    static {
        // Of the process, so that nobody can send members that all fall into one bucket. Nothing visible depends on it.
        SecureRandom random = new SecureRandom();
        SEED = random.nextLong();
        SECRET = random.nextLong() | 1;
    }

    private MemberBytes() {}

    /** By unsigned bytes, the shorter first where one begins with the other. Redis: sdscmp. */
    static int compare(long a, int aLength, long b, int bLength) {
        int shared = Math.min(aLength, bLength);
        int i = 0;
        for (; i + Long.BYTES <= shared; i += Long.BYTES) {
            long x = Memory.getLong(a + i);
            long y = Memory.getLong(b + i);
            if (x != y) {
                return Long.compareUnsigned(Long.reverseBytes(x), Long.reverseBytes(y));
            }
        }
        for (; i < shared; i++) {
            int difference = (Memory.getByte(a + i) & 0xFF) - (Memory.getByte(b + i) & 0xFF);
            if (difference != 0) {
                return difference;
            }
        }
        return aLength - bLength;
    }

    /** 64 bits, after wyhash (multiply and fold), keyed by a secret of the process. */
    static long hash(long address, int length) {
        long h = SEED ^ P0;
        int left = length;
        long at = address;
        while (left > 16) {
            h = fold(Memory.getLong(at) ^ SECRET, Memory.getLong(at + 8) ^ h);
            at += 16;
            left -= 16;
        }
        long a = 0;
        long b = 0;
        if (left >= 8) {
            a = Memory.getLong(at);
            b = Memory.getLong(at + left - 8);
        } else if (left >= 4) {
            a = Memory.getInt(at) & 0xffff_ffffL;
            b = Memory.getInt(at + left - 4) & 0xffff_ffffL;
        } else if (left > 0) {
            a = ((Memory.getByte(at) & 0xFFL) << 16)
                    | ((Memory.getByte(at + (left >> 1)) & 0xFFL) << 8)
                    | (Memory.getByte(at + left - 1) & 0xFFL);
        }
        return fold(P1 ^ length, fold(a ^ SECRET, b ^ h));
    }

    private static long fold(long a, long b) {
        return (a * b) ^ Math.multiplyHigh(a, b);
    }
}
