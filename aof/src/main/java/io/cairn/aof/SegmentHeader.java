package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The first {@link #BYTES} of a segment file: two copies of {magic, format version, first index, file size, salt, crc}
 * and two slots for the durable mark {offset, sequence, crc}. Everything before the mark's offset was forced before the
 * mark was written; the mark itself is never waited for, it only sharpens the tell between a torn tail and damage.
 */
record SegmentHeader(long firstIndex, int fileBytes, int salt) {
    static final int BYTES = 4096;
    static final int VERSION = 1;
    static final String SUFFIX = ".log";

    private static final long MAGIC = 0x434149524e4c4f47L; // CAIRNLOG
    private static final int COPY_BYTES = 32;
    private static final int[] COPIES = {0, 1024};
    private static final int[] MARKS = {2048, 3072};
    private static final int MARK_BYTES = 16;

    static Path path(Path directory, long firstIndex) {
        return directory.resolve(String.format("%020d", firstIndex) + SUFFIX);
    }

    /** First index by the file's name, or -1 when it is no segment. */
    static long indexOf(String name) {
        if (name.length() != 20 + SUFFIX.length() || !name.endsWith(SUFFIX)) {
            return -1;
        }
        try {
            return Long.parseLong(name.substring(0, 20));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** Both copies, ready to be written at offset 0. */
    ByteBuffer encode() {
        return encode(VERSION);
    }

    ByteBuffer encode(int version) {
        ByteBuffer out = ByteBuffer.allocate(BYTES);
        for (int at : COPIES) {
            out.position(at);
            out.putLong(MAGIC)
                    .putInt(version)
                    .putLong(firstIndex)
                    .putInt(fileBytes)
                    .putInt(salt);
            out.putInt(checksum(out, at, COPY_BYTES - 4));
        }
        return out.clear();
    }

    /** @throws LogException when a newer version wrote it; DamagedLogException when neither copy is whole */
    static SegmentHeader read(StorageFile file, Path path, long expectedFirstIndex) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(BYTES);
        file.read(head, 0);
        int read = head.position();
        for (int at : COPIES) {
            if (at + COPY_BYTES > read || head.getLong(at) != MAGIC) {
                continue;
            }
            if (checksum(head, at, COPY_BYTES - 4) != head.getInt(at + COPY_BYTES - 4)) {
                continue;
            }
            int version = head.getInt(at + 8);
            if (version > VERSION) {
                throw new LogException(path + " has log format version " + version + ", this build knows up to "
                        + VERSION + ": it was written by a newer Cairn");
            }
            SegmentHeader header = new SegmentHeader(head.getLong(at + 12), head.getInt(at + 20), head.getInt(at + 24));
            if (header.firstIndex != expectedFirstIndex) {
                throw new DamagedLogException(path, at, "its header says it starts with entry " + header.firstIndex);
            }
            return header;
        }
        throw new DamagedLogException(path, 0, "neither copy of the segment header is whole");
    }

    /** The durable mark: bytes before this offset were once forced. {@link #BYTES} when there is none. */
    static int readMark(StorageFile file) throws IOException {
        Mark mark = latest(file);
        return mark == null ? BYTES : mark.offset;
    }

    private record Mark(int offset, int sequence, int slot) {}

    private static @Nullable Mark latest(StorageFile file) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(BYTES);
        file.read(head, 0);
        int read = head.position();
        Mark best = null;
        for (int slot = 0; slot < MARKS.length; slot++) {
            int at = MARKS[slot];
            if (at + MARK_BYTES > read || head.getInt(at) == 0) {
                continue;
            }
            int sequence = head.getInt(at + 4);
            if (head.getInt(at + 8) == checksum(head, at, 8) && (best == null || sequence - best.sequence > 0)) {
                best = new Mark(head.getInt(at), sequence, slot);
            }
        }
        return best;
    }

    /** Writes the mark over the older of its two slots; not forced. */
    static void writeMark(StorageFile file, int offset) throws IOException {
        Mark last = latest(file);
        int slot = last == null ? 0 : 1 - last.slot;
        file.write(mark(offset, last == null ? 1 : last.sequence + 1), MARKS[slot]);
    }

    /** Takes back marks behind {@code offset}; the caller forces. */
    static void lowerMark(StorageFile file, int offset) throws IOException {
        int sequence = 1;
        for (int at : MARKS) {
            file.write(mark(offset, sequence++), at);
        }
    }

    private static ByteBuffer mark(int offset, int sequence) {
        ByteBuffer out = ByteBuffer.allocate(MARK_BYTES);
        out.putInt(offset).putInt(sequence);
        out.putInt(checksum(out, 0, 8)).putInt(0);
        return out.flip();
    }

    private static int checksum(ByteBuffer bytes, int at, int length) {
        ByteBuffer view = bytes.duplicate();
        view.limit(at + length).position(at);
        CRC32C crc = new CRC32C();
        crc.update(view);
        return (int) crc.getValue();
    }
}
