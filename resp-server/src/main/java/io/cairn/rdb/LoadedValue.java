package io.cairn.rdb;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.ListpackBuilder;
import org.jspecify.annotations.Nullable;

/**
 * A value that was read and checked and lies outside of the keyspace until {@link #store}. Reading needs no lock, storing the stripe's of its key.
 * {@link #close} frees what was not stored.
 */
abstract class LoadedValue implements AutoCloseable {
    /** A collection without elements: an RDB file's is passed over, a payload's is refused. */
    static LoadedValue empty() {
        return new Empty();
    }

    /** A compact collection; the bytes are the caller's and must stay what they are until it is stored. */
    static LoadedValue packed(ValueType type, byte encoding, long bytes, int length) {
        return new Packed(type, encoding, bytes, length, null);
    }

    /** A compact collection in a string that was read for it, which is closed with it. */
    static LoadedValue packed(ValueType type, byte encoding, RdbString bytes) {
        return new Packed(type, encoding, bytes.address(), bytes.length(), bytes);
    }

    /** A compact collection in a builder that was made for it, which is closed with it. */
    static LoadedValue packed(ValueType type, byte encoding, ListpackBuilder builder) {
        return new Packed(type, encoding, builder.address(), builder.bytes(), builder);
    }

    /** A large collection; takes over the caller's reference. */
    static LoadedValue object(StoredObject object) {
        return new Large(object);
    }

    /** A string; the memory stays the caller's, unless it is large and is stored as it lies. */
    static LoadedValue string(RdbString string) {
        return new Text(string);
    }

    boolean isEmpty() {
        return false;
    }

    /** Fills {@code out} with a view of it, valid until it is stored or closed. */
    abstract void view(Value out);

    /**
     * Stores it under a key.
     *
     * @throws OutOfMemoryError when the memory cannot be had; it can then be closed as before
     */
    abstract void store(Database target, long key, int keyLength, long expireAt);

    @Override
    public void close() {
        // Nothing is held.
    }

    private static final class Empty extends LoadedValue {
        @Override
        boolean isEmpty() {
            return true;
        }

        @Override
        void view(Value out) {
            throw new IllegalStateException("there is nothing");
        }

        @Override
        void store(Database target, long key, int keyLength, long expireAt) {
            throw new IllegalStateException("nothing is to be stored");
        }
    }

    private static final class Text extends LoadedValue {
        private final RdbString string;

        Text(RdbString string) {
            this.string = string;
        }

        @Override
        void view(Value out) {
            out.type = ValueType.STRING;
            out.encoding = Value.BYTES;
            out.address = string.address();
            out.length = string.length();
            out.object = null;
        }

        @Override
        void store(Database target, long key, int keyLength, long expireAt) {
            RdbReader.store(target, key, keyLength, string, expireAt);
        }
    }

    private static final class Packed extends LoadedValue {
        private final ValueType type;
        private final byte encoding;
        private final long bytes;
        private final int length;
        private final @Nullable AutoCloseable owner;

        Packed(ValueType type, byte encoding, long bytes, int length, @Nullable AutoCloseable owner) {
            this.type = type;
            this.encoding = encoding;
            this.bytes = bytes;
            this.length = length;
            this.owner = owner;
        }

        @Override
        void view(Value out) {
            out.type = type;
            out.encoding = encoding;
            out.address = bytes;
            out.length = length;
            out.object = null;
        }

        @Override
        void store(Database target, long key, int keyLength, long expireAt) {
            target.putPacked(key, keyLength, type, encoding, bytes, length, expireAt);
        }

        @Override
        public void close() {
            if (owner instanceof RdbString string) {
                string.close();
            } else if (owner instanceof ListpackBuilder builder) {
                builder.close();
            }
        }
    }

    private static final class Large extends LoadedValue {
        private @Nullable StoredObject object;

        Large(StoredObject object) {
            this.object = object;
        }

        @Override
        void view(Value out) {
            StoredObject shown = java.util.Objects.requireNonNull(object, "stored already");
            out.type = shown.type();
            out.encoding = Value.OBJECT;
            out.object = shown;
        }

        @Override
        void store(Database target, long key, int keyLength, long expireAt) {
            StoredObject stored = object;
            if (stored == null) {
                throw new IllegalStateException("stored already");
            }
            target.putObject(key, keyLength, stored, expireAt);
            object = null;
        }

        @Override
        public void close() {
            if (object != null) {
                object.release();
            }
        }
    }
}
