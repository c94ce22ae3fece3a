package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.command.KeyPositions;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Slots;

/**
 * The set of stripes that one call or block needs, locked in ascending order (SAFETY 20) and unlocked in descending
 * order. Reused; not thread-safe.
 */
public final class Stripes {
    private final Keyspace keyspace;
    private final long[] bits;
    private boolean all;

    public Stripes(Keyspace keyspace) {
        this.keyspace = keyspace;
        this.bits = new long[Math.max(1, keyspace.stripes() / Long.SIZE)];
    }

    public void clear() {
        java.util.Arrays.fill(bits, 0);
        all = false;
    }

    public void addAll() {
        all = true;
    }

    public void addKey(long key, int length) {
        int stripe = keyspace.stripeOf(Slots.of(key, length));
        bits[stripe >>> 6] |= 1L << stripe;
    }

    public void addKey(byte[] key) {
        long memory = io.cairn.keyspace.Memory.allocate(Math.max(1, key.length));
        try {
            io.cairn.keyspace.Memory.copy(key, 0, memory, key.length);
            addKey(memory, key.length);
        } finally {
            io.cairn.keyspace.Memory.free(memory, Math.max(1, key.length));
        }
    }

    public void addKeys(Args args, KeyPositions positions) {
        for (int i = 0; i < positions.count(); i++) {
            addKey(args.address(positions.at(i)), args.length(positions.at(i)));
        }
    }

    public void lock() {
        if (all) {
            keyspace.lockAll();
            return;
        }
        int last = -1;
        boolean done = false;
        try {
            for (int word = 0; word < bits.length; word++) {
                for (long left = bits[word]; left != 0; left &= left - 1) {
                    int stripe = (word << 6) + Long.numberOfTrailingZeros(left);
                    keyspace.lock(stripe);
                    last = stripe;
                }
            }
            done = true;
        } finally {
            if (!done) {
                unlockUpTo(last);
            }
        }
    }

    /** Gives back those up to {@code last}: what one waited for is held by a script without end. */
    private void unlockUpTo(int last) {
        for (int stripe = last; stripe >= 0; stripe--) {
            if ((bits[stripe >>> 6] & 1L << stripe) != 0) {
                keyspace.unlock(stripe);
            }
        }
    }

    public void unlock() {
        if (all) {
            keyspace.unlockAll();
            return;
        }
        for (int word = bits.length - 1; word >= 0; word--) {
            long left = bits[word];
            while (left != 0) {
                int stripe = Long.SIZE - 1 - Long.numberOfLeadingZeros(left);
                keyspace.unlock((word << 6) + stripe);
                left &= ~(1L << stripe);
            }
        }
    }
}
