package io.cairn.rdb;

import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Database;
import io.cairn.keyspace.EncodingLimits;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Libraries;
import io.cairn.keyspace.LibraryHead;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.Value;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Loads an RDB file into a keyspace, or shows its entries one by one: all types of {@link RdbTypes}, and libraries of functions. Modules are refused with
 * a clear message, or passed over if the caller says so. What was loaded before an error stays; the caller clears it.
 */
public final class RdbReader {
    /** An intset in a file stays one, whatever the limit: its order is that of the log which follows the file. */
    static final long KEPT = Long.MAX_VALUE;

    /** Longer values are not copied: the memory they were read into becomes the keyspace's. */
    private static final int LARGE_BYTES = 64 * 1024;

    private final RdbInput in;
    private final @Nullable Keyspace keyspace;
    private final @Nullable Visitor visitor;
    private final EncodingLimits limits;
    private final int databases;
    private final Value view = new Value();
    private final RdbForeign foreign;
    private final boolean skipFunctions;
    private final long skipExpiredAt;
    private final @Nullable VersionsReader versions;
    private final Map<String, String> aux = new HashMap<>();
    private boolean refuseDuplicates;
    private final Value present = new Value();
    private long loaded;
    private long skipped;
    private long expireAt;
    private long idleSeconds = -1;
    private int frequency = -1;
    private long accessMillis;
    private int database;

    /**
     * @param skipExpiredAt keys that are expired at this time (milliseconds) are left out; 0 keeps all, as a replica
     *     and a raft snapshot must
     * @param versions the versions of the keys, in the same order; null gives every key a new version
     */
    public RdbReader(
            ReadableByteChannel channel, Keyspace keyspace, long skipExpiredAt, @Nullable VersionsReader versions) {
        this.in = new RdbInput(channel);
        this.keyspace = keyspace;
        this.visitor = null;
        this.limits = keyspace.encodingLimits();
        this.databases = keyspace.databases();
        this.foreign = new RdbForeign(in, false);
        this.skipFunctions = false;
        this.skipExpiredAt = skipExpiredAt;
        this.versions = versions;
    }

    public RdbReader(ReadableByteChannel channel, Keyspace keyspace, long skipExpiredAt) {
        this(channel, keyspace, skipExpiredAt, null);
    }

    /** The time, milliseconds, that what the file says of accesses is counted from, and that keys without it were used at. */
    public RdbReader accessedAt(long nowMillis) {
        accessMillis = nowMillis;
        return this;
    }

    /**
     * Shows entries instead of loading them.
     *
     * @param skipFunctions passes over libraries of functions
     * @param skipModules passes over what modules wrote beside keys, and keys of modules' types
     */
    public RdbReader(ReadableByteChannel channel, Visitor visitor, boolean skipFunctions, boolean skipModules) {
        this.in = new RdbInput(channel);
        this.keyspace = null;
        this.visitor = visitor;
        this.limits = new EncodingLimits();
        this.databases = Integer.MAX_VALUE;
        this.foreign = new RdbForeign(in, skipModules);
        this.skipFunctions = skipFunctions;
        this.skipExpiredAt = 0;
        this.versions = null;
    }

    /** Told of entries. */
    public interface Visitor {
        /** A library of functions; those come before the entries in files of Redis and Cairn. */
        void library(String name, byte[] text) throws IOException;

        /**
         * An entry of the file.
         *
         * @param value a view of it, valid during the call; its key, too
         * @param expireAt milliseconds of the Unix epoch, 0 when never
         */
        void visit(int database, long key, int keyLength, Value value, long expireAt) throws IOException;
    }

    /** A key or library that is there already fails the load, instead of being replaced. */
    public void refuseDuplicates() {
        refuseDuplicates = true;
    }

    /**
     * Loads all. Takes the lock of each key's stripe for itself.
     *
     * @throws RdbException for damaged, truncated or unsupported input, with the offset
     * @throws OutOfMemoryError when the memory cannot be had
     */
    public void load() throws IOException {
        int version = header();
        try (RdbString key = new RdbString();
                RdbString value = new RdbString()) {
            for (int opcode = in.readByte(); opcode != RdbFormat.OPCODE_EOF; opcode = in.readByte()) {
                if (!field(opcode, key, value)) {
                    entry(opcode, key, value);
                }
            }
        }
        if (version >= 5) {
            long crc = in.crc();
            long stored = in.readLittleEndian(Long.BYTES);
            if (stored != 0 && stored != crc) {
                throw in.bad("the checksum is wrong");
            }
        }
        if (versions != null && keyspace != null) {
            keyspace.restoreVersion(versions.finish());
        }
    }

    /** Reads the fields before the first entry, and no more: a reader that has nothing but {@link #aux}. */
    public static RdbReader head(ReadableByteChannel channel) throws IOException {
        RdbReader reader = new RdbReader(
                channel,
                new Visitor() {
                    @Override
                    public void library(String name, byte[] text) {}

                    @Override
                    public void visit(int database, long key, int keyLength, Value value, long expireAt) {}
                },
                true,
                true);
        reader.header();
        try (RdbString key = new RdbString();
                RdbString value = new RdbString()) {
            while (reader.in.readByte() == RdbFormat.OPCODE_AUX) {
                reader.field(RdbFormat.OPCODE_AUX, key, value);
            }
        }
        return reader;
    }

    private void limits(String text) throws IOException {
        try {
            DataLimits read = DataLimits.parse(text);
            if (keyspace != null) {
                keyspace.dataLimits(read);
            }
        } catch (IllegalArgumentException e) {
            throw in.bad(String.valueOf(e.getMessage()));
        }
    }

    private int header() throws IOException {
        for (char expected : "REDIS".toCharArray()) {
            if (in.readByte() != expected) {
                throw in.bad("not an RDB file");
            }
        }
        int version = 0;
        for (int i = 0; i < 4; i++) {
            int digit = in.readByte() - '0';
            if (digit < 0 || digit > 9) {
                throw in.bad("not an RDB file");
            }
            version = version * 10 + digit;
        }
        if (version < 1 || version > RdbFormat.NEWEST_READ) {
            throw in.bad("RDB version " + version + " is not known, the newest is " + RdbFormat.NEWEST_READ);
        }
        return version;
    }

    /** Reads what is not an entry; false when the opcode is a value's type. */
    private boolean field(int opcode, RdbString key, RdbString value) throws IOException {
        switch (opcode) {
            case RdbFormat.OPCODE_AUX -> {
                key.read(in);
                value.read(in);
                aux.put(key.text(), value.text());
                if (key.text().equals(RdbFormat.LIMITS)) {
                    limits(value.text());
                }
            }
            case RdbFormat.OPCODE_SELECTDB -> {
                long number = in.readLength();
                if (number < 0 || number >= databases) {
                    throw in.bad("database " + number + " of only " + databases);
                }
                database = (int) number;
            }
            case RdbFormat.OPCODE_RESIZEDB -> {
                in.readLength();
                in.readLength();
            }
            case RdbFormat.OPCODE_SLOT_INFO -> {
                in.readLength();
                in.readLength();
                in.readLength();
            }
            case RdbFormat.OPCODE_EXPIRETIME_MS -> expireAt = in.readLittleEndian(Long.BYTES);
            case RdbFormat.OPCODE_EXPIRETIME -> expireAt = (int) in.readLittleEndian(Integer.BYTES) * 1000L;
            case RdbFormat.OPCODE_FREQ -> frequency = in.readByte();
            case RdbFormat.OPCODE_IDLE -> idleSeconds = Math.max(0, in.readLength());
            case RdbFormat.OPCODE_FUNCTION2 -> {
                value.read(in);
                library(Memory.bytes(value.address(), value.length()));
            }
            case RdbFormat.OPCODE_FUNCTION_PRE_GA ->
                throw in.bad("it holds a function in the form of a release candidate of Redis 7.0, which Redis 7.0 does"
                        + " not read either");
            case RdbFormat.OPCODE_MODULE_AUX -> foreign.moduleField();
            default -> {
                return false;
            }
        }
        return true;
    }

    private void library(byte[] text) throws IOException {
        if (skipFunctions) {
            foreign.passedOver();
            return;
        }
        String name;
        try {
            name = LibraryHead.of(text).name();
        } catch (LibraryHead.Refused e) {
            throw in.bad("a function library: " + e.text());
        }
        if (visitor != null) {
            visitor.library(name, text);
            return;
        }
        Libraries libraries = java.util.Objects.requireNonNull(keyspace).libraries();
        if (refuseDuplicates && libraries.text(name) != null) {
            throw in.bad("the function library '" + name + "' is there already");
        }
        libraries.put(name, text);
    }

    private void entry(int type, RdbString key, RdbString string) throws IOException {
        key.read(in);
        if (type == RdbFormat.TYPE_MODULE || type == RdbFormat.TYPE_MODULE_2) {
            foreign.moduleValue(type, key);
            expireAt = 0;
            idleSeconds = -1;
            frequency = -1;
            return;
        }
        try (LoadedValue value = RdbTypes.read(type, in, string, limits, KEPT)) {
            long version = versions == null ? 0 : versions.next();
            long expiry = expireAt;
            expireAt = 0;
            int access = keyspace == null ? 0 : keyspace.access().restored(idleSeconds, frequency, accessMillis);
            idleSeconds = -1;
            frequency = -1;
            if (value.isEmpty() || (expiry != 0 && skipExpiredAt != 0 && expiry <= skipExpiredAt)) {
                skipped++;
                return;
            }
            if (visitor != null) {
                value.view(view);
                visitor.visit(database, key.address(), key.length(), view, expiry);
            } else {
                store(java.util.Objects.requireNonNull(keyspace), key, value, expiry, version, access);
            }
        }
        loaded++;
    }

    private void store(Keyspace keyspace, RdbString key, LoadedValue value, long expiry, long version, int access)
            throws RdbException {
        int stripe = keyspace.stripeOf(Slots.of(key.address(), key.length()));
        keyspace.lock(stripe);
        try {
            Database target = keyspace.database(database);
            if (refuseDuplicates && target.peek(key.address(), key.length(), 0, present)) {
                throw in.bad("key '" + key.shown() + "' of database " + database + " is there already");
            }
            value.store(target, key.address(), key.length(), expiry);
            if (version != 0) {
                target.setVersion(key.address(), key.length(), version);
            }
            if (accessMillis != 0) {
                target.setAccess(key.address(), key.length(), access);
            }
        } finally {
            keyspace.unlock(stripe);
        }
    }

    /** Redis: rdbLoadObject with tryObjectEncoding. */
    static void store(Database target, long key, int keyLength, RdbString value, long expiry) {
        if (Numbers.isNumber(value.address(), value.length())) {
            target.putNumber(key, keyLength, Numbers.parse(value.address(), value.length()), expiry);
        } else if (value.length() <= LARGE_BYTES) {
            target.putString(key, keyLength, value.address(), value.length(), Value.BYTES, expiry);
        } else {
            int length = value.length();
            NativeBlock block = value.take();
            try {
                target.putBlock(key, keyLength, block, length, expiry);
            } catch (Throwable failed) {
                block.release();
                throw failed;
            }
        }
    }

    /** Number of keys that were loaded. */
    public long loaded() {
        return loaded;
    }

    /** Number of keys that were left out as expired, or as collections without elements (very old files). */
    public long skipped() {
        return skipped;
    }

    /** Libraries of functions, and keys and fields of modules, that were passed over. */
    public long foreign() {
        return foreign.skipped();
    }

    /** Bytes read so far: progress. */
    public long offset() {
        return in.offset();
    }

    /** A field that was written beside the data, null when there is none of that name. */
    public @Nullable String aux(String name) {
        return aux.get(name);
    }
}
