package io.cairn.aof;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Frames waiting to be written, built in place in direct buffers of {@link #CHUNK_BYTES}; a longer frame has a buffer of
 * its own. Chunks go round between the producers and the appender, so a steady load makes no garbage. Not thread-safe:
 * {@link GroupCommit} guards it.
 */
final class FrameQueue {
    static final int CHUNK_BYTES = 1 << 20;

    /** Chunks kept for later; more are freed. */
    private static final int MAX_POOLED = 16;

    private final ArrayDeque<ByteBuffer> pool = new ArrayDeque<>();
    private List<ByteBuffer> filling = new ArrayList<>();
    private long bytes;
    private long count;

    /** A direct buffer with room for the frame at its position. */
    ByteBuffer room(int frameBytes) {
        ByteBuffer last = filling.isEmpty() ? null : filling.get(filling.size() - 1);
        if (last == null || last.remaining() < frameBytes) {
            if (frameBytes > CHUNK_BYTES) {
                last = ByteBuffer.allocateDirect(frameBytes);
            } else {
                ByteBuffer pooled = pool.poll();
                last = pooled == null ? ByteBuffer.allocateDirect(CHUNK_BYTES) : pooled.clear();
            }
            filling.add(last);
        }
        return last;
    }

    void added(int frameBytes) {
        bytes += frameBytes;
        count++;
    }

    long bytes() {
        return bytes;
    }

    long count() {
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Takes all that waits, ready to be written; {@code empty} takes its place. */
    List<ByteBuffer> take(List<ByteBuffer> empty) {
        List<ByteBuffer> taken = filling;
        for (int i = 0; i < taken.size(); i++) {
            taken.get(i).flip();
        }
        filling = empty;
        bytes = 0;
        count = 0;
        return taken;
    }

    /** Takes back what was written. */
    void recycle(List<ByteBuffer> written) {
        for (int i = 0; i < written.size(); i++) {
            ByteBuffer chunk = written.get(i);
            if (chunk.capacity() == CHUNK_BYTES && pool.size() < MAX_POOLED) {
                pool.add(chunk);
            } else {
                NativeMemory.free(chunk);
            }
        }
        written.clear();
    }
}
