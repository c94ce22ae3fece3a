package io.cairn.record;

import io.cairn.command.Args;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes batches of records into a direct buffer of its own that grows as needed and is reused. Format:
 * {@link RecordFormat}. Not thread-safe.
 */
public final class RecordWriter {
    private static final int INITIAL_BYTES = 4 * 1024;
    /** A buffer that grew beyond this is given back at the next {@link #begin}. */
    private static final int KEPT_BYTES = 1024 * 1024;

    private static final int MAX_VARINT = 10;

    private ByteBuffer buffer = ByteBuffer.allocateDirect(INITIAL_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long address = Memory.addressOf(buffer);
    private int limit = INITIAL_BYTES;
    private int at;
    private long baseMillis;
    private long seed;
    private int records;
    /** {@link RecordKind#APPLIED} or 0. */
    private int applied;

    /** Whether commands and blocks from now on came from the node's primary. */
    public void applied(boolean ofPrimary) {
        applied = ofPrimary ? RecordKind.APPLIED : 0;
    }

    /** Begins a batch. */
    public void begin(long timeMillis, long batchSeed) {
        at = 0;
        records = 0;
        if (limit > KEPT_BYTES) {
            replace(INITIAL_BYTES);
        }
        baseMillis = timeMillis;
        seed = batchSeed;
        ensure(1 + MAX_VARINT + Long.BYTES);
        putByte(RecordFormat.VERSION);
        putVarint(timeMillis);
        Memory.putLong(address + at, order(batchSeed));
        at += Long.BYTES;
    }

    /** Seed of the record that is added next. */
    public long nextSeed() {
        return Seeds.derive(seed, records);
    }

    /** Records added since {@link #begin}. */
    public int records() {
        return records;
    }

    /** Bytes of the batch so far. */
    public int length() {
        return at;
    }

    /** Takes back what was added since the batch had {@code length} bytes and {@code count} records. */
    public void rewind(int length, int count) {
        at = length;
        records = count;
    }

    /** Address of the batch; changes when the buffer grows. */
    public long address() {
        return address;
    }

    /** The batch as a view of this writer's memory, valid until the next call of this writer. */
    public ByteBuffer batch() {
        return buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN).position(0).limit(at);
    }

    /** Adds a command whose arguments are all in place. */
    public void command(long timeMillis, int database, Args args) {
        head(RecordKind.COMMAND, timeMillis, database, applied);
        arguments(args);
        records++;
    }

    /** Adds a command of which some arguments were sent ahead: {@code blobIds[i]} is 0 for those in place. */
    public void command(long timeMillis, int database, Args args, long[] blobIds) {
        head(RecordKind.COMMAND, timeMillis, database, RecordKind.HAS_REFERENCES | applied);
        arguments(args, blobIds);
        records++;
    }

    /** Begins a block; exactly so many calls of {@link #watch} follow, then {@link #commands}. */
    public void block(long timeMillis, int watches) {
        head(RecordKind.BLOCK, timeMillis, 0, applied);
        ensure(MAX_VARINT);
        putVarint(watches);
        records++;
    }

    /** Begins the effects of scripts that ran under these limits; as {@link #block}. */
    public void effects(long timeMillis, DataLimits limits, int watches) {
        head(RecordKind.EFFECTS, timeMillis, 0, 0);
        put(limits);
        ensure(MAX_VARINT);
        putVarint(watches);
        records++;
    }

    /** Adds a watched key to the block begun. */
    public void watch(int database, byte[] key, long version) {
        ensure(3 * MAX_VARINT + key.length);
        putVarint(database);
        putVarint(key.length);
        Memory.copy(key, 0, address + at, key.length);
        at += key.length;
        putVarint(version);
    }

    /** Announces the commands of the block begun; exactly so many calls of {@link #queued} follow. */
    public void commands(int count) {
        ensure(MAX_VARINT);
        putVarint(count);
    }

    /** Adds a command to the block begun. */
    public void queued(int database, Args args) {
        head(RecordKind.COMMAND, baseMillis, database, 0);
        arguments(args);
    }

    /** Adds a command with arguments sent ahead to the block begun. */
    public void queued(int database, Args args, long[] blobIds) {
        head(RecordKind.COMMAND, baseMillis, database, RecordKind.HAS_REFERENCES);
        arguments(args, blobIds);
    }

    /** Adds commands to the block begun that another writer has encoded by {@link #queued} for the same batch time. */
    public void encoded(long from, int length) {
        ensure(length);
        Memory.copy(from, address + at, length);
        at += length;
    }

    public void tick(long timeMillis) {
        head(RecordKind.TICK, timeMillis, 0, 0);
        records++;
    }

    public void limits(long timeMillis, DataLimits limits) {
        head(RecordKind.LIMITS, timeMillis, 0, 0);
        put(limits);
        records++;
    }

    private void put(DataLimits limits) {
        ensure(4 * MAX_VARINT);
        putVarint(limits.setIntegers());
        putVarint(limits.hllSparseBytes());
        putVarint(limits.streamNodeBytes());
        putVarint(limits.streamNodeEntries());
    }

    /** Adds a piece of a large argument: {@code length} at most {@link RecordFormat#CHUNK_BYTES}. */
    public void chunk(long timeMillis, long blobId, long offset, long total, long bytes, int length) {
        head(RecordKind.CHUNK, timeMillis, 0, 0);
        ensure(4 * MAX_VARINT + length);
        putVarint(blobId);
        putVarint(offset);
        putVarint(total);
        putBytes(bytes, length);
        records++;
    }

    /** Adds the end of a blob that no record will refer to: a chunk that fits none of it, which makes it vanish. */
    public void dropBlob(long timeMillis, long blobId) {
        chunk(timeMillis, blobId, 1, 1, 0, 0);
    }

    private void head(RecordKind kind, long timeMillis, int database, int flags) {
        ensure(1 + 2 * MAX_VARINT);
        int head = kind.code | flags;
        if (timeMillis != baseMillis) {
            head |= RecordKind.HAS_TIME;
        }
        if (database != 0) {
            head |= RecordKind.HAS_DATABASE;
        }
        putByte(head);
        if (timeMillis != baseMillis) {
            long difference = timeMillis - baseMillis;
            putVarint((difference << 1) ^ (difference >> 63));
        }
        if (database != 0) {
            putVarint(database);
        }
    }

    private void arguments(Args args) {
        int count = args.count();
        ensure(MAX_VARINT);
        putVarint(count);
        for (int i = 0; i < count; i++) {
            int length = args.length(i);
            ensure(MAX_VARINT + length);
            putBytes(args.address(i), length);
        }
    }

    private void arguments(Args args, long[] blobIds) {
        int count = args.count();
        ensure(MAX_VARINT);
        putVarint(count);
        for (int i = 0; i < count; i++) {
            int length = args.length(i);
            boolean reference = blobIds[i] != 0;
            ensure(2 * MAX_VARINT + (reference ? 0 : length));
            putVarint(((long) length << 1) | (reference ? 1 : 0));
            if (reference) {
                putVarint(blobIds[i]);
            } else {
                Memory.copy(args.address(i), address + at, length);
                at += length;
            }
        }
    }

    private void putBytes(long from, int length) {
        putVarint(length);
        Memory.copy(from, address + at, length);
        at += length;
    }

    private void putByte(int value) {
        Memory.putByte(address + at++, (byte) value);
    }

    private void putVarint(long value) {
        long left = value;
        while ((left & ~0x7FL) != 0) {
            Memory.putByte(address + at++, (byte) (left | 0x80));
            left >>>= 7;
        }
        Memory.putByte(address + at++, (byte) left);
    }

    private void ensure(int more) {
        if (limit - at < more) {
            long wanted = Math.max(2L * limit, (long) at + more);
            if ((long) at + more > RecordFormat.MAX_ARGUMENT_BYTES) {
                throw new IllegalArgumentException(
                        "a batch of records would exceed 2 GB: send arguments ahead in chunks");
            }
            replace((int) Math.min(wanted, RecordFormat.MAX_ARGUMENT_BYTES));
        }
    }

    private void replace(int capacity) {
        ByteBuffer fresh = ByteBuffer.allocateDirect(capacity).order(ByteOrder.LITTLE_ENDIAN);
        long freshAddress = Memory.addressOf(fresh);
        Memory.copy(address, freshAddress, at);
        buffer = fresh;
        address = freshAddress;
        limit = capacity;
    }

    static long order(long value) {
        return ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? value : Long.reverseBytes(value);
    }
}
