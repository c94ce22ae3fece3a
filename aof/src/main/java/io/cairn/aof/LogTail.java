package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The end of a log, where frames are written: the active segment, the files reserved for the next ones, the write
 * buffer. Used by one thread at a time (under the log's mutation lock). A batch is planned first ({@link #need}), which
 * is where a full disk shows, then put, then flushed and forced.
 */
final class LogTail {
    /** The write buffer grows up to this; longer frames are written in pieces. */
    private static final int MAX_BUFFER_BYTES = 1 << 20;

    private static final int MIN_BUFFER_BYTES = 64 * 1024;

    private final Storage storage;
    private final Path directory;
    private final LogOptions options;
    private final NavigableMap<Long, Segment> segments;
    private final Preallocator preallocator;
    private final Random salts = new Random();
    private final CRC32C crc = new CRC32C();
    private final ArrayDeque<Preallocator.Spare> reserved = new ArrayDeque<>();
    private ByteBuffer buffer = ByteBuffer.allocateDirect(MIN_BUFFER_BYTES);
    private volatile @Nullable Segment active;
    private long planFree;

    /** Entries up to this one have been forced. */
    private volatile long forcedIndex;

    final LongAdder bytes = new LongAdder();
    final SyncTimes syncs = new SyncTimes();

    LogTail(
            Storage storage,
            Path directory,
            LogOptions options,
            NavigableMap<Long, Segment> segments,
            Preallocator preallocator) {
        this.storage = storage;
        this.directory = directory;
        this.options = options;
        this.segments = segments;
        this.preallocator = preallocator;
    }

    /** Goes on behind the last segment there is; all entries up to {@code lastIndex} are durable. */
    void moveTo(long lastIndex) {
        Map.Entry<Long, Segment> last = segments.lastEntry();
        active = last == null ? null : last.getValue();
        forcedIndex = lastIndex;
    }

    @Nullable
    Segment active() {
        return active;
    }

    long forcedIndex() {
        return forcedIndex;
    }

    /** Notes that a force by another thread has covered the entries up to {@code index}. */
    void forcedUpTo(long index) {
        forcedIndex = Math.max(forcedIndex, index);
    }

    // ---- space ----

    void planBatch() {
        Segment segment = active;
        planFree = segment == null ? 0 : segment.free();
    }

    /** Sees to it that the next frame of the batch has a place. @throws DiskFullException when there is no space */
    void need(long frameBytes) throws IOException {
        if (frameBytes > planFree) {
            Preallocator.Spare spare = preallocator.take((int) (SegmentHeader.BYTES + frameBytes), nextSegmentBytes());
            reserved.add(spare);
            planFree = (long) spare.bytes() - SegmentHeader.BYTES;
        }
        planFree -= frameBytes;
    }

    /** The batch will not be written: its spares are for the next. */
    void dropPlan() {
        while (!reserved.isEmpty()) {
            preallocator.giveBack(reserved.removeLast());
        }
    }

    /** Free bytes in the active segment. */
    long free() {
        Segment segment = active;
        return segment == null ? 0 : segment.free();
    }

    /** Segments double from a small first one, so that a node with many idle logs stays small on disk. */
    int nextSegmentBytes() {
        Segment segment = active;
        long next = segment == null ? LogOptions.FIRST_SEGMENT_BYTES : 2L * segment.header.fileBytes();
        return (int) Math.min(options.segmentBytes(), Math.max(next, LogOptions.MIN_SEGMENT_BYTES));
    }

    /** Asks for the next segment once the active one is half full, or for more if {@code reserveBytes} say so. */
    void prepareAhead(long reserveBytes) {
        Segment segment = active;
        long free = free();
        long wanted = Math.max(0, reserveBytes - free);
        if (segment != null && free < segment.header.fileBytes() / 2) {
            wanted = Math.max(wanted, 1);
        }
        if (wanted > 0) {
            preallocator.prepare(wanted, nextSegmentBytes());
        }
    }

    // ---- writing ----

    /** Adds one entry to the write buffer; writes when that is full. */
    void put(Entry entry) throws IOException {
        int payloadBytes = entry.payload().remaining();
        int frameBytes = Frame.HEADER_BYTES + payloadBytes;
        Segment segment = active;
        if (segment == null || frameBytes > segment.free()) {
            flush();
            segment = roll(entry.index());
        }
        byte flags = flags(entry.index());
        if (frameBytes > MAX_BUFFER_BYTES) {
            flush();
            writeLong(segment, entry, flags);
            return;
        }
        room(frameBytes);
        int at = buffer.position();
        Frame.putHeader(buffer, payloadBytes, entry.index(), entry.term(), entry.kind(), flags);
        buffer.put(entry.payload().duplicate());
        buffer.putInt(at, Frame.checksum(crc, buffer, at, frameBytes, segment.header.salt()));
        segment.appended(frameBytes);
    }

    private byte flags(long index) {
        return forcedIndex == index - 1 ? Frame.ALL_BEFORE_IS_DURABLE : 0;
    }

    private void room(int frameBytes) throws IOException {
        if (frameBytes <= buffer.remaining()) {
            return;
        }
        if (buffer.capacity() < MAX_BUFFER_BYTES) {
            int wanted = Math.max(buffer.position() + frameBytes, buffer.capacity() * 2);
            ByteBuffer larger = ByteBuffer.allocateDirect(Math.min(MAX_BUFFER_BYTES, wanted));
            larger.put(buffer.flip());
            buffer = larger;
        }
        if (frameBytes > buffer.remaining()) {
            flush();
        }
    }

    private void writeLong(Segment segment, Entry entry, byte flags) throws IOException {
        ByteBuffer payload = entry.payload().duplicate();
        Frame.putHeader(buffer, payload.remaining(), entry.index(), entry.term(), entry.kind(), flags);
        ByteBuffer header = buffer.duplicate().position(Frame.LENGTH_AT).limit(Frame.HEADER_BYTES);
        crc.reset();
        crc.update(header);
        crc.update(payload.duplicate());
        buffer.putInt(Frame.CRC_AT, (int) crc.getValue() ^ segment.header.salt());
        int at = segment.tail();
        segment.appended(Frame.HEADER_BYTES + payload.remaining());
        while (buffer.position() > 0 || payload.hasRemaining()) {
            int n = Math.min(buffer.remaining(), payload.remaining());
            int end = payload.limit();
            buffer.put(payload.limit(payload.position() + n));
            payload.limit(end);
            at += write(segment, buffer.flip(), at);
            buffer.clear();
        }
    }

    /** Writes what waits in the buffer. */
    void flush() throws IOException {
        Segment segment = active;
        if (segment != null && buffer.position() > 0) {
            int at = segment.tail() - buffer.position();
            write(segment, buffer.flip(), at);
        }
        buffer.clear();
    }

    private int write(Segment segment, ByteBuffer source, int at) throws IOException {
        int n = source.remaining();
        segment.file.write(source, at);
        bytes.add(n);
        return n;
    }

    /**
     * Writes frames that lie whole, but for flags and checksum, from 0 to the buffer's limit: one write per segment.
     *
     * @return index of the last one
     */
    long writeFrames(ByteBuffer frames) throws IOException {
        int end = frames.limit();
        int runStart = 0;
        int at = 0;
        long index = 0;
        while (at < end) {
            int frameBytes = frames.getInt(at + Frame.LENGTH_AT);
            index = frames.getLong(at + Frame.INDEX_AT);
            Segment segment = active;
            if (segment == null || frameBytes > segment.free()) {
                writeRun(frames, runStart, at);
                runStart = at;
                segment = roll(index);
            }
            frames.put(at + Frame.FLAGS_AT, flags(index));
            frames.putInt(at, Frame.checksum(crc, frames, at, frameBytes, segment.header.salt()));
            segment.appended(frameBytes);
            at += frameBytes;
        }
        writeRun(frames, runStart, end);
        return index;
    }

    private void writeRun(ByteBuffer frames, int from, int to) throws IOException {
        Segment segment = active;
        if (segment != null && to > from) {
            int limit = frames.limit();
            write(segment, frames.limit(to).position(from), segment.tail() - (to - from));
            frames.limit(limit).position(0);
        }
    }

    /** Starts the next segment. The one before is forced first, so a gap between segments is always damage. */
    private Segment roll(long firstIndex) throws IOException {
        Segment old = active;
        if (old != null && old.lastIndex() > forcedIndex) {
            force(old, old.lastIndex());
        }
        Preallocator.Spare spare = reserved.remove();
        SegmentHeader header = new SegmentHeader(firstIndex, spare.bytes(), salts.nextInt());
        spare.file().write(header.encode(), 0);
        spare.file().force(false);
        Path path = SegmentHeader.path(directory, firstIndex);
        storage.rename(spare.path(), path);
        storage.syncDirectory(directory);
        Segment segment = new Segment(path, spare.file(), header);
        segments.put(firstIndex, segment);
        active = segment;
        return segment;
    }

    /** Forces the active segment, which makes all entries up to {@code lastIndex} durable. */
    void force(long lastIndex) throws IOException {
        Segment segment = active;
        if (segment != null && lastIndex > forcedIndex) {
            force(segment, lastIndex);
        }
    }

    private void force(Segment segment, long lastIndex) throws IOException {
        long start = System.nanoTime();
        segment.file.force(false);
        syncs.add(System.nanoTime() - start);
        forcedIndex = lastIndex;
    }
}
