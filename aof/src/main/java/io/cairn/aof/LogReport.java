package io.cairn.aof;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@link LogCheck#check} found.
 *
 * @param firstIndex index of the first entry kept
 * @param parts the segments, in order
 * @param damage what is wrong, in order; empty for a whole log
 * @param notes what the next start will do
 */
public record LogReport(Path directory, long firstIndex, List<Part> parts, List<Damage> damage, List<String> notes) {
    /**
     * A segment.
     *
     * @param lastIndex last entry readable without a gap, {@code firstIndex - 1} when there is none
     * @param usedBytes file offset behind that entry
     * @param fileBytes size of the file
     */
    public record Part(Path file, long firstIndex, long lastIndex, long usedBytes, long fileBytes) {}

    /**
     * A place where the log is not what was written.
     *
     * @param offset byte offset in the file
     * @param entry index of the first entry concerned
     * @param torn whether it is a torn tail, which the next start cuts by itself; else the log does not open
     */
    public record Damage(Path file, long offset, long entry, boolean torn, String text) {
        /** File, offset and what is wrong, in one line. */
        public String line() {
            return (torn ? "torn tail: " : "DAMAGED: ") + file + " at offset " + offset + ": " + text;
        }
    }

    /** Last entry before the first damage. */
    public long lastIndex() {
        long last = firstIndex - 1;
        for (Part part : parts) {
            if (part.lastIndex < last || part.firstIndex > last + 1) {
                continue;
            }
            last = part.lastIndex;
        }
        return damage.isEmpty() ? last : Math.max(firstIndex - 1, Math.min(last, damage.get(0).entry - 1));
    }

    /** Entries before the first damage. */
    public long entries() {
        return lastIndex() - firstIndex + 1;
    }

    /** Whether the log opens: there is nothing wrong but perhaps a torn tail. */
    public boolean opens() {
        return damage.stream().allMatch(Damage::torn);
    }

    /** Prints it for people, one line per segment and finding. */
    public void print(Appendable out) throws IOException {
        out.append("log ").append(directory.toString()).append('\n');
        for (Part part : parts) {
            out.append(String.format(
                    "  %s entries %d..%d, %d of %d bytes used%n",
                    part.file.getFileName(), part.firstIndex, part.lastIndex, part.usedBytes, part.fileBytes));
        }
        out.append(String.format(
                "%d segments, %d entries, first %d, last %d%n", parts.size(), entries(), firstIndex, lastIndex()));
        for (String note : notes) {
            out.append("note: ").append(note).append('\n');
        }
        for (Damage found : damage) {
            out.append(found.line()).append('\n');
        }
        String verdict = damage.isEmpty()
                ? "OK"
                : opens() ? "OK: the next start cuts the torn tail" : "repair with: cairn log repair " + directory;
        out.append(verdict).append('\n');
    }
}
