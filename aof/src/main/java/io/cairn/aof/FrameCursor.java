package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Walks the frames of one segment file from some offset on, checking each. Reads in large blocks; a frame longer than
 * the block is checked piece by piece, so a rotten length never asks for memory. One thread.
 */
final class FrameCursor {
    private static final int BLOCK_BYTES = 256 * 1024;

    private final StorageFile file;
    private final int salt;
    private final int limit;
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer block;
    private int blockAt;
    private int blockBytes;

    private int offset;
    private int length;
    private long index;
    private long expected;
    private long term;
    private long minTerm;

    /**
     * @param limit frames end before this file offset
     * @param start offset of the first frame
     * @param firstIndex index that frame must have
     */
    FrameCursor(StorageFile file, int salt, int limit, int start, long firstIndex) {
        this.file = file;
        this.salt = salt;
        this.limit = limit;
        this.offset = start;
        this.expected = firstIndex;
        this.blockAt = start;
        this.block = ByteBuffer.allocate(Math.max(Frame.HEADER_BYTES, Math.min(BLOCK_BYTES, limit - start)));
    }

    /** Steps to the next frame; false when what follows is not the next entry. */
    boolean next() throws IOException {
        offset += length;
        length = 0;
        if (!fill(offset, Frame.HEADER_BYTES)) {
            return false;
        }
        int at = offset - blockAt;
        int frameBytes = block.getInt(at + Frame.LENGTH_AT);
        if (frameBytes < Frame.HEADER_BYTES
                || frameBytes > limit - offset
                || block.getLong(at + Frame.INDEX_AT) != expected
                || block.getLong(at + Frame.TERM_AT) < minTerm) {
            return false;
        }
        if (!whole(offset, frameBytes)) {
            return false;
        }
        fill(offset, Frame.HEADER_BYTES);
        length = frameBytes;
        index = expected++;
        term = block.getLong(offset - blockAt + Frame.TERM_AT);
        minTerm = term;
        return true;
    }

    /** Whether the checksum of the frame of this length at this offset is right. */
    private boolean whole(int start, int frameBytes) throws IOException {
        if (fill(start, frameBytes)) {
            int at = start - blockAt;
            return Frame.checksum(crc, block, at, frameBytes, salt) == block.getInt(at);
        }
        if (frameBytes <= block.capacity()) {
            return false; // It would fit the block: the file ends inside it.
        }
        fill(start, Frame.HEADER_BYTES);
        int stored = block.getInt(start - blockAt);
        crc.reset();
        int at = start + Frame.LENGTH_AT;
        int end = start + frameBytes;
        while (at < end) {
            int n = Math.min(block.capacity(), end - at);
            if (!fill(at, n)) {
                return false;
            }
            block.limit(at - blockAt + n).position(at - blockAt);
            crc.update(block);
            block.clear();
            at += n;
        }
        return ((int) crc.getValue() ^ salt) == stored;
    }

    /** Sees to it that the block holds {@code bytes} from {@code start}; false when it cannot or the file ends. */
    private boolean fill(int start, int bytes) throws IOException {
        if (start >= blockAt && start + (long) bytes <= blockAt + (long) blockBytes) {
            return true;
        }
        if (bytes > block.capacity() || start + (long) bytes > limit) {
            return false;
        }
        block.clear().limit(Math.min(block.capacity(), limit - start));
        blockAt = start;
        blockBytes = file.read(block, start);
        block.clear();
        return bytes <= blockBytes;
    }

    /**
     * After {@link #next} said false: looks for a whole frame of a later entry anywhere behind.
     *
     * @return its offset, or -1 when there is none
     */
    int findLater(int from, boolean onlyIfAllBeforeIsDurable) throws IOException {
        for (int at = from; at <= limit - Frame.HEADER_BYTES; at++) {
            if (!fill(at, Frame.HEADER_BYTES)) {
                return -1;
            }
            int in = at - blockAt;
            int frameBytes = block.getInt(in + Frame.LENGTH_AT);
            if (frameBytes < Frame.HEADER_BYTES || frameBytes > limit - at) {
                continue;
            }
            long found = block.getLong(in + Frame.INDEX_AT);
            if (found < expected || found > expected + (at - offset) / Frame.HEADER_BYTES + 1) {
                continue;
            }
            boolean durable = (block.get(in + Frame.FLAGS_AT) & Frame.ALL_BEFORE_IS_DURABLE) != 0;
            if ((durable || !onlyIfAllBeforeIsDurable) && whole(at, frameBytes)) {
                return at;
            }
        }
        return -1;
    }

    /** Offset behind the last byte at or behind {@code from} that is not zero; {@code from} when all are zero. */
    int endOfBytes(int from) throws IOException {
        int end = from;
        int at = from;
        while (at < limit) {
            int n = Math.min(block.capacity(), limit - at);
            block.clear().limit(n);
            blockAt = at;
            blockBytes = file.read(block, at);
            block.clear();
            for (int i = blockBytes - 1; i >= 0; i--) {
                if (block.get(i) != 0) {
                    end = at + i + 1;
                    break;
                }
            }
            if (blockBytes < n) {
                break;
            }
            at += n;
        }
        return end;
    }

    /** Offset of the current frame; after the last one, where the next would start. */
    int offset() {
        return offset;
    }

    int length() {
        return length;
    }

    long index() {
        return index;
    }

    /** The index that comes next. */
    long expected() {
        return expected;
    }

    long term() {
        return term;
    }

    byte kind() throws IOException {
        fill(offset, Frame.HEADER_BYTES);
        return block.get(offset - blockAt + Frame.KIND_AT);
    }

    /** The current payload: a view of the block, good until the next step, or a copy when it does not fit the block. */
    ByteBuffer payload() throws IOException {
        int bytes = length - Frame.HEADER_BYTES;
        if (fill(offset, length)) {
            return block.slice(offset - blockAt + Frame.HEADER_BYTES, bytes).asReadOnlyBuffer();
        }
        ByteBuffer copy = ByteBuffer.allocate(bytes);
        file.read(copy, offset + Frame.HEADER_BYTES);
        return copy.flip();
    }
}
