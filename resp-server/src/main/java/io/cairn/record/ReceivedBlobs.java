package io.cairn.record;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Large arguments put together from their chunks, until the record that refers to them has been applied. Chunks of one
 * blob come in order. Bounded: the total of all blobs may not exceed what the constructor was told. Not thread-safe.
 */
public final class ReceivedBlobs implements RecordReader.Blobs, AutoCloseable {
    private final Map<Long, Partial> blobs = new HashMap<>();
    private final long maxBytes;
    private final OwnBlocks own;
    private long bytes;

    private static final class Partial {
        final NativeBlock block;
        final long total;
        /** False when the block is the sender's own, which holds the bytes already. */
        final boolean copied;

        long received;

        Partial(NativeBlock block, long total, boolean copied) {
            this.block = block;
            this.total = total;
            this.copied = copied;
        }
    }

    /** The sender's own copy of a blob, with one more reference for the taker, or null elsewhere. */
    @FunctionalInterface
    public interface OwnBlocks {
        /** No blob is of this node. */
        OwnBlocks NONE = id -> null;

        @Nullable
        NativeBlock take(long blobId);
    }

    public ReceivedBlobs(long maxBytes) {
        this(maxBytes, OwnBlocks.NONE);
    }

    /** @param own where a blob of this node lies already: its chunks then need no second copy */
    public ReceivedBlobs(long maxBytes, OwnBlocks own) {
        this.maxBytes = maxBytes;
        this.own = own;
    }

    /**
     * Takes in the chunk that {@code reader} stands at. A chunk that does not continue its blob (an earlier one was
     * never logged), or one over the bound, makes the blob vanish: the record that refers to it is then refused, on
     * every replica alike.
     *
     * @return false when the blob was given up
     */
    public boolean accept(RecordReader reader) {
        long id = reader.blobId();
        if (reader.chunkOffset() == 0) {
            drop(id);
            if (reader.chunkTotal() > maxBytes - bytes) {
                return false;
            }
            NativeBlock here = own.take(id);
            boolean copied = here == null || here.capacity() < reader.chunkTotal();
            if (here != null && copied) {
                here.release();
            }
            NativeBlock block = here == null || copied ? NativeBlock.allocate((int) reader.chunkTotal()) : here;
            blobs.put(id, new Partial(block, reader.chunkTotal(), copied));
            bytes += reader.chunkTotal();
        }
        Partial blob = blobs.get(id);
        if (blob == null || reader.chunkOffset() != blob.received || reader.chunkTotal() != blob.total) {
            drop(id);
            return false;
        }
        if (blob.copied) {
            Memory.copy(reader.chunkAddress(), blob.block.address() + blob.received, reader.chunkLength());
        }
        blob.received += reader.chunkLength();
        return true;
    }

    /** Told of each blob held, in order of id. */
    @FunctionalInterface
    public interface Visitor {
        /** @param received bytes that are here, from the start; they never change any more */
        void visit(long blobId, NativeBlock block, long received, long total);
    }

    /** Visits all blobs, for a snapshot. */
    public void forEach(Visitor visitor) {
        new TreeMap<>(blobs).forEach((id, blob) -> visitor.visit(id, blob.block, blob.received, blob.total));
    }

    /** Puts back a blob of a snapshot; takes over the caller's reference. */
    public void restore(long blobId, NativeBlock block, long received, long total) {
        drop(blobId);
        Partial blob = new Partial(block, total, true);
        blob.received = received;
        blobs.put(blobId, blob);
        bytes += total;
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
