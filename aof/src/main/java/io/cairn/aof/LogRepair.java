package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Cuts a damaged log. Works backwards from the newest segment, so that a crash leaves a log that is damaged at the same
 * place and can be repaired again.
 */
final class LogRepair {
    private static final int BLOCK_BYTES = 256 * 1024;

    private final Storage storage;
    private final Path directory;
    private final List<String> lines = new ArrayList<>();

    LogRepair(Storage storage, Path directory) {
        this.storage = storage;
        this.directory = directory;
    }

    List<String> run(LogReport report) throws IOException {
        if (report.damage().isEmpty()) {
            lines.add("nothing to repair: entries " + report.firstIndex() + " to " + report.lastIndex() + " are whole");
            return lines;
        }
        restoreState(report);
        LogReport.Damage first = report.damage().stream()
                .filter(damage -> !isState(damage))
                .findFirst()
                .orElse(null);
        if (first == null) {
            finishPending();
        } else {
            cut(report, first);
            // A truncation that was cut short lay behind the damage or is done by this cut.
            try (TwinFile state = Recovery.openState(storage, directory)) {
                state.save(LogState.at(report.firstIndex()).encode());
            }
        }
        storage.syncDirectory(directory);
        lines.add("the log now holds " + report.entries() + " entries, " + report.firstIndex() + " to "
                + report.lastIndex());
        return lines;
    }

    private static boolean isState(LogReport.Damage damage) {
        return String.valueOf(damage.file().getFileName()).equals(LogState.FILE);
    }

    private void restoreState(LogReport report) throws IOException {
        Path path = directory.resolve(LogState.FILE);
        boolean lost = report.damage().stream().anyMatch(LogRepair::isState);
        if (!lost) {
            return;
        }
        if (storage.exists(path)) {
            Path saved = free(path);
            storage.rename(path, saved);
            lines.add("moved the unreadable state to " + saved);
        }
        LogState.open(storage, directory, LogState.at(report.firstIndex())).close();
        lines.add("made a new state: the log starts with its first segment, entry " + report.firstIndex()
                + "; a purge or truncation that was under way is forgotten");
    }

    private void finishPending() throws IOException {
        try (TwinFile state = Recovery.openState(storage, directory)) {
            new Recovery(storage, directory, new TreeMap<>(), new TermRuns()).finishPending(state);
        }
    }

    private void cut(LogReport report, LogReport.Damage damage) throws IOException {
        NavigableMap<Long, Path> files = Recovery.list(storage, directory);
        long lastSeen = report.parts().stream()
                .mapToLong(LogReport.Part::lastIndex)
                .max()
                .orElse(0);
        lines.add(damage.line());
        boolean whole = damage.offset() < SegmentHeader.BYTES;
        long damagedFirst = SegmentHeader.indexOf(String.valueOf(damage.file().getFileName()));
        for (Map.Entry<Long, Path> file : files.descendingMap().entrySet()) {
            if (file.getKey() > damagedFirst || (whole && file.getKey() == damagedFirst)) {
                Path saved = free(file.getValue());
                storage.rename(file.getValue(), saved);
                storage.syncDirectory(directory);
                lines.add("moved " + file.getValue().getFileName() + " to " + saved);
            }
        }
        if (!whole) {
            cutFile(damage);
        }
        if (lastSeen >= damage.entry()) {
            lines.add("lost: entries " + damage.entry() + " to " + lastSeen + " or more");
        } else {
            lines.add("lost: entry " + damage.entry() + " and what may have followed");
        }
    }

    private void cutFile(LogReport.Damage damage) throws IOException {
        Path path = damage.file();
        try (StorageFile file = storage.open(path, Storage.Mode.WRITE)) {
            SegmentHeader header =
                    SegmentHeader.read(file, path, SegmentHeader.indexOf(String.valueOf(path.getFileName())));
            int start = (int) damage.offset();
            int end = new FrameCursor(file, header.salt(), header.fileBytes(), start, 0).endOfBytes(start);
            if (end > start) {
                Path saved = free(path);
                copy(file, start, end, saved);
                storage.syncDirectory(directory);
                lines.add("saved " + (end - start) + " bytes from offset " + start + " to " + saved);
            }
            Zeros.fill(file, start, end);
            SegmentHeader.lowerMark(file, start);
            file.force(true);
            lines.add("cut " + path.getFileName() + " at offset " + start);
        }
    }

    private void copy(StorageFile from, int start, int end, Path to) throws IOException {
        try (StorageFile target = storage.open(to, Storage.Mode.CREATE)) {
            ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
            int at = start;
            while (at < end) {
                block.clear().limit(Math.min(BLOCK_BYTES, end - at));
                int n = from.read(block, at);
                if (n == 0) {
                    break; // The file is shorter than its segment: the rest counts as zeros.
                }
                target.write(block.flip(), (long) at - start);
                at += n;
            }
            target.force(true);
        }
    }

    private Path free(Path file) throws IOException {
        int n = 1;
        Path candidate = file.resolveSibling(file.getFileName() + ".damaged-" + n);
        while (storage.exists(candidate)) {
            candidate = file.resolveSibling(file.getFileName() + ".damaged-" + ++n);
        }
        return candidate;
    }
}
