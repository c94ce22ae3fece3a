package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One open segment file and a sparse index of it: one point of 8 bytes per {@link #POINT_BYTES} of log, so that a
 * million small entries cost some 250 KB of heap and a read needs one or two preads. Readers may be on any thread; only
 * the log's writer changes it.
 */
final class Segment {
    private static final int POINT_BYTES = 4096;
    private static final int READ_BYTES = 8192;

    final Path path;
    final StorageFile file;
    final SegmentHeader header;

    private int tail = SegmentHeader.BYTES;
    private long lastIndex;
    private int[] pointOffsets = new int[16];
    private int[] pointIndexes = new int[16];
    private int points;

    Segment(Path path, StorageFile file, SegmentHeader header) {
        this.path = path;
        this.file = file;
        this.header = header;
        this.lastIndex = header.firstIndex() - 1;
    }

    long firstIndex() {
        return header.firstIndex();
    }

    /** Last index written here, {@code firstIndex() - 1} when there is none. */
    synchronized long lastIndex() {
        return lastIndex;
    }

    /** File offset behind the last frame. */
    synchronized int tail() {
        return tail;
    }

    /** Bytes that still fit. */
    synchronized int free() {
        return header.fileBytes() - tail;
    }

    /** Bytes of the frames from {@code index} on, counted from the nearest point before it. */
    synchronized int bytesFrom(long index) {
        if (index <= header.firstIndex()) {
            return tail - SegmentHeader.BYTES;
        }
        Point point = before(index);
        return point == null ? 0 : tail - point.offset;
    }

    /** Heap that the index takes, bytes. */
    synchronized long indexBytes() {
        return (long) Integer.BYTES * (pointOffsets.length + pointIndexes.length);
    }

    /** Notes the next frame, of this length. */
    synchronized void appended(int frameBytes) {
        lastIndex++;
        if (points == 0 || tail - pointOffsets[points - 1] >= POINT_BYTES) {
            if (points == pointOffsets.length) {
                pointOffsets = Arrays.copyOf(pointOffsets, points * 2);
                pointIndexes = Arrays.copyOf(pointIndexes, points * 2);
            }
            pointOffsets[points] = tail;
            pointIndexes[points++] = (int) (lastIndex - header.firstIndex());
        }
        tail += frameBytes;
    }

    /** Forgets the entries after {@code lastKept}, whose frame ends at {@code newTail}. */
    synchronized void cut(long lastKept, int newTail) {
        lastIndex = lastKept;
        tail = newTail;
        while (points > 0 && pointOffsets[points - 1] >= newTail) {
            points--;
        }
    }

    /** Where an entry is or the nearest indexed one before it. */
    private record Point(int offset, long index, int tail) {}

    private synchronized @Nullable Point before(long index) {
        if (index < header.firstIndex() || index > lastIndex) {
            return null;
        }
        int found = Arrays.binarySearch(pointIndexes, 0, points, (int) (index - header.firstIndex()));
        int i = found >= 0 ? found : -found - 2;
        return new Point(pointOffsets[i], header.firstIndex() + pointIndexes[i], tail);
    }

    /**
     * Reads one entry, its payload a heap buffer of its own.
     *
     * @return null when the segment does not hold it
     * @throws DamagedLogException when its bytes are not what was written (or were truncated just now)
     */
    @Nullable
    Entry read(long index) throws IOException {
        Point point = before(index);
        if (point == null) {
            return null;
        }
        ByteBuffer block = ByteBuffer.allocate(Math.min(READ_BYTES, point.tail - point.offset));
        int blockAt = point.offset;
        int blockBytes = file.read(block, blockAt);
        int at = blockAt;
        for (long i = point.index; ; i++) {
            if (at + Frame.HEADER_BYTES > blockAt + blockBytes) {
                block.clear().limit(Math.min(block.capacity(), Math.max(0, point.tail - at)));
                blockAt = at;
                blockBytes = file.read(block, at);
            }
            if (blockBytes < Frame.HEADER_BYTES) {
                throw new DamagedLogException(path, at, "entry " + i + " is cut short");
            }
            int in = at - blockAt;
            int length = block.getInt(in + Frame.LENGTH_AT);
            if (length < Frame.HEADER_BYTES || length > point.tail - at || block.getLong(in + Frame.INDEX_AT) != i) {
                throw new DamagedLogException(path, at, "entry " + i + " has a bad header");
            }
            if (i == index) {
                return entry(block, in, in + length <= blockBytes, at, length, index);
            }
            at += length;
        }
    }

    private Entry entry(ByteBuffer block, int in, boolean inside, int at, int length, long index) throws IOException {
        ByteBuffer frame = block;
        int start = in;
        if (!inside) {
            frame = ByteBuffer.allocate(length);
            start = 0;
            if (file.read(frame, at) < length) {
                throw new DamagedLogException(path, at, "entry " + index + " is cut short");
            }
            frame.clear();
        } else {
            frame.clear();
        }
        if (Frame.checksum(new CRC32C(), frame, start, length, header.salt()) != frame.getInt(start)) {
            throw new DamagedLogException(path, at, "entry " + index + " has a bad checksum");
        }
        int payloadAt = start + Frame.HEADER_BYTES;
        int payloadBytes = length - Frame.HEADER_BYTES;
        ByteBuffer payload = inside
                ? ByteBuffer.wrap(Arrays.copyOfRange(frame.array(), payloadAt, payloadAt + payloadBytes))
                : frame.slice(payloadAt, payloadBytes);
        return new Entry(index, frame.getLong(start + Frame.TERM_AT), frame.get(start + Frame.KIND_AT), payload);
    }

    /** File offset behind the frame of {@code index}, or of the first frame when {@code index} is the one before it. */
    int endOf(long index) throws IOException {
        if (index < header.firstIndex()) {
            return SegmentHeader.BYTES;
        }
        Point point = before(index);
        if (point == null) {
            throw new IllegalArgumentException("entry " + index + " is not in " + path);
        }
        FrameCursor cursor = new FrameCursor(file, header.salt(), point.tail, point.offset, point.index);
        while (cursor.next()) {
            if (cursor.index() == index) {
                return cursor.offset() + cursor.length();
            }
        }
        throw new DamagedLogException(path, cursor.offset(), "entry " + cursor.expected() + " is not readable");
    }
}
