package io.cairn.keyspace.collection;

import io.cairn.keyspace.KeyHash;
import io.cairn.keyspace.Memory;

/** What the structures over native memory do with the bytes of members: compare and hash them. */
final class MemberBytes {
    /** Of the process, so that nobody can send members that all fall into one bucket. Nothing visible depends on it. */
    private static final KeyHash HASH = new KeyHash();

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

    /** 64 bits. */
    static long hash(long address, int length) {
        return HASH.of(address, length);
    }
}
