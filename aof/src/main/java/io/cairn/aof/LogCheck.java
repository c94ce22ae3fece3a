package io.cairn.aof;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the files of a log that no process has open: what {@code cairn log check}, {@code dump} and {@code repair}
 * do. {@link #check} and {@link #dump} write nothing.
 */
public final class LogCheck {
    /** Files of a shard's snapshot in raft mode, which has a file {@code state} of its own. */
    private static final List<String> SNAPSHOT_FILES = List.of("__raft_snapshot_meta", "data.rdb");

    private final Storage storage;
    private final Path directory;

    private LogCheck(Storage storage, Path directory) {
        this.storage = storage;
        this.directory = directory;
    }

    /** @throws LogException when the directory holds no log but perhaps a snapshot, or a newer version wrote it */
    public static LogCheck of(Storage storage, Path directory) throws IOException {
        for (String name : SNAPSHOT_FILES) {
            if (storage.exists(directory.resolve(name))) {
                throw new LogException(directory + " holds a snapshot, not a log");
            }
        }
        boolean log = storage.exists(directory.resolve(LogState.FILE))
                || !Recovery.list(storage, directory).isEmpty();
        if (!log) {
            throw new LogException("there is no log in " + directory);
        }
        return new LogCheck(storage, directory);
    }

    public static LogCheck of(Path directory) throws IOException {
        return of(new DiskStorage(), directory);
    }

    /** Reads and checks everything. */
    public LogReport check() throws IOException {
        return check((index, term, kind, payload) -> {});
    }

    /**
     * Reads and checks everything in one pass, and shows each readable entry that the next start would keep, also those in
     * segments after a damaged one.
     */
    public LogReport check(SegmentedLog.Visitor entries) throws IOException {
        List<LogReport.Damage> damage = new ArrayList<>();
        LogState state = state(damage);
        NavigableMap<Long, Path> files = Recovery.list(storage, directory);
        List<String> notes = new ArrayList<>();
        long lastKept = Long.MAX_VALUE;
        if (state != null && state.pending() == LogState.Pending.CLEAR) {
            notes.add("a reset to entry " + state.firstIndex() + " was cut short; the next start finishes it");
            files.clear();
        } else if (state != null && state.pending() == LogState.Pending.CUT) {
            lastKept = state.lastKept();
            notes.add("a truncation after entry " + lastKept + " was cut short; the next start finishes it");
            files.tailMap(lastKept, false).clear();
        }
        long first = state != null ? state.firstIndex() : files.isEmpty() ? 1 : files.firstKey();
        List<LogReport.Part> parts = new ArrayList<>();
        if (!files.isEmpty() && files.firstKey() > first) {
            damage.add(new LogReport.Damage(
                    files.firstEntry().getValue(),
                    0,
                    first,
                    false,
                    "entries " + first + " to " + (files.firstKey() - 1) + " before it are missing"));
        }
        for (Map.Entry<Long, Path> file : files.entrySet()) {
            Long next = files.higherKey(file.getKey());
            if (next == null || next > first) {
                Bounds bounds = new Bounds(first, next == null ? -1 : next, lastKept);
                parts.add(part(file.getKey(), file.getValue(), bounds, entries, damage));
            }
        }
        return new LogReport(directory, first, List.copyOf(parts), List.copyOf(damage), List.copyOf(notes));
    }

    private @Nullable LogState state(List<LogReport.Damage> damage) throws IOException {
        Path path = directory.resolve(LogState.FILE);
        if (!storage.exists(path)) {
            damage.add(new LogReport.Damage(path, 0, 1, false, "it is missing"));
            return null;
        }
        try {
            return LogState.peek(storage, directory);
        } catch (DamagedLogException e) {
            damage.add(new LogReport.Damage(path, e.offset(), 1, false, "neither copy of the log's state is whole"));
            return null;
        }
    }

    /**
     * What is asked of one segment.
     *
     * @param from first entry of the log
     * @param nextFirst first entry of the next segment, -1 when there is none
     * @param lastKept last entry that the next start keeps
     */
    private record Bounds(long from, long nextFirst, long lastKept) {}

    private LogReport.Part part(
            long first, Path path, Bounds bounds, SegmentedLog.Visitor entries, List<LogReport.Damage> damage)
            throws IOException {
        long lastKept = bounds.lastKept;
        try (StorageFile file = storage.open(path, Storage.Mode.READ)) {
            SegmentHeader header;
            try {
                header = SegmentHeader.read(file, path, first);
            } catch (DamagedLogException e) {
                damage.add(new LogReport.Damage(path, e.offset(), first, false, "the segment header is not readable"));
                return new LogReport.Part(path, first, first - 1, 0, file.size());
            }
            FrameCursor cursor = Recovery.cursor(file, header);
            boolean more = cursor.expected() <= lastKept && cursor.next();
            while (more) {
                if (cursor.index() >= bounds.from) {
                    entries.visit(cursor.index(), cursor.term(), cursor.kind(), cursor.payload());
                }
                more = cursor.expected() <= lastKept && cursor.next();
            }
            long last = cursor.expected() - 1;
            if (last < lastKept) {
                Verdict verdict = Verdict.of(file, cursor, bounds.nextFirst);
                if (verdict.kind() != Verdict.Kind.CLEAN) {
                    boolean torn = verdict.kind() == Verdict.Kind.TORN;
                    damage.add(new LogReport.Damage(path, cursor.offset(), last + 1, torn, verdict.text()));
                }
            }
            int end = cursor.offset() + (last >= lastKept ? cursor.length() : 0);
            return new LogReport.Part(path, first, last, end, file.size());
        }
    }

    /**
     * Prints the readable entries from {@code from} to {@code to}, one line each: index, term, kind, payload bytes and
     * the payload, escaped. Stops at the first damage and says so.
     */
    public void dump(long from, long to, Appendable out) throws IOException {
        LogReport report = check();
        long next = Math.max(from, report.firstIndex());
        for (LogReport.Part part : report.parts()) {
            if (part.lastIndex() < next || part.firstIndex() > to) {
                continue;
            }
            try (StorageFile file = storage.open(part.file(), Storage.Mode.READ)) {
                FrameCursor cursor = Recovery.cursor(file, SegmentHeader.read(file, part.file(), part.firstIndex()));
                while (cursor.next() && cursor.index() <= Math.min(to, part.lastIndex())) {
                    if (cursor.index() >= next) {
                        EntryText.print(cursor.index(), cursor.term(), cursor.kind(), cursor.payload(), out);
                    }
                }
            }
        }
        for (LogReport.Damage damage : report.damage()) {
            if (damage.entry() <= to) {
                out.append("# ").append(damage.line()).append('\n');
            }
        }
    }

    /**
     * Cuts the log at the first damage, so that it opens again. What is cut off is kept beside it in
     * {@code <file>.damaged-<n>}; the lines returned say what was done and lost. May be run again after a crash.
     */
    public List<String> repair() throws IOException {
        return new LogRepair(storage, directory).run(check());
    }
}
