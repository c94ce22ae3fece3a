package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.keyspace.Memory;
import io.cairn.record.RecordFormat;
import io.cairn.record.RecordWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Writes commands as records, their large arguments ahead of them in chunks, so that no log entry is larger than a chunk
 * and a few small arguments. Not thread-safe.
 */
final class LargeArguments {
    private static final long UNLINK = constant("UNLINK");
    private static final int UNLINK_LENGTH = 6;
    private static final long DEL = constant("DEL");
    private static final int DEL_LENGTH = 3;

    static final long[] NO_BLOBS = {};

    private final RecordWriter writer;
    private final Args delete = new Args();
    private long nextBlobId = ThreadLocalRandom.current().nextLong() >>> 16;

    LargeArguments(RecordWriter writer) {
        this.writer = writer;
    }

    private static long constant(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        long address = Memory.allocate(bytes.length);
        Memory.copy(bytes, 0, address, bytes.length);
        return address;
    }

    /** UNLINK key, as arguments that live until the next call. */
    Args delete(long key, int length) {
        delete.clear();
        delete.add(UNLINK, UNLINK_LENGTH);
        delete.add(key, length);
        return delete;
    }

    /** DEL key, for a key that is evicted; as {@link #delete}. */
    Args evict(long key, int length) {
        delete.clear();
        delete.add(DEL, DEL_LENGTH);
        delete.add(key, length);
        return delete;
    }

    /** Begins a batch in the writer that holds one command; its chunks, if any, are in the journal then. */
    void command(Journal journal, long now, long batchSeed, int database, Args args) {
        if (!hasLarge(args)) {
            writer.begin(now, batchSeed);
            writer.command(now, database, args);
            return;
        }
        long[] blobIds = sendAhead(journal, now, args);
        writer.begin(now, batchSeed);
        writer.command(now, database, args, blobIds);
    }

    /** Begins a batch in the writer that holds a block without watches: they were compared already. */
    void block(Journal journal, long now, long batchSeed, List<Block.Queued> commands) {
        List<long[]> blobIds = new ArrayList<>();
        for (Block.Queued queued : commands) {
            blobIds.add(hasLarge(queued.args()) ? sendAhead(journal, now, queued.args()) : NO_BLOBS);
        }
        writer.begin(now, batchSeed);
        writer.block(now, 0);
        writer.commands(commands.size());
        for (int i = 0; i < commands.size(); i++) {
            Block.Queued queued = commands.get(i);
            if (blobIds.get(i) == NO_BLOBS) {
                writer.queued(queued.database(), queued.args());
            } else {
                writer.queued(queued.database(), queued.args(), blobIds.get(i));
            }
        }
    }

    /** Sends large arguments ahead: the ids of their blobs, or none when there are no large ones. */
    long[] ahead(Journal journal, long now, Args args) {
        return hasLarge(args) ? sendAhead(journal, now, args) : NO_BLOBS;
    }

    private static boolean hasLarge(Args args) {
        for (int i = 0; i < args.count(); i++) {
            if (args.length(i) > RecordFormat.CHUNK_BYTES) {
                return true;
            }
        }
        return false;
    }

    private long[] sendAhead(Journal journal, long now, Args args) {
        long[] blobIds = new long[args.count()];
        for (int i = 0; i < blobIds.length; i++) {
            int total = args.length(i);
            if (total <= RecordFormat.CHUNK_BYTES) {
                continue;
            }
            blobIds[i] = nextBlobId++;
            for (int offset = 0; offset < total; offset += RecordFormat.CHUNK_BYTES) {
                int length = Math.min(RecordFormat.CHUNK_BYTES, total - offset);
                writer.begin(now, 0);
                writer.chunk(now, blobIds[i], offset, total, args.address(i) + offset, length);
                journal.append(writer.address(), writer.length());
            }
        }
        return blobIds;
    }
}
