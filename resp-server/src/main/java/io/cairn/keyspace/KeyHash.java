package io.cairn.keyspace;

import java.security.SecureRandom;

/**
 * A 64-bit hash of bytes, after wyhash (multiply and fold). It is keyed by a secret of its own, so that nobody can send keys that all fall into
 * one bucket. Nothing replicated or stored depends on it.
 */
public final class KeyHash {
    private static final long P0 = 0xa0761d6478bd642fL;
    private static final long P1 = 0xe7037ed1a0b428dbL;

    private final long seed;
    private final long secret;

    /** With a new secret. */
    public KeyHash() {
        SecureRandom random = new SecureRandom();
        this.seed = random.nextLong();
        this.secret = random.nextLong() | 1;
    }

    public long of(long address, int length) {
        long h = seed ^ P0;
        int left = length;
        long at = address;
        while (left > 16) {
            h = fold(Memory.getLong(at) ^ secret, Memory.getLong(at + 8) ^ h);
            at += 16;
            left -= 16;
        }
        long a;
        long b;
        if (left >= 8) {
            a = Memory.getLong(at);
            b = Memory.getLong(at + left - 8);
        } else if (left >= 4) {
            a = Memory.getInt(at) & 0xffff_ffffL;
            b = Memory.getInt(at + left - 4) & 0xffff_ffffL;
        } else if (left > 0) {
            a = ((Memory.getByte(at) & 0xffL) << 16)
                    | ((Memory.getByte(at + (left >> 1)) & 0xffL) << 8)
                    | (Memory.getByte(at + left - 1) & 0xffL);
            b = 0;
        } else {
            a = 0;
            b = 0;
        }
        return fold(P1 ^ length, fold(a ^ secret, b ^ h));
    }

    private static long fold(long a, long b) {
        long high = Math.multiplyHigh(a, b);
        return (a * b) ^ high;
    }
}
