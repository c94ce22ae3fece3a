package io.cairn.mode;

import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Database;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.record.RecordWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Changes of the live keyspace that nobody sees and that are taken back: the primary of a shard runs scripts so, to learn
 * what they would change. All stripes are locked from {@link #begin} to {@link #rollBack}, and every key that a command
 * names is {@linkplain #touch touched} before it runs: its version is noted, and before a write all of its old value.
 * Confined to one thread.
 *
 * <p>What it costs: a copy of each value that is written to. Strings in blocks are shared, not copied; a large collection is copied
 * whole, so {@link #MAX_BYTES} bound what a batch of scripts may write to.
 */
final class Speculation {
    /** Most bytes of old values. */
    static final long MAX_BYTES = 32L << 20;

    /** Most keys of a batch, and most bytes of their names: they travel with the record. */
    static final int MAX_KEYS = 100_000;

    private static final long TOO_MANY = -1;
    private static final int MAX_KEY_BYTES = 4 << 20;
    private static final int DATABASE = 0;

    private final Keyspace keyspace;
    private final Database database;
    private final Value value = new Value();
    private final Map<Name, Old> keys = new LinkedHashMap<>();
    private DataLimits limits = DataLimits.DEFAULT;
    private long lastVersion;
    private long bytes;
    private long keyBytes;

    /** A key as it is looked up. */
    private record Name(byte[] key) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Name name && Arrays.equals(key, name.key);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(key);
        }
    }

    /** What a key was. */
    private static final class Old {
        /** As {@link Database#version} answered, with the time of the run. */
        final long version;

        boolean saved;
        /** Lay there, expired perhaps. */
        boolean present;

        ValueType type = ValueType.STRING;
        byte encoding;
        long expireAt;
        /** The version that lay with the key. */
        long physicalVersion;

        long number;
        byte[] bytes = {};
        int length;

        @Nullable
        NativeBlock block;

        @Nullable
        StoredObject object;

        Old(long version) {
            this.version = version;
        }
    }

    Speculation(Keyspace keyspace) {
        this.keyspace = keyspace;
        this.database = keyspace.database(DATABASE);
    }

    void begin() {
        lastVersion = keyspace.lastVersion();
        limits = keyspace.dataLimits();
    }

    /** The limits that held at {@link #begin}. */
    DataLimits limits() {
        return limits;
    }

    /**
     * A command is about to read or write a key.
     *
     * @return false when there are too many keys, or the value is too large to be kept for taking it back
     */
    boolean touch(long key, int keyLength, boolean write, long now) {
        Name name = new Name(Memory.bytes(key, keyLength));
        Old old = keys.get(name);
        if (old == null) {
            if (keys.size() == MAX_KEYS || keyBytes + keyLength > MAX_KEY_BYTES) {
                return false;
            }
            keyBytes += keyLength;
            old = new Old(database.version(key, keyLength, now));
            keys.put(name, old);
        }
        return !write || old.saved || save(old, key, keyLength);
    }

    /** The version that a key had before the run; it is touched. -1 when there are too many. */
    long touch(byte[] key, long now) {
        NativeBlock memory = NativeBlock.allocate(key.length);
        try {
            Memory.copy(key, 0, memory.address(), key.length);
            touch(memory.address(), key.length, false, now);
        } finally {
            memory.release();
        }
        Old old = keys.get(new Name(key));
        return old == null ? TOO_MANY : old.version;
    }

    /** Reads a key as it lies there: at time 0 none is expired. */
    private boolean save(Old old, long key, int keyLength) {
        old.present = database.peek(key, keyLength, 0, value);
        if (!old.present) {
            old.saved = true;
            return true;
        }
        old.type = value.type;
        old.encoding = value.encoding;
        old.expireAt = value.expireAt;
        old.physicalVersion = value.version;
        old.length = value.length;
        StoredObject object = value.object;
        NativeBlock block = value.block;
        if (value.encoding == Value.OBJECT && object != null) {
            if (!take(object.usedBytes())) {
                return false;
            }
            old.object = object.copy();
        } else if (value.encoding == Value.BLOCK && block != null) {
            old.block = block.retain(); // Nobody writes to a block that is shared.
        } else if (value.encoding == Value.INT) {
            old.number = value.number;
        } else {
            if (!take(value.length)) {
                return false;
            }
            old.bytes = Memory.bytes(value.address, value.length);
        }
        old.saved = true;
        return true;
    }

    private boolean take(long more) {
        if (bytes + more > MAX_BYTES) {
            return false;
        }
        bytes += more;
        return true;
    }

    /** Keys touched. */
    int size() {
        return keys.size();
    }

    /** Adds all keys touched, with the versions they had, to the block begun. */
    void watches(RecordWriter writer) {
        keys.forEach((name, old) -> writer.watch(DATABASE, name.key, old.version));
    }

    /** Whether all keys touched have the versions they had. The stripes are locked. */
    boolean unchanged(long now) {
        for (Map.Entry<Name, Old> entry : keys.entrySet()) {
            byte[] key = entry.getKey().key;
            NativeBlock memory = NativeBlock.allocate(key.length);
            try {
                Memory.copy(key, 0, memory.address(), key.length);
                if (database.version(memory.address(), key.length, now) != entry.getValue().version) {
                    return false;
                }
            } finally {
                memory.release();
            }
        }
        return true;
    }

    /** Everything is as it was at {@link #begin}, to the versions. What was touched stays known. */
    void rollBack() {
        keys.forEach((name, old) -> {
            if (old.saved) {
                restore(name.key, old);
                old.saved = false;
            }
        });
        keyspace.restoreVersion(lastVersion);
        bytes = 0;
    }

    /** Forgets what was touched. */
    void clear() {
        keys.clear();
        keyBytes = 0;
    }

    private void restore(byte[] name, Old old) {
        NativeBlock memory = NativeBlock.allocate(name.length + old.bytes.length);
        try {
            long key = memory.address();
            Memory.copy(name, 0, key, name.length);
            if (!old.present) {
                database.remove(key, name.length, 0);
                return;
            }
            long bytesAt = key + name.length;
            Memory.copy(old.bytes, 0, bytesAt, old.bytes.length);
            put(key, name.length, bytesAt, old);
            database.setVersion(key, name.length, old.physicalVersion);
        } finally {
            memory.release();
        }
    }

    private void put(long key, int keyLength, long bytesAt, Old old) {
        StoredObject object = old.object;
        NativeBlock block = old.block;
        if (object != null) {
            database.putObject(key, keyLength, object, old.expireAt);
            old.object = null;
        } else if (block != null) {
            database.putBlock(key, keyLength, block, old.length, old.expireAt);
            old.block = null;
        } else if (old.encoding == Value.INT) {
            database.putNumber(key, keyLength, old.number, old.expireAt);
        } else if (old.type == ValueType.STRING) {
            database.putString(key, keyLength, bytesAt, old.bytes.length, old.encoding, old.expireAt);
        } else {
            database.putPacked(key, keyLength, old.type, old.encoding, bytesAt, old.bytes.length, old.expireAt);
        }
    }
}
