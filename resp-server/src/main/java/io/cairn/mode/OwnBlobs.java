package io.cairn.mode;

import io.cairn.keyspace.NativeBlock;
import java.security.SecureRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The large arguments that this node is sending through the log: when their chunks come back to be applied, the bytes
 * are here already and need no second copy. Any thread.
 */
final class OwnBlobs {
    private final ConcurrentHashMap<Long, NativeBlock> blocks = new ConcurrentHashMap<>();
    private final AtomicLong bytes = new AtomicLong();
    /** Starts at random, so that no two nodes use the same ids: a blob of another node must never be taken for ours. */
    private final AtomicLong ids = new AtomicLong(new SecureRandom().nextLong() >>> 2);

    /** A blob id that no other blob has, of this node or another. */
    long register(NativeBlock block) {
        long id = ids.incrementAndGet();
        blocks.put(id, block);
        bytes.addAndGet(block.capacity());
        return id;
    }

    void forget(long id) {
        NativeBlock block = blocks.remove(id);
        if (block != null) {
            bytes.addAndGet(-block.capacity());
        }
    }

    /** Bytes of all that is under way or waits for its turn. */
    long bytes() {
        return bytes.get();
    }

    /** The block with one more reference, or null when the blob is not of this node. */
    @Nullable
    NativeBlock take(long id) {
        NativeBlock block = blocks.get(id);
        return block == null ? null : block.retain();
    }
}
