package io.cairn.rdb;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.ElementText;
import io.cairn.keyspace.collection.HashBuilder;
import io.cairn.keyspace.collection.HashReader;
import io.cairn.keyspace.collection.Listpack;
import java.io.IOException;

/** Hashes in RDB files: fields are written in their order, and read into the same. */
final class HashRdb {
    /** From so many fields on a listpack's fields are looked up in a table, to find one that is there twice. */
    private static final int MANY = 64;
    /** The latest expiry of a field. Redis: EB_EXPIRE_TIME_MAX. */
    private static final long MAX_EXPIRY = (1L << 48) - 1;

    private HashRdb() {}

    static int type(Value hash) {
        if (RdbTypes.hasExpiringFields(hash)) {
            return RdbFormat.TYPE_HASH_METADATA;
        }
        return hash.encoding == Value.LISTPACK ? RdbFormat.TYPE_HASH_LISTPACK : RdbFormat.TYPE_HASH;
    }

    static void write(RdbOutput out, Value hash) throws IOException {
        if (hash.encoding == Value.LISTPACK) {
            out.putString(hash.address, hash.length);
            return;
        }
        boolean expiring = RdbTypes.hasExpiringFields(hash);
        long earliest = hash.object == null ? 0 : hash.object.earliestExpiry();
        try (HashReader reader = new HashReader(hash)) {
            if (expiring) {
                out.putLongLittleEndian(earliest);
            }
            out.putLength(reader.size());
            while (reader.next()) {
                if (expiring) {
                    long expireAt = HashReader.expiry(
                            hash, reader.field().address(), reader.field().length());
                    out.putLength(expireAt == 0 ? 0 : expireAt - earliest + 1);
                }
                out.putString(reader.field().address(), reader.field().length());
                out.putString(reader.value().address(), reader.value().length());
            }
        }
    }

    static LoadedValue read(int type, RdbInput in, RdbString string, EncodingLimits limits) throws IOException {
        if (type == RdbFormat.TYPE_HASH) {
            long fields = in.readLength();
            return fields == 0 ? LoadedValue.empty() : build(limits, hash -> readPairs(in, fields, string, hash));
        }
        if (type == RdbFormat.TYPE_HASH_METADATA) {
            long earliest = in.readLittleEndian(Long.BYTES);
            long fields = in.readLength();
            return fields == 0
                    ? LoadedValue.empty()
                    : build(limits, hash -> readExpiring(in, earliest, fields, string, hash));
        }
        if (type == RdbFormat.TYPE_HASH_LISTPACK_EX) {
            in.readLittleEndian(Long.BYTES);
            string.read(in);
            return build(limits, hash -> readListpackWithExpiries(in, string, hash));
        }
        string.read(in);
        if (type == RdbFormat.TYPE_HASH_LISTPACK) {
            return packed(in, string, limits);
        }
        LoadedValue loaded = build(limits, hash -> {
            if (type == RdbFormat.TYPE_HASH_ZIPMAP) {
                readZipmap(in, string, hash);
            } else {
                readZiplist(in, string, hash);
            }
        });
        return loaded;
    }

    /** Puts the fields of some form into a hash. */
    private interface Filler {
        void fill(HashBuilder hash) throws IOException;
    }

    private static LoadedValue build(EncodingLimits limits, Filler filler) throws IOException {
        HashBuilder hash = new HashBuilder(limits);
        boolean filled = false;
        try {
            filler.fill(hash);
            filled = true;
            return new Built(hash);
        } finally {
            if (!filled) {
                hash.close();
            }
        }
    }

    /** The number of fields is believed as far as they come. */
    private static void readPairs(RdbInput in, long fields, RdbString field, HashBuilder hash) throws IOException {
        try (RdbString value = new RdbString()) {
            for (long i = 0; i != fields; i++) {
                field.read(in);
                value.read(in);
                add(in, hash, field.address(), field.length(), value.address(), value.length());
            }
        }
    }

    /** As {@link #readPairs}, each after its expiry, counted from the earliest on and by one too many, 0 for none. */
    private static void readExpiring(RdbInput in, long earliest, long fields, RdbString field, HashBuilder hash)
            throws IOException {
        try (RdbString value = new RdbString()) {
            for (long i = 0; i != fields; i++) {
                long expireAt = in.readLength();
                if (expireAt != 0) {
                    expireAt = checkedExpiry(in, earliest + expireAt - 1);
                }
                field.read(in);
                value.read(in);
                add(in, hash, field.address(), field.length(), value.address(), value.length());
                if (expireAt != 0) {
                    hash.expire(field.address(), field.length(), expireAt);
                }
            }
        }
    }

    private static long checkedExpiry(RdbInput in, long expireAt) throws IOException {
        if (expireAt <= 0 || expireAt > MAX_EXPIRY) {
            throw in.bad("a field of a hash expires at " + expireAt);
        }
        return expireAt;
    }

    private static void readListpackWithExpiries(RdbInput in, RdbString string, HashBuilder hash) throws IOException {
        long lp = string.address();
        if (!Listpack.valid(lp, string.length(), true) || Listpack.count(lp) % 3 != 0) {
            throw in.bad("a hash's listpack is damaged");
        }
        try (ElementText field = new ElementText();
                ElementText value = new ElementText()) {
            for (int at = Listpack.first(lp); at != Listpack.NONE; at = Listpack.next(lp, at)) {
                field.setElement(lp, at);
                at = Listpack.next(lp, at);
                value.setElement(lp, at);
                at = Listpack.next(lp, at);
                if (!Listpack.isNumber(lp, at)) {
                    throw in.bad("a hash's listpack is damaged");
                }
                add(in, hash, field.address(), field.length(), value.address(), value.length());
                long expireAt = Listpack.number(lp, at);
                if (expireAt != 0) {
                    hash.expire(field.address(), field.length(), checkedExpiry(in, expireAt));
                }
            }
        }
    }

    private static void add(RdbInput in, HashBuilder hash, long field, int fieldLength, long value, int valueLength)
            throws IOException {
        if (!hash.put(field, fieldLength, value, valueLength)) {
            throw in.bad("a hash has a field twice");
        }
    }

    private static LoadedValue packed(RdbInput in, RdbString string, EncodingLimits limits) throws IOException {
        long lp = string.address();
        if (!Listpack.valid(lp, string.length(), true) || Listpack.count(lp) % 2 != 0) {
            throw in.bad("a hash's listpack is damaged");
        }
        int count = Listpack.count(lp) / 2;
        if (count == 0) {
            return LoadedValue.empty();
        }
        if (count < MANY && count <= limits.hashEntries) {
            for (int at = Listpack.first(lp); at != Listpack.NONE; ) {
                int next = Listpack.next(lp, Listpack.next(lp, at));
                if (next != Listpack.NONE && hasAgain(lp, at, next)) {
                    throw in.bad("a hash has a field twice");
                }
                at = next;
            }
            return LoadedValue.packed(ValueType.HASH, Value.LISTPACK, lp, string.length());
        }
        // The table that finds a field that is there twice is what a hash beyond the limit becomes.
        EncodingLimits none = new EncodingLimits();
        none.hashEntries = 0;
        LoadedValue table = build(none, hash -> readListpack(in, lp, hash));
        if (count > limits.hashEntries) {
            return table;
        }
        table.close();
        return LoadedValue.packed(ValueType.HASH, Value.LISTPACK, lp, string.length());
    }

    private static boolean hasAgain(long lp, int field, int from) {
        if (!Listpack.isNumber(lp, field)) {
            return Listpack.find(lp, from, Listpack.address(lp, field), Listpack.length(lp, field), 1) != Listpack.NONE;
        }
        try (ElementText text = new ElementText()) {
            text.setElement(lp, field);
            return Listpack.find(lp, from, text.address(), text.length(), 1) != Listpack.NONE;
        }
    }

    private static void readListpack(RdbInput in, long lp, HashBuilder hash) throws IOException {
        try (ElementText field = new ElementText();
                ElementText value = new ElementText()) {
            for (int at = Listpack.first(lp); at != Listpack.NONE; at = Listpack.next(lp, at)) {
                field.setElement(lp, at);
                at = Listpack.next(lp, at);
                value.setElement(lp, at);
                add(in, hash, field.address(), field.length(), value.address(), value.length());
            }
        }
    }

    /** The form before Redis 7. */
    private static void readZiplist(RdbInput in, RdbString string, HashBuilder hash) throws IOException {
        long zl = string.address();
        if (!Ziplist.valid(zl, string.length()) || Ziplist.count(zl) % 2 != 0) {
            throw in.bad("a hash's ziplist is damaged");
        }
        try (ElementText field = new ElementText();
                ElementText value = new ElementText()) {
            for (int at = Ziplist.first(zl); at != Ziplist.NONE; at = Ziplist.next(zl, at)) {
                show(zl, at, field);
                at = Ziplist.next(zl, at);
                show(zl, at, value);
                add(in, hash, field.address(), field.length(), value.address(), value.length());
            }
        }
    }

    private static void show(long zl, int at, ElementText out) {
        if (Ziplist.isNumber(zl, at)) {
            out.set(Ziplist.number(zl, at));
        } else {
            out.set(Ziplist.address(zl, at), Ziplist.length(zl, at));
        }
    }

    /**
     * The form before Redis 2.6: number of fields (one byte, 254 if they are more than that says), then for each the length and bytes of field and value,
     * where a byte before the value's bytes tells how many are unused behind them; then 255. A length is one byte, or 254 and four bytes. Redis: zipmap.c.
     */
    private static void readZipmap(RdbInput in, RdbString string, HashBuilder hash) throws IOException {
        Zipmap map = new Zipmap(in, string);
        long count = map.number(1);
        while (!map.atEnd()) {
            long field = map.length();
            long fieldAt = map.skip(field);
            long value = map.length();
            long unused = map.number(1);
            long valueAt = map.skip(value);
            map.skip(unused);
            add(in, hash, fieldAt, (int) field, valueAt, (int) value);
        }
        if (hash.size() == 0 || (count != Zipmap.LONG && count != hash.size())) {
            throw in.bad("a hash's zipmap has another number of fields than it says");
        }
    }

    /** A position within the bytes of a zipmap that never leaves them. */
    private static final class Zipmap {
        static final int LONG = 254;
        private static final int END = 255;

        private final RdbInput in;
        private final long end;
        private long at;

        Zipmap(RdbInput in, RdbString string) {
            this.in = in;
            this.at = string.address();
            this.end = at + string.length();
        }

        /** True at the last byte, which must be the end mark. */
        boolean atEnd() throws IOException {
            if (at >= end) {
                throw in.bad("a hash's zipmap is damaged");
            }
            boolean mark = (Memory.getByte(at) & 0xFF) == END;
            if (mark && at != end - 1) {
                throw in.bad("a hash's zipmap ends too early");
            }
            return mark;
        }

        long length() throws IOException {
            long length = number(1);
            return length < LONG ? length : number(Integer.BYTES);
        }

        /** A number of so many bytes, least significant first. */
        long number(int bytes) throws IOException {
            long from = skip(bytes);
            return bytes == 1 ? Memory.getByte(from) & 0xFF : Memory.getInt(from) & 0xFFFF_FFFFL;
        }

        /** Passes over so many bytes, which begin at the result. */
        long skip(long bytes) throws IOException {
            if (bytes > end - at) {
                throw in.bad("a hash's zipmap is damaged");
            }
            long from = at;
            at += bytes;
            return from;
        }
    }

    /** A hash that was put together. */
    private static final class Built extends LoadedValue {
        private final HashBuilder hash;

        Built(HashBuilder hash) {
            this.hash = hash;
        }

        @Override
        boolean isEmpty() {
            return hash.size() == 0;
        }

        @Override
        void view(Value out) {
            hash.view(out);
        }

        @Override
        void store(Database target, long key, int keyLength, long expireAt) {
            hash.store(target, key, keyLength, expireAt);
        }

        @Override
        public void close() {
            hash.close();
        }
    }
}
