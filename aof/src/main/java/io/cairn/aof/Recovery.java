package io.cairn.aof;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a log directory back after whatever ended the last run.
 *
 * <ol>
 *   <li>A truncation or reset that was cut short is finished ({@link LogState}).
 *   <li>Segments whose entries are all purged are deleted.
 *   <li>Every frame is checked. The last segment may end in a torn tail: what was being written, and not acknowledged,
 *       when the power went. The disk may have kept any part of that, even later frames of the batch without earlier
 *       ones. So frames behind a bad one make it damage only if they prove that the bad one had been durable: a later
 *       frame that says all before it was ({@link Frame#ALL_BEFORE_IS_DURABLE}), or the segment's mark.
 *   <li>What is left is forced: after kill -9 it may still only be in the page cache.
 * </ol>
 */
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

    private final Storage storage;
    private final Path directory;
    final NavigableMap<Long, Segment> segments;
    final TermRuns terms;

    Recovery(Storage storage, Path directory, NavigableMap<Long, Segment> segments, TermRuns terms) {
        this.storage = storage;
        this.directory = directory;
        this.segments = segments;
        this.terms = terms;
    }

    /** Segment files by first index. */
    static NavigableMap<Long, Path> list(Storage storage, Path directory) throws IOException {
        NavigableMap<Long, Path> found = new TreeMap<>();
        for (String name : storage.list(directory)) {
            long first = SegmentHeader.indexOf(name);
            if (first > 0) {
                found.put(first, directory.resolve(name));
            }
        }
        return found;
    }

    static TwinFile openState(Storage storage, Path directory) throws IOException {
        NavigableMap<Long, Path> files = list(storage, directory);
        if (!storage.exists(directory.resolve(LogState.FILE)) && !files.isEmpty()) {
            throw new DamagedLogException(
                    directory.resolve(LogState.FILE), 0, "it is missing although there are segments");
        }
        return LogState.open(storage, directory, LogState.at(1));
    }

    /**
     * Finishes what was under way; deletes what is purged and left-over spares.
     *
     * @return the log's first index
     */
    long finishPending(TwinFile state) throws IOException {
        LogState found = LogState.of(state, directory);
        for (String name : storage.list(directory)) {
            if (name.endsWith(Preallocator.SUFFIX)) {
                storage.delete(directory.resolve(name));
            }
        }
        if (found.pending() == LogState.Pending.CLEAR) {
            delete(list(storage, directory));
        } else if (found.pending() == LogState.Pending.CUT) {
            finishCut(found.lastKept());
        }
        if (found.pending() != LogState.Pending.NONE) {
            LOG.info("{}: finished a truncation that the last run began", directory);
            state.save(LogState.at(found.firstIndex()).encode());
        }
        NavigableMap<Long, Path> files = list(storage, directory);
        NavigableMap<Long, Path> purged = new TreeMap<>();
        for (Long first : files.keySet()) {
            Long next = files.higherKey(first);
            if (next != null && next <= found.firstIndex()) {
                purged.put(first, files.get(first));
            }
        }
        delete(purged);
        return found.firstIndex();
    }

    private void delete(NavigableMap<Long, Path> files) throws IOException {
        for (Path file : files.values()) {
            storage.delete(file);
        }
        if (!files.isEmpty()) {
            storage.syncDirectory(directory);
        }
    }

    private void finishCut(long lastKept) throws IOException {
        NavigableMap<Long, Path> files = list(storage, directory);
        delete(files.tailMap(lastKept, false));
        var last = files.floorEntry(lastKept);
        if (last == null) {
            return;
        }
        try (StorageFile file = storage.open(last.getValue(), Storage.Mode.WRITE)) {
            SegmentHeader header = SegmentHeader.read(file, last.getValue(), last.getKey());
            FrameCursor cursor = cursor(file, header);
            boolean more = cursor.next();
            while (more && cursor.index() < lastKept) {
                more = cursor.next();
            }
            if (!more) {
                throw new DamagedLogException(
                        last.getValue(), cursor.offset(), "entry " + cursor.expected() + " is not readable");
            }
            int tail = cursor.offset() + cursor.length();
            Zeros.fill(file, tail, header.fileBytes());
            SegmentHeader.lowerMark(file, tail);
            file.force(true);
        }
    }

    static FrameCursor cursor(StorageFile file, SegmentHeader header) {
        return new FrameCursor(file, header.salt(), header.fileBytes(), SegmentHeader.BYTES, header.firstIndex());
    }

    /**
     * Opens and checks all segments.
     *
     * @return the last index
     */
    long openSegments(long firstIndex) throws IOException {
        NavigableMap<Long, Path> files = list(storage, directory);
        if (!files.isEmpty() && files.firstKey() > firstIndex) {
            throw new DamagedLogException(
                    files.firstEntry().getValue(),
                    0,
                    "entries " + firstIndex + " to " + (files.firstKey() - 1) + " before it are missing");
        }
        long last = firstIndex - 1;
        for (var found : files.entrySet()) {
            Long next = files.higherKey(found.getKey());
            last = openSegment(found.getKey(), found.getValue(), next == null ? -1 : next);
        }
        if (last < firstIndex - 1) {
            // Only purged entries are left: a purge goes to the disk before the entries' own files do.
            List<Segment> all = new ArrayList<>(segments.values());
            segments.clear();
            for (Segment segment : all) {
                segment.file.close();
            }
            delete(files);
            terms.clear();
            return firstIndex - 1;
        }
        return last;
    }

    private long openSegment(long first, Path path, long nextFirst) throws IOException {
        StorageFile file = storage.open(path, Storage.Mode.WRITE);
        try {
            SegmentHeader header = SegmentHeader.read(file, path, first);
            Segment segment = new Segment(path, file, header);
            FrameCursor cursor = cursor(file, header);
            while (cursor.next()) {
                segment.appended(cursor.length());
                terms.append(cursor.index(), cursor.term());
            }
            Verdict verdict = Verdict.of(file, cursor, nextFirst);
            if (verdict.kind() == Verdict.Kind.DAMAGED) {
                throw new DamagedLogException(path, cursor.offset(), verdict.text());
            }
            if (verdict.kind() == Verdict.Kind.TORN) {
                LOG.warn(
                        "{} at offset {}: {}; {} bytes cut off",
                        path,
                        cursor.offset(),
                        verdict.text(),
                        verdict.end() - cursor.offset());
                Zeros.fill(file, cursor.offset(), verdict.end());
                SegmentHeader.lowerMark(file, cursor.offset());
            }
            if (nextFirst < 0) {
                if (file.size() < header.fileBytes()) {
                    Zeros.fill(file, file.size(), header.fileBytes());
                }
                file.force(true);
                SegmentHeader.writeMark(file, cursor.offset());
            }
            segments.put(first, segment);
            return segment.lastIndex();
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }
}
