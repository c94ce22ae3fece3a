package io.cairn.command;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The expired keys that one write has met: mostly none. */
final class ExpiredKeys {
    private record Met(Database database, byte[] key) {
        boolean is(Database of, byte[] other) {
            return database.number() == of.number() && Arrays.equals(key, other);
        }
    }

    private final List<Met> met = new ArrayList<>(0);

    boolean isEmpty() {
        return met.isEmpty();
    }

    /** True if the key was not among them. */
    boolean add(Database database, long key, int keyLength) {
        byte[] bytes = Memory.bytes(key, keyLength);
        for (Met one : met) {
            if (one.is(database, bytes)) {
                return false;
            }
        }
        met.add(new Met(database, bytes));
        return true;
    }

    /** The key is gone, or another of its name has come: true if it was among them. */
    boolean forget(Database database, long key, int keyLength) {
        if (met.isEmpty()) {
            return false;
        }
        byte[] bytes = Memory.bytes(key, keyLength);
        return met.removeIf(one -> one.is(database, bytes));
    }

    /** Removes them from their databases. */
    void remove(long now) {
        for (Met one : met) {
            NativeBlock block = NativeBlock.allocate(one.key.length);
            try {
                Memory.copy(one.key, 0, block.address(), one.key.length);
                if (one.database.version(block.address(), one.key.length, now) == 0) {
                    one.database.drop(block.address(), one.key.length, now);
                }
            } finally {
                block.release();
            }
        }
        met.clear();
    }
}
