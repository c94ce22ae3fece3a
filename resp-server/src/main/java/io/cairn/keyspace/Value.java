package io.cairn.keyspace;

import org.jspecify.annotations.Nullable;

/**
 * A view of one key's value, filled by {@link Database#find} and reused. Valid until the next change of the database
 * and only under the key's stripe lock.
 */
public final class Value {
    /** Strings: the payload is a binary long (OBJECT ENCODING int). */
    public static final byte INT = 0;
    /** Strings: the payload is the bytes (embstr up to 44 bytes, raw above). */
    public static final byte BYTES = 1;
    /** Strings: as {@link #BYTES}, but was changed in place, so OBJECT ENCODING says raw whatever its length. */
    public static final byte RAW = 2;
    /** Strings: the bytes are in a {@link NativeBlock} of their own. */
    public static final byte BLOCK = 3;

    /** Lists, hashes, sets, sorted sets: the payload is a listpack, as Redis writes it; perhaps in a {@link #block}. */
    public static final byte LISTPACK = 4;
    /** Sets: the payload is an intset, as Redis writes it; perhaps in a {@link #block}. */
    public static final byte INTSET = 5;
    /** The value is {@link #object}. */
    public static final byte OBJECT = 6;

    public ValueType type = ValueType.STRING;
    public byte encoding;
    /** Absolute expiry in milliseconds of the Unix epoch, 0 when none. */
    public long expireAt;
    /** Changes with every change of the key; see {@link Database#version}. */
    public long version;
    /** The key's access data before the call that filled this view; see {@link AccessTracking}. */
    public int access;
    /** Address and length of the bytes (all but {@link #INT} and {@link #OBJECT}). */
    public long address;
    /** Length of the bytes. */
    public int length;
    /** The number of an {@link #INT} string. */
    public long number;
    /** The block that the bytes lie in, if they have one of their own. */
    public @Nullable NativeBlock block;
    /** The collection, if the encoding is {@link #OBJECT}. */
    public @Nullable StoredObject object;
    /** Where the value lies; for the keyspace that filled this view. */
    public long entry;
    /** The part of the keyspace that filled this view. */
    public @Nullable Object table;
}
