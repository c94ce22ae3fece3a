package io.cairn.mode;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.util.ArrayDeque;

/** Bytes that wait, in native memory. Any thread. */
final class ByteFifo {
    private static final int BLOCK_BYTES = 256 * 1024;

    private final ArrayDeque<NativeBlock> blocks = new ArrayDeque<>();
    private int read;
    private int written = BLOCK_BYTES;
    private long bytes;
    private int largest;
    private boolean closed;

    synchronized void add(long from, int length) {
        if (closed) {
            return;
        }
        int at = 0;
        while (at < length) {
            if (written == BLOCK_BYTES) {
                blocks.addLast(NativeBlock.allocate(BLOCK_BYTES));
                written = 0;
            }
            int part = Math.min(length - at, BLOCK_BYTES - written);
            Memory.copy(from + at, blocks.getLast().address() + written, part);
            written += part;
            at += part;
        }
        bytes += length;
        largest = Math.max(largest, length);
    }

    /** The oldest bytes, at most {@code limit}. */
    synchronized byte[] take(int limit) {
        int length = (int) Math.min(limit, bytes);
        byte[] taken = new byte[length];
        int at = 0;
        while (at < length) {
            NativeBlock first = blocks.getFirst();
            int end = blocks.size() == 1 ? written : BLOCK_BYTES;
            int part = Math.min(length - at, end - read);
            Memory.copy(first.address() + read, taken, at, part);
            read += part;
            at += part;
            if (read == BLOCK_BYTES) {
                blocks.removeFirst().release();
                read = 0;
            }
        }
        bytes -= length;
        largest = bytes == 0 ? 0 : largest;
        return taken;
    }

    synchronized long bytes() {
        return bytes;
    }

    /** Bytes that wait beside the largest part added since nothing waited. */
    synchronized long bytesBesideTheLargest() {
        return bytes - Math.min(bytes, largest);
    }

    synchronized void close() {
        closed = true;
        bytes = 0;
        blocks.forEach(NativeBlock::release);
        blocks.clear();
    }
}
