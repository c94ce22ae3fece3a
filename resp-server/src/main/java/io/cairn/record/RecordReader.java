package io.cairn.record;

import io.cairn.command.Args;
import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import org.jspecify.annotations.Nullable;

/**
 * Reads a batch of records out of native memory, without copies: arguments point into it. Every record is checked to
 * its end before {@link #next} answers, so a damaged one is never half applied. Reused; not thread-safe.
 *
 * <p>Use: {@code reset}, then {@code while (next()) switch (kind())}. COMMAND: {@link #args}, {@link #database}. BLOCK, EFFECTS:
 * {@link #nextWatch} until false, then {@link #nextCommand} until false. TICK: {@link #timeMillis}. CHUNK: the chunk
 * methods.
 */
public final class RecordReader {
    private final Args args = new Args();
    private final Blobs blobs;
    private long at;
    private long end;
    private long baseMillis;
    private long batchSeed;
    private int ordinal;

    private RecordKind kind = RecordKind.TICK;
    private DataLimits limits = DataLimits.DEFAULT;
    private long timeMillis;
    private boolean applied;
    private long seed;
    private int database;
    /** Where the next record begins. */
    private long nextRecord;

    private int watchesLeft;
    private int commandsLeft;
    private int queuedOrdinal;
    private boolean commandsReached;
    private long commandsAt;
    private int commandsOrdinal;
    private int watchCount;
    private int commandCount;
    private int watchDatabase;
    private long watchKey;
    private int watchKeyLength;
    private long watchVersion;
    private boolean incomplete;
    private long[] references = new long[4];
    private int referenceCount;
    private long blobId;
    private long chunkOffset;
    private long chunkTotal;
    private long chunkAddress;
    private int chunkLength;

    /** Where arguments that were sent ahead are found. */
    @FunctionalInterface
    public interface Blobs {
        /** No argument was ever sent ahead. */
        Blobs NONE = id -> null;

        /** The complete block of a blob, or null when it is not there. */
        @Nullable
        NativeBlock find(long blobId);
    }

    public RecordReader(Blobs blobs) {
        this.blobs = blobs;
    }

    /**
     * Begins with a batch; its memory must stay until the last record was used.
     *
     * @throws RecordException when it is no batch of a known version
     */
    public void reset(long address, int length) {
        at = address;
        end = address + length;
        ordinal = 0;
        args.clear();
        int version = readByte();
        if (version != RecordFormat.VERSION) {
            throw new RecordException("records of version " + version + "; this build reads " + RecordFormat.VERSION);
        }
        baseMillis = readVarint();
        if (baseMillis < 0) {
            throw new RecordException("time of a batch out of bounds");
        }
        need(Long.BYTES);
        batchSeed = RecordWriter.order(Memory.getLong(at));
        nextRecord = at + Long.BYTES;
    }

    /** Goes on to the next record; false at the end of the batch. */
    public boolean next() {
        at = nextRecord;
        args.clear();
        incomplete = false;
        referenceCount = 0;
        if (at == end) {
            return false;
        }
        int head = readByte();
        kind = RecordKind.of(head);
        timeMillis = baseMillis;
        if ((head & RecordKind.HAS_TIME) != 0) {
            long zigzag = readVarint();
            timeMillis += (zigzag >>> 1) ^ -(zigzag & 1);
        }
        if (timeMillis < 0) {
            throw new RecordException("time of a record out of bounds");
        }
        seed = Seeds.derive(batchSeed, ordinal++);
        applied = (head & RecordKind.APPLIED) != 0;
        boolean plain = (head & (RecordKind.HAS_DATABASE | RecordKind.HAS_REFERENCES)) == 0;
        boolean mayBeApplied = kind == RecordKind.COMMAND || kind == RecordKind.BLOCK;
        if ((kind != RecordKind.COMMAND && !plain) || (applied && !mayBeApplied)) {
            throw new RecordException("unknown record head 0x" + Integer.toHexString(head));
        }
        switch (kind) {
            case COMMAND -> commandBody(head);
            case BLOCK -> blockBody();
            case TICK -> {}
            case CHUNK -> chunkBody();
            case LIMITS -> limitsBody();
            case EFFECTS -> {
                limitsBody();
                blockBody();
            }
        }
        if (!isBlock()) {
            nextRecord = at;
        }
        return true;
    }

    private boolean isBlock() {
        return kind == RecordKind.BLOCK || kind == RecordKind.EFFECTS;
    }

    private void limitsBody() {
        limits = new DataLimits(limit(), limit(), limit(), limit());
    }

    private long limit() {
        long limit = readVarint();
        if (limit < 0) {
            throw new RecordException("a limit out of bounds");
        }
        return limit;
    }

    /** Of the LIMITS or EFFECTS record read last. */
    public DataLimits limits() {
        return limits;
    }

    public RecordKind kind() {
        return kind;
    }

    /**
     * True when an argument of the record refers to a blob of which not all chunks are here: the record must be refused,
     * on every replica alike.
     */
    public boolean incomplete() {
        return incomplete;
    }

    /** Blobs that the record refers to. */
    public int references() {
        return referenceCount;
    }

    public long reference(int i) {
        return references[i];
    }

    /** Milliseconds of the Unix epoch. */
    public long timeMillis() {
        return timeMillis;
    }

    /** True for a command or block that came from the node's primary. */
    public boolean applied() {
        return applied;
    }

    /** Chance of the record; of the command while a block's commands are read. */
    public long seed() {
        return isBlock() && queuedOrdinal > 0 ? Seeds.derive(seed, queuedOrdinal - 1) : seed;
    }

    /** Of the command read last. */
    public int database() {
        return database;
    }

    /** Of the command read last; valid until the next call. */
    public Args args() {
        return args;
    }

    /** Watched keys of the block. */
    public int watchCount() {
        return watchCount;
    }

    /** Commands of the block. */
    public int commandCount() {
        return commandCount;
    }

    /** Goes on to the block's next watched key. */
    public boolean nextWatch() {
        if (watchesLeft == 0) {
            return false;
        }
        watchesLeft--;
        readWatch();
        return true;
    }

    public int watchDatabase() {
        return watchDatabase;
    }

    public long watchKey() {
        return watchKey;
    }

    public int watchKeyLength() {
        return watchKeyLength;
    }

    public long watchVersion() {
        return watchVersion;
    }

    /** Goes on to the block's next command, past watches that were not read. */
    public boolean nextCommand() {
        return toNextCommand();
    }

    /** Of a block whose commands were reached: {@link #nextCommand} gives the first one again. */
    public void rewindCommands() {
        if (commandsReached) {
            at = commandsAt;
            queuedOrdinal = commandsOrdinal;
            commandsLeft = commandCount;
        }
    }

    private boolean toNextCommand() {
        while (watchesLeft > 0) {
            nextWatch();
        }
        if (!commandsReached) {
            readVarint();
            commandsReached = true;
            commandsAt = at;
            commandsOrdinal = queuedOrdinal;
        }
        if (commandsLeft == 0) {
            return false;
        }
        commandsLeft--;
        queuedOrdinal++;
        readQueued();
        return true;
    }

    public long blobId() {
        return blobId;
    }

    /** Where in the blob the chunk belongs. */
    public long chunkOffset() {
        return chunkOffset;
    }

    /** Bytes of the whole blob. */
    public long chunkTotal() {
        return chunkTotal;
    }

    public long chunkAddress() {
        return chunkAddress;
    }

    public int chunkLength() {
        return chunkLength;
    }

    private void commandBody(int head) {
        args.clear();
        database = 0;
        if ((head & RecordKind.HAS_DATABASE) != 0) {
            database = readCount(RecordFormat.MAX_DATABASE, "database");
        }
        int count = readCount(RecordFormat.MAX_ARGUMENTS, "number of arguments");
        if (count == 0) {
            throw new RecordException("a command without arguments");
        }
        boolean references = (head & RecordKind.HAS_REFERENCES) != 0;
        for (int i = 0; i < count; i++) {
            if (references) {
                argumentOrReference();
            } else {
                int length = readLength();
                args.add(at, length);
                at += length;
            }
        }
    }

    private void argumentOrReference() {
        long marked = readVarint();
        long length = marked >>> 1;
        if (length > RecordFormat.MAX_ARGUMENT_BYTES) {
            throw new RecordException("length of an argument out of bounds: " + length);
        }
        if ((marked & 1) == 0) {
            need(length);
            args.add(at, (int) length);
            at += length;
            return;
        }
        long id = readVarint();
        NativeBlock block = blobs.find(id);
        if (block == null || block.capacity() < length) {
            incomplete = true;
            args.add(at, 0);
        } else {
            args.add(block, (int) length);
        }
        if (referenceCount == references.length) {
            references = java.util.Arrays.copyOf(references, referenceCount * 2);
        }
        references[referenceCount++] = id;
    }

    /** Walks through the whole block once to check it, then returns to its start. */
    private void blockBody() {
        watchCount = readCount(RecordFormat.MAX_BLOCK, "number of watches");
        long start = at;
        for (int i = 0; i < watchCount; i++) {
            readWatch();
        }
        commandCount = readCount(RecordFormat.MAX_BLOCK, "number of commands");
        for (int i = 0; i < commandCount; i++) {
            readQueued();
        }
        nextRecord = at;
        at = start;
        watchesLeft = watchCount;
        commandsLeft = commandCount;
        queuedOrdinal = 0;
        commandsReached = false;
        args.clear();
    }

    private void readWatch() {
        watchDatabase = readCount(RecordFormat.MAX_DATABASE, "database");
        watchKeyLength = readLength();
        watchKey = at;
        at += watchKeyLength;
        watchVersion = readVarint();
    }

    private void readQueued() {
        int head = readByte();
        if (RecordKind.of(head) != RecordKind.COMMAND || (head & (RecordKind.HAS_TIME | RecordKind.APPLIED)) != 0) {
            throw new RecordException("no command in a block: head 0x" + Integer.toHexString(head));
        }
        commandBody(head);
    }

    private void chunkBody() {
        blobId = readVarint();
        chunkOffset = readVarint();
        chunkTotal = readVarint();
        chunkLength = readLength();
        chunkAddress = at;
        at += chunkLength;
        if (chunkTotal < 0
                || chunkTotal > RecordFormat.MAX_ARGUMENT_BYTES
                || chunkOffset < 0
                || chunkOffset + chunkLength > chunkTotal
                || chunkLength > RecordFormat.CHUNK_BYTES) {
            throw new RecordException(
                    "chunk out of bounds: offset " + chunkOffset + ", length " + chunkLength + ", total " + chunkTotal);
        }
    }

    private int readLength() {
        long length = readVarint();
        if (length < 0 || length > end - at) {
            throw new RecordException("length out of bounds: " + length);
        }
        return (int) length;
    }

    private int readCount(int max, String what) {
        long count = readVarint();
        if (count < 0 || count > max) {
            throw new RecordException(what + " out of bounds: " + count);
        }
        return (int) count;
    }

    private void need(long bytes) {
        if (end - at < bytes) {
            throw new RecordException("record cut short");
        }
    }

    private int readByte() {
        need(1);
        return Memory.getByte(at++) & 0xff;
    }

    private long readVarint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            need(1);
            long b = Memory.getByte(at++);
            value |= (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new RecordException("number of more than ten bytes");
    }
}
