package io.cairn.rdb;

import io.cairn.keyspace.AccessTracking;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Keyspace.SnapshotSink;
import io.cairn.keyspace.Value;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes an RDB file of version 10, as Redis 7.0 does, or of version 12, as Redis 7.4 does, to a channel: {@link #begin}, any {@link #aux} and
 * {@link #expect}, entries, {@link #finish}. Memory is bounded: a 64 KB buffer, and up to 1 MB for compression; large
 * values go from where they lie to the channel in slices. Entries of several databases may alternate: SELECTDB is
 * repeated. Calls must be serialized, as those of a snapshot are. The channel stays open and is not synced.
 */
public final class RdbWriter implements SnapshotSink {
    private final RdbOutput out;
    private final @Nullable VersionsWriter versions;
    private final Map<Integer, long[]> sizes = new HashMap<>();
    private @Nullable AccessTracking access;
    private long createdMillis;
    private int selected = -1;
    private long entries;
    private boolean fieldsMayExpire;

    /**
     * @param compression LZF for strings of more than 20 bytes (Redis: rdbcompression)
     * @param versions receives one version per entry, in the order of the entries; null for none
     */
    public RdbWriter(WritableByteChannel channel, boolean compression, @Nullable VersionsWriter versions) {
        this.out = new RdbOutput(channel, compression);
        this.versions = versions;
    }

    public RdbWriter(WritableByteChannel channel, boolean compression) {
        this(channel, compression, null);
    }

    /** Writes the header and Redis's usual fields, in the form of Redis 7.0. */
    public void begin(long createdSeconds, long usedBytes) throws IOException {
        begin(createdSeconds, usedBytes, false);
    }

    /**
     * Writes the header and Redis's usual fields.
     *
     * @param fieldsMayExpire in the form of Redis 7.4, which alone has a place for when fields of hashes expire; in the other form such a hash ends the writing with
     *     an exception
     */
    public void begin(long createdSeconds, long usedBytes, boolean fieldsMayExpire) throws IOException {
        this.fieldsMayExpire = fieldsMayExpire;
        createdMillis = createdSeconds * 1000;
        int version = fieldsMayExpire ? RdbFormat.VERSION_WITH_FIELD_EXPIRY : RdbFormat.VERSION;
        out.putBytes(String.format("REDIS%04d", version).getBytes(StandardCharsets.US_ASCII));
        aux("redis-ver", fieldsMayExpire ? "7.4.0" : "7.0.15");
        aux("redis-bits", "64");
        aux("ctime", Long.toString(createdSeconds));
        aux("used-mem", Long.toString(usedBytes));
        aux("aof-base", "0");
    }

    /** Writes with each key how long ago or how often it was used, if eviction goes by that. */
    public void access(AccessTracking tracking) {
        access = tracking;
    }

    /** A field beside the data; Redis skips the ones it does not know. */
    public void aux(String name, String value) throws IOException {
        out.putByte(RdbFormat.OPCODE_AUX);
        out.putString(name);
        out.putString(value);
    }

    /** Tells how many keys of a database will come, so that a RESIZEDB hint can be written. */
    public void expect(int database, long keys, long volatileKeys) {
        sizes.put(database, new long[] {keys, volatileKeys});
    }

    @Override
    public void entry(int database, long key, int keyLength, Value value) throws IOException {
        if (!fieldsMayExpire && RdbTypes.hasExpiringFields(value)) {
            throw new FieldExpiryException();
        }
        if (database != selected) {
            select(database);
        }
        if (value.expireAt != 0) {
            out.putByte(RdbFormat.OPCODE_EXPIRETIME_MS);
            out.putLongLittleEndian(value.expireAt);
        }
        AccessTracking tracking = access;
        if (tracking != null && tracking.lfu()) {
            out.putByte(RdbFormat.OPCODE_FREQ);
            out.putByte(tracking.frequency(value.access, createdMillis));
        } else if (tracking != null && tracking.lru()) {
            out.putByte(RdbFormat.OPCODE_IDLE);
            out.putLength(tracking.idleSeconds(value.access, createdMillis));
        }
        out.putByte(RdbTypes.type(value));
        out.putString(key, keyLength);
        RdbTypes.write(out, value);
        entries++;
        if (versions != null) {
            versions.add(value.version);
        }
    }

    @Override
    public void limits(DataLimits limits) throws IOException {
        if (!limits.equals(DataLimits.DEFAULT)) {
            aux(RdbFormat.LIMITS, limits.text());
        }
    }

    @Override
    public void library(byte[] text) throws IOException {
        out.putByte(RdbFormat.OPCODE_FUNCTION2);
        out.putString(text);
    }

    private void select(int database) throws IOException {
        selected = database;
        out.putByte(RdbFormat.OPCODE_SELECTDB);
        out.putLength(database);
        long[] expected = sizes.remove(database);
        if (expected != null) {
            out.putByte(RdbFormat.OPCODE_RESIZEDB);
            out.putLength(expected[0]);
            out.putLength(expected[1]);
        }
    }

    /** Number of entries so far. */
    public long entries() {
        return entries;
    }

    /** Writes the end mark and the checksum, and flushes to the channel; the number of bytes written in all. */
    public long finish() throws IOException {
        out.putByte(RdbFormat.OPCODE_EOF);
        out.putLongLittleEndian(out.crc());
        out.flush();
        return out.written();
    }
}
