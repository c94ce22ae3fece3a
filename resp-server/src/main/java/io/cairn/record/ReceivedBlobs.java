package io.cairn.record;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Large arguments put together from their chunks, until the record that refers to them has been applied. Chunks of one
 * blob come in order. Bounded: the total of all blobs may not exceed what the constructor was told. Not thread-safe.
 */
public final class ReceivedBlobs implements RecordReader.Blobs, AutoCloseable {
    private final Map<Long, Partial> blobs = new HashMap<>();
    private final long maxBytes;
    private long bytes;

    private static final class Partial {
        final NativeBlock block;
        final long total;
        long received;

        Partial(NativeBlock block, long total) {
            this.block = block;
            this.total = total;
        }
    }

    public ReceivedBlobs(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Takes in the chunk that {@code reader} stands at.
     *
     * @throws RecordException when it does not continue its blob or the bound is reached
     */
    public void accept(RecordReader reader) {
        Partial blob = blobs.get(reader.blobId());
        if (blob == null) {
            if (reader.chunkTotal() > maxBytes - bytes) {
                throw new RecordException("chunks of more than " + maxBytes + " bytes wait for their record");
            }
            blob = new Partial(NativeBlock.allocate((int) reader.chunkTotal()), reader.chunkTotal());
            blobs.put(reader.blobId(), blob);
            bytes += blob.total;
        }
        if (reader.chunkOffset() != blob.received || reader.chunkTotal() != blob.total) {
            throw new RecordException("chunk at " + reader.chunkOffset() + " of blob " + reader.blobId() + " of which "
                    + blob.received + " bytes are here");
        }
        Memory.copy(reader.chunkAddress(), blob.block.address() + blob.received, reader.chunkLength());
        blob.received += reader.chunkLength();
    }

    @Override
    public @Nullable NativeBlock find(long blobId) {
        Partial blob = blobs.get(blobId);
        return blob == null || blob.received < blob.total ? null : blob.block;
    }

    /** Forgets a blob after its record was applied; a handler that kept the block holds a reference of its own. */
    public void drop(long blobId) {
        Partial blob = blobs.remove(blobId);
        if (blob != null) {
            bytes -= blob.total;
            blob.block.release();
        }
    }

    /** Forgets all: whoever sent them is gone. */
    public void clear() {
        blobs.values().forEach(blob -> blob.block.release());
        blobs.clear();
        bytes = 0;
    }

    /** Blobs held. */
    public int count() {
        return blobs.size();
    }

    @Override
    public void close() {
        clear();
    }
}
