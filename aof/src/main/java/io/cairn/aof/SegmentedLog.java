package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Log} in segment files. See DESIGN.md of this module for the format and why a crash at any byte is safe.
 *
 * <p>Changes may come from any thread; they are serialized here. Locks, in this order: {@code mutation} (whoever changes
 * the log), {@code forcing} (whoever forces in the background, or closes a file that might be being forced).
 */
public final class SegmentedLog implements Log {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentedLog.class);
    private static final long SYNC_EVERY_MILLIS = 1_000;
    private static final long MARK_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int READ_TRIES = 100;

    private final Storage storage;
    private final Path directory;
    private final LogOptions options;
    private final TwinFile state;
    private final ConcurrentSkipListMap<Long, Segment> segments = new ConcurrentSkipListMap<>();
    private final TermRuns terms = new TermRuns();
    private final Preallocator preallocator;
    private final LogTail tail;
    private final ReentrantLock mutation = new ReentrantLock();
    private final ReentrantLock forcing = new ReentrantLock();
    private final ReadAhead ahead = new ReadAhead();
    private final AtomicBoolean syncPlanned = new AtomicBoolean();
    private final LongAdder appendedEntries = new LongAdder();
    private volatile Bounds bounds;
    /** Raised before segments are cut, closed or deleted: a reader that stumbles then tries again. */
    private final AtomicLong generation = new AtomicLong();

    private volatile FsyncPolicy policy;
    private volatile long reserveBytes;
    private volatile boolean closed;
    private volatile @Nullable LogException broken;
    private volatile Consumer<LogException> onBroken = e -> {};
    private long markedAtNanos = System.nanoTime();

    private record Bounds(long first, long last) {}

    private SegmentedLog(Storage storage, Path directory, LogOptions options) throws IOException {
        this.storage = storage;
        this.directory = directory;
        this.options = options;
        this.policy = options.policy();
        storage.createDirectories(directory);
        this.preallocator = new Preallocator(storage, directory, options.background());
        this.tail = new LogTail(storage, directory, options, segments, preallocator);
        this.state = Recovery.openState(storage, directory);
        try {
            Recovery recovery = new Recovery(storage, directory, segments, terms);
            long first = recovery.finishPending(state);
            long last = recovery.openSegments(first);
            this.bounds = new Bounds(first, last);
            tail.moveTo(last);
        } catch (IOException | RuntimeException e) {
            closeFiles();
            throw e;
        }
    }

    /**
     * Opens the log in {@code directory}, making it if it is not there. Every entry is read and checked.
     *
     * @throws DamagedLogException when something that was durable is not readable
     * @throws LogException when it cannot be opened, or a newer version wrote it
     */
    public static SegmentedLog open(Storage storage, Path directory, LogOptions options) throws LogException {
        try {
            return new SegmentedLog(storage, directory, options);
        } catch (LogException e) {
            options.background().close();
            throw e;
        } catch (IOException e) {
            options.background().close();
            throw new LogException("cannot open the log in " + directory + ": " + e.getMessage(), e);
        }
    }

    /** Opens the log on the real disk. */
    public static SegmentedLog open(Path directory, LogOptions options) throws LogException {
        return open(new DiskStorage(), directory, options);
    }

    @Override
    public long firstIndex() {
        return bounds.first;
    }

    @Override
    public long lastIndex() {
        return bounds.last;
    }

    /** Entries up to this one are known to be on the disk. */
    public long durableIndex() {
        return tail.forcedIndex();
    }

    public Path directory() {
        return directory;
    }

    public FsyncPolicy policy() {
        return policy;
    }

    /** Takes another policy from the next append on; what is written already is forced within a second. Any thread. */
    public void policy(FsyncPolicy next) {
        policy = next;
        if (next != FsyncPolicy.NO && bounds.last > tail.forcedIndex()) {
            planSync();
        }
    }

    /** Called once, on the thread that found out, when the log breaks. */
    public void onBroken(Consumer<LogException> listener) {
        onBroken = listener;
    }

    @Override
    public long term(long index) throws LogException {
        check();
        Bounds now = bounds;
        return index < now.first || index > now.last ? 0 : terms.term(index);
    }

    @Override
    public @Nullable Entry read(long index) throws LogException {
        check();
        for (int attempt = 1; ; attempt++) {
            long before = generation.get();
            Bounds now = bounds;
            if (index < now.first || index > now.last) {
                return null;
            }
            try {
                Map.Entry<Long, Segment> segment = segments.floorEntry(index);
                Entry entry = segment == null ? null : read(segment.getValue(), index, before, now.last);
                if (entry != null) {
                    return entry;
                }
                throw new LogException("entry " + index + " of " + directory + " is missing");
            } catch (IOException e) {
                // Segments leave the map after the bounds and before the generation tells.
                if ((before == generation.get() && now.equals(bounds)) || attempt == READ_TRIES) {
                    check();
                    throw asLogException("reading entry " + index, e);
                }
            }
        }
    }

    private @Nullable Entry read(Segment segment, long index, long generationBefore, long last) throws IOException {
        ReadAhead.Reader reader = ahead.take(segment, index, generationBefore);
        if (reader != null && generation.get() != generationBefore) {
            reader = null; // What was read ahead may have been truncated, and replaced, since the generation was read.
        }
        Segment.Place place = reader == null ? null : reader.place();
        Segment.Found found = segment.read(index, place);
        if (found == null) {
            return null;
        }
        long limit = reader != null && found.next().readWith(place) ? reader.limit() : last;
        ahead.keep(new ReadAhead.Reader(found.next(), generationBefore, limit));
        return found.entry();
    }

    /** Takes the entries of a replay. The payload is good during the call only. */
    @FunctionalInterface
    public interface Visitor {
        void visit(long index, long term, byte kind, ByteBuffer payload) throws IOException;
    }

    /**
     * Reads the entries from {@code from} on, up to the last one at the time of the call, in large blocks: for a start
     * after a snapshot. Nothing may truncate the log meanwhile.
     */
    public void replay(long from, Visitor visitor) throws IOException {
        check();
        Bounds now = bounds;
        long next = Math.max(from, now.first);
        while (next <= now.last) {
            Map.Entry<Long, Segment> found = segments.floorEntry(next);
            if (found == null) {
                throw new LogException("entry " + next + " of " + directory + " is missing");
            }
            Segment segment = found.getValue();
            int start = segment.endOf(next - 1);
            FrameCursor cursor = new FrameCursor(segment.file, segment.header.salt(), segment.tail(), start, next);
            long end = Math.min(now.last, segment.lastIndex());
            while (next <= end) {
                if (!cursor.next()) {
                    throw new DamagedLogException(segment.path, cursor.offset(), "entry " + next + " is not readable");
                }
                visitor.visit(next, cursor.term(), cursor.kind(), cursor.payload());
                next++;
            }
        }
    }

    @Override
    public void append(List<Entry> entries) throws LogException {
        if (entries.isEmpty()) {
            return;
        }
        mutation.lock();
        try {
            check();
            validate(entries);
            plan(entries);
            write(() -> {
                for (int i = 0; i < entries.size(); i++) {
                    tail.put(entries.get(i));
                }
                tail.flush();
                return entries.get(entries.size() - 1).index();
            });
            for (int i = 0; i < entries.size(); i++) {
                terms.append(entries.get(i).index(), entries.get(i).term());
            }
            publish(entries.get(entries.size() - 1).index());
        } finally {
            mutation.unlock();
        }
    }

    private void validate(List<Entry> entries) {
        long index = bounds.last;
        long term = terms.last();
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (entry.index() != ++index) {
                throw new IllegalArgumentException("entry " + entry.index() + " appended where " + index + " is next");
            }
            if (entry.term() < term) {
                throw new IllegalArgumentException("entry " + index + " has term " + entry.term() + " after " + term);
            }
            if (entry.payload().remaining() > Frame.MAX_PAYLOAD_BYTES) {
                throw new IllegalArgumentException("entry " + index + " is longer than " + Frame.MAX_PAYLOAD_BYTES);
            }
            term = entry.term();
        }
    }

    private void plan(List<Entry> entries) throws LogException {
        try {
            tail.planBatch();
            for (int i = 0; i < entries.size(); i++) {
                tail.need(Frame.HEADER_BYTES + (long) entries.get(i).payload().remaining());
            }
        } catch (DiskFullException e) {
            tail.dropPlan();
            throw e;
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            throw broke("preallocating", e);
        }
    }

    /**
     * Appends frames as {@link GroupCommit} builds them: each buffer holds whole frames of one term from 0 to its limit,
     * but for flags and checksums.
     */
    void appendFrames(List<ByteBuffer> batch, long term, long count) throws LogException {
        mutation.lock();
        try {
            check();
            try {
                tail.planBatch();
                for (int i = 0; i < batch.size(); i++) {
                    ByteBuffer frames = batch.get(i);
                    for (int at = 0; at < frames.limit(); ) {
                        int frameBytes = frames.getInt(at + Frame.LENGTH_AT);
                        tail.need(frameBytes);
                        at += frameBytes;
                    }
                }
            } catch (DiskFullException e) {
                tail.dropPlan();
                throw e;
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                throw broke("preallocating", e);
            }
            long last = write(() -> {
                long index = 0;
                for (int i = 0; i < batch.size(); i++) {
                    index = tail.writeFrames(batch.get(i));
                }
                return index;
            });
            terms.append(last - count + 1, term);
            publish(last);
        } finally {
            mutation.unlock();
        }
    }

    /** Term of the last entry, also one that was purged; 0 when none is known. */
    long lastTerm() {
        return terms.last();
    }

    @FunctionalInterface
    private interface Batch {
        /** Writes and returns the last index written. */
        long write() throws IOException;
    }

    private long write(Batch batch) throws LogException {
        try {
            markSometimes();
            long last = batch.write();
            if (policy == FsyncPolicy.ALWAYS) {
                tail.force(last);
            }
            return last;
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            throw broke("appending", e);
        }
    }

    private void publish(long last) {
        Bounds now = bounds;
        appendedEntries.add(last - now.last);
        bounds = new Bounds(now.first, last);
        tail.prepareAhead(reserveBytes);
        if (policy == FsyncPolicy.EVERYSEC) {
            planSync();
        }
    }

    private void planSync() {
        if (syncPlanned.compareAndSet(false, true)) {
            options.background().runAfter(SYNC_EVERY_MILLIS, this::syncInBackground);
        }
    }

    /** Once a second notes how far the log was durable; the next force takes it along. */
    private void markSometimes() throws IOException {
        long now = System.nanoTime();
        if (now - markedAtNanos >= MARK_EVERY_NANOS) {
            mark();
            markedAtNanos = now;
        }
    }

    private void mark() throws IOException {
        Segment segment = tail.active();
        if (segment != null && tail.forcedIndex() == segment.lastIndex()) {
            SegmentHeader.writeMark(segment.file, segment.tail());
        }
    }

    private void syncInBackground() {
        syncPlanned.set(false);
        forcing.lock();
        try {
            long before = generation.get();
            Segment segment = tail.active();
            long last = bounds.last;
            if (segment == null || closed || broken != null || last <= tail.forcedIndex()) {
                return;
            }
            if (last > segment.lastIndex() || last < segment.firstIndex()) {
                planSync(); // It rolled between the two lines above.
                return;
            }
            force(segment);
            // A truncation raises the generation, then waits for this lock, and only then says what is durable.
            if (before == generation.get()) {
                tail.forcedUpTo(last);
                SegmentHeader.writeMark(segment.file, segment.endOf(last));
            }
        } catch (IOException | RuntimeException e) {
            broke("syncing in the background", e);
        } finally {
            forcing.unlock();
        }
    }

    private void force(Segment segment) throws IOException {
        long start = System.nanoTime();
        segment.file.force(false);
        tail.syncs.add(System.nanoTime() - start);
    }

    @Override
    public void sync() throws LogException {
        mutation.lock();
        try {
            check();
            tail.force(bounds.last);
        } catch (IOException e) {
            throw broke("syncing", e);
        } finally {
            mutation.unlock();
        }
    }

    @Override
    public void truncatePrefix(long firstKept) throws LogException {
        List<Segment> purged = new ArrayList<>();
        mutation.lock();
        try {
            check();
            Bounds now = bounds;
            if (firstKept <= now.first) {
                return;
            }
            if (firstKept > now.last + 1) {
                reset(firstKept);
                return;
            }
            tail.force(now.last); // Else a power loss could take entries from the front as well as from the end.
            state.save(LogState.at(firstKept).encode());
            bounds = new Bounds(firstKept, now.last);
            terms.purge(firstKept);
            for (Map.Entry<Long, Segment> next = segments.firstEntry(); next != null; ) {
                Long after = segments.higherKey(next.getKey());
                if (after == null || after > firstKept) {
                    break;
                }
                purged.add(next.getValue());
                next = segments.higherEntry(next.getKey());
            }
            for (Segment segment : purged) {
                segments.remove(segment.firstIndex());
            }
            generation.incrementAndGet();
        } catch (IOException e) {
            throw broke("purging", e);
        } finally {
            mutation.unlock();
        }
        // Outside the mutation lock: deleting large files takes long, and the next start would do it again anyway.
        try {
            delete(purged);
        } catch (IOException e) {
            throw broke("purging", e);
        }
    }

    private void delete(List<Segment> gone) throws IOException {
        forcing.lock();
        try {
            for (Segment segment : gone) {
                segment.file.close();
                storage.delete(segment.path);
            }
        } finally {
            forcing.unlock();
        }
    }

    @Override
    public void truncateSuffix(long lastKept) throws LogException {
        mutation.lock();
        try {
            check();
            Bounds now = bounds;
            if (lastKept >= now.last) {
                return;
            }
            if (lastKept < now.first - 1) {
                throw new IllegalArgumentException(
                        "entries after " + lastKept + " cannot go: the log starts with " + now.first);
            }
            Map.Entry<Long, Segment> found = segments.floorEntry(lastKept);
            int newTail = found == null ? 0 : found.getValue().endOf(lastKept);
            state.save(new LogState(now.first, LogState.Pending.CUT, lastKept).encode());
            bounds = new Bounds(now.first, lastKept);
            terms.cut(lastKept);
            List<Segment> gone =
                    new ArrayList<>(segments.tailMap(lastKept, false).values());
            segments.tailMap(lastKept, false).clear();
            generation.incrementAndGet();
            delete(gone);
            if (!gone.isEmpty()) {
                storage.syncDirectory(directory);
            }
            if (found != null) {
                cut(found.getValue(), lastKept, newTail);
            }
            state.save(LogState.at(now.first).encode());
            tail.moveTo(lastKept);
        } catch (IOException e) {
            throw broke("truncating", e);
        } finally {
            mutation.unlock();
        }
    }

    /** Zeros, forced before anything new is written, so that no old frame can ever follow a new tail. */
    private void cut(Segment segment, long lastKept, int newTail) throws IOException {
        forcing.lock();
        try {
            int oldTail = segment.tail();
            segment.cut(lastKept, newTail);
            Zeros.fill(segment.file, newTail, oldTail);
            SegmentHeader.lowerMark(segment.file, newTail);
            force(segment);
        } finally {
            forcing.unlock();
        }
    }

    @Override
    public void reset(long nextIndex) throws LogException {
        if (nextIndex < 1) {
            throw new IllegalArgumentException("the next index must be 1 or more, not " + nextIndex);
        }
        mutation.lock();
        try {
            check();
            state.save(new LogState(nextIndex, LogState.Pending.CLEAR, 0).encode());
            bounds = new Bounds(nextIndex, nextIndex - 1);
            terms.clear();
            List<Segment> gone = new ArrayList<>(segments.values());
            segments.clear();
            generation.incrementAndGet();
            delete(gone);
            storage.syncDirectory(directory);
            state.save(LogState.at(nextIndex).encode());
            tail.moveTo(nextIndex - 1);
        } catch (IOException e) {
            throw broke("resetting", e);
        } finally {
            mutation.unlock();
        }
    }

    /**
     * Keeps this much space preallocated ahead of the tail (in the background, best effort).
     *
     * @param bytes of frames; an entry's frame is its payload and 26 bytes
     */
    public void reserve(long bytes) {
        reserveBytes = bytes;
        tail.prepareAhead(bytes);
    }

    /**
     * Whether writes may be accepted: false when less than {@code bytes} are preallocated and the disk had no space for
     * more. Asks for more in the background, so it turns true by itself when there is space. Cheap; any thread.
     */
    public boolean hasRoom(long bytes) {
        if (roomBytes() >= bytes) {
            return true;
        }
        tail.prepareAhead(bytes);
        return !preallocator.full();
    }

    /** Bytes of frames that fit without preallocating more. */
    public long roomBytes() {
        return tail.free() + preallocator.readyBytes();
    }

    /**
     * Notes in the active segment how far the log is durable, so that a later look can tell damage from a torn tail. For
     * idle moments; writes a few bytes without forcing them.
     *
     * @return whether there is nothing more to note
     */
    boolean noteDurable() throws LogException {
        mutation.lock();
        try {
            check();
            mark();
            return tail.forcedIndex() == bounds.last || policy != FsyncPolicy.ALWAYS;
        } catch (LogException e) {
            throw e;
        } catch (IOException e) {
            throw broke("marking", e);
        } finally {
            mutation.unlock();
        }
    }

    @Override
    public long bytesFrom(long index) {
        long bytes = 0;
        for (Segment segment : segments.values()) {
            bytes += segment.bytesFrom(index);
        }
        return bytes;
    }

    @Override
    public LogStats stats() {
        long diskBytes = 0;
        int count = 0;
        for (Segment segment : segments.values()) {
            diskBytes += segment.header.fileBytes();
            count++;
        }
        return new LogStats(
                appendedEntries.sum(),
                tail.bytes.sum(),
                tail.syncs.count(),
                tail.syncs.nanos(),
                count,
                diskBytes,
                tail.syncs.counts());
    }

    private void check() throws LogException {
        LogException cause = broken;
        if (cause != null) {
            throw new LogException("the log in " + directory + " is broken: " + cause.getMessage(), cause);
        }
        if (closed) {
            throw new LogException("the log in " + directory + " is closed");
        }
    }

    private LogException broke(String doing, Throwable cause) {
        LogException error = asLogException(doing, cause);
        boolean first;
        synchronized (this) {
            first = broken == null;
            if (first) {
                broken = error;
            }
        }
        if (first) {
            LOG.error("{}: the log is broken: {}", directory, error.getMessage());
            onBroken.accept(error);
        }
        return error;
    }

    private LogException asLogException(String doing, Throwable cause) {
        if (cause instanceof LogException already && !(cause instanceof DiskFullException)) {
            return already;
        }
        return new LogException(doing + " in " + directory + " failed: " + cause, cause);
    }

    @Override
    public void close() throws LogException {
        mutation.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            mutation.unlock();
        }
        options.background().close();
        mutation.lock();
        forcing.lock();
        try {
            if (broken == null) {
                tail.force(bounds.last);
                mark();
            }
        } catch (IOException e) {
            throw broke("closing", e);
        } finally {
            try {
                closeFiles();
            } catch (IOException e) {
                LOG.warn("{}: closing: {}", directory, e.toString());
            } finally {
                forcing.unlock();
                mutation.unlock();
            }
        }
    }

    private void closeFiles() throws IOException {
        for (Segment segment : segments.values()) {
            segment.file.close();
        }
        preallocator.close();
        state.close();
    }
}
