package io.cairn.mode;

import io.cairn.command.MovingKeys;
import io.cairn.keyspace.Database;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.Value;
import io.cairn.rdb.FieldExpiryException;
import io.cairn.rdb.PayloadBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.BitSet;
import java.util.List;
import java.util.function.LongSupplier;

/** Keys that MIGRATE holds: what both modes have in common. Used by one thread. */
abstract class HeldKeys implements MovingKeys.Held {
    private static final long FIELDS_EXPIRE = -2;

    final Keyspace keyspace;
    final int database;
    final List<byte[]> keys;
    /** The versions that were read. */
    final long[] versions;
    /** The expiries that were read, 0 for none. */
    final long[] expiries;

    private final MovingSlots moving;
    private final BitSet slots;
    private final LongSupplier clock;

    HeldKeys(Keyspace keyspace, int database, List<byte[]> keys, MovingSlots moving, BitSet slots, LongSupplier clock) {
        this.keyspace = keyspace;
        this.database = database;
        this.keys = keys;
        this.versions = new long[keys.size()];
        this.expiries = new long[keys.size()];
        this.moving = moving;
        this.slots = slots;
        this.clock = clock;
    }

    /** Does something with a key, under its stripe's lock. */
    @FunctionalInterface
    interface KeyAction {
        long run(Database on, long key, int length);
    }

    static long locked(Keyspace keyspace, int database, byte[] key, KeyAction action) {
        NativeBlock memory = NativeBlock.allocate(Math.max(1, key.length));
        try {
            Memory.copy(key, 0, memory.address(), key.length);
            int stripe = keyspace.stripeOf(Slots.of(memory.address(), key.length));
            keyspace.lock(stripe);
            try {
                return action.run(keyspace.database(database), memory.address(), key.length);
            } finally {
                keyspace.unlock(stripe);
            }
        } finally {
            memory.release();
        }
    }

    static boolean anyPresent(Keyspace keyspace, int database, List<byte[]> keys, long now) {
        Value value = new Value();
        for (byte[] key : keys) {
            if (locked(keyspace, database, key, (on, at, length) -> on.peek(at, length, now, value) ? 1 : 0) == 1) {
                return true;
            }
        }
        return false;
    }

    @Override
    public long read(int key, PayloadBuffer to) throws MovingKeys.Refused {
        long left = moving.use(() -> locked(keyspace, database, keys.get(key), (on, at, length) -> {
            long now = clock.getAsLong();
            Value value = new Value();
            if (!on.find(at, length, now, value)) {
                return MovingKeys.ABSENT;
            }
            versions[key] = on.version(at, length, now);
            expiries[key] = value.expireAt;
            try {
                to.dump(value);
            } catch (FieldExpiryException e) {
                return FIELDS_EXPIRE;
            } catch (IOException e) {
                throw new UncheckedIOException("memory does not fail as a channel", e);
            }
            return value.expireAt == 0 ? 0 : Math.max(1, value.expireAt - now);
        }));
        if (left == FIELDS_EXPIRE) {
            throw new MovingKeys.Refused("ERR " + FieldExpiryException.TEXT);
        }
        return left;
    }

    @Override
    public void note(int key) throws MovingKeys.Refused {
        versions[key] = moving.use(
                () -> locked(keyspace, database, keys.get(key), (on, at, length) -> on.version(at, length, 0)));
    }

    /** Uses the keyspace unless the node stops. */
    final <T> T use(java.util.function.Supplier<T> what) throws MovingKeys.Refused {
        return moving.use(what);
    }

    @Override
    public void close() {
        moving.release(slots);
    }
}
