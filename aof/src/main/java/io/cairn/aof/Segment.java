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
    /** For readers that go through the log. */
    private static final int AHEAD_BYTES = 65_536;

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

    /** Bytes of the file that were read at once, from {@code at} up to {@code end}. One thread at a time. */
    private static final class Block {
        final ByteBuffer bytes;
        final int at;
        final int end;

        Block(ByteBuffer bytes, int at, int end) {
            this.bytes = bytes;
            this.at = at;
            this.end = end;
        }

        boolean has(int offset, int length) {
            return offset + length <= end;
        }
    }

    /** The place behind an entry that was read, with what was read beyond it. */
    static final class Place {
        private final Segment segment;
        private final long index;
        private final int offset;
        private final Block block;

        private Place(Segment segment, long index, int offset, Block block) {
            this.segment = segment;
            this.index = index;
            this.offset = offset;
            this.block = block;
        }

        Segment segment() {
            return segment;
        }

        /** Of the entry that begins here. */
        long index() {
            return index;
        }

        /** Whether the bytes beyond both places were read at the same time. */
        boolean readWith(@Nullable Place other) {
            return other != null && block == other.block;
        }
    }

    record Found(Entry entry, Place next) {}

    /**
     * Reads one entry, its payload a heap buffer of its own.
     *
     * @param from the entry's place, when it is known: of a reader that goes through the log, for which more is read ahead
     * @return null when the segment does not hold it
     * @throws DamagedLogException when its bytes are not what was written (or were truncated just now)
     */
    @Nullable
    Found read(long index, @Nullable Place from) throws IOException {
        Point point = before(index);
        if (point == null) {
            return null;
        }
        int ahead = from == null ? READ_BYTES : AHEAD_BYTES;
        int at = from == null ? point.offset : from.offset;
        Block block = from == null ? block(at, ahead, point.tail) : from.block;
        for (long i = from == null ? point.index : index; ; i++) {
            if (!block.has(at, Frame.HEADER_BYTES)) {
                block = block(at, ahead, point.tail);
            }
            if (!block.has(at, Frame.HEADER_BYTES)) {
                throw new DamagedLogException(path, at, "entry " + i + " is cut short");
            }
            int in = at - block.at;
            int length = block.bytes.getInt(in + Frame.LENGTH_AT);
            if (length < Frame.HEADER_BYTES
                    || length > point.tail - at
                    || block.bytes.getLong(in + Frame.INDEX_AT) != i) {
                throw new DamagedLogException(path, at, "entry " + i + " has a bad header");
            }
            if (i == index) {
                if (!block.has(at, length) && length <= ahead) {
                    block = block(at, ahead, point.tail);
                }
                return new Found(entry(block, at, length, index), new Place(this, index + 1, at + length, block));
            }
            at += length;
        }
    }

    private Block block(int at, int bytes, int tail) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(Math.max(0, Math.min(bytes, tail - at)));
        return new Block(block, at, at + file.read(block, at));
    }

    private Entry entry(Block block, int at, int length, long index) throws IOException {
        boolean inside = block.has(at, length);
        ByteBuffer frame = inside ? block.bytes : ByteBuffer.allocate(length);
        int start = inside ? at - block.at : 0;
        if (!inside && file.read(frame, at) < length) {
            throw new DamagedLogException(path, at, "entry " + index + " is cut short");
        }
        frame.clear();
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
