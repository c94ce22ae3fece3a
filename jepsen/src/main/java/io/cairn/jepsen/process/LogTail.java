package io.cairn.jepsen.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * The newest segment of a log of Cairn that nobody has open ({@code aof/DESIGN.md}): a header of 4 KiB, frames, then zeros
 * that were written ahead. In the header lies a mark: what is before it was on the disk when it was written.
 */
public final class LogTail {
    /** Where the frames begin. */
    public static final int HEADER_BYTES = 4096;

    private static final int FRAME_HEADER_BYTES = 26;
    private static final int LENGTH_AT = 4;
    private static final int INDEX_AT = 8;
    private static final int[] MARKS = {2048, 3072};
    private static final int MARK_BYTES = 8;

    private final Path home;
    private final Path file;

    private LogTail(Path home, Path file) {
        this.home = home;
        this.file = file;
    }

    /** The logs below a directory, those in snapshots left out. */
    public static List<LogTail> below(Path directory) {
        try (Stream<Path> tree = Files.walk(directory)) {
            return tree.filter(Files::isDirectory)
                    .filter(path -> !directory.relativize(path).toString().contains("snapshots"))
                    .sorted()
                    .map(LogTail::newest)
                    .flatMap(Optional::stream)
                    .map(file -> new LogTail(directory, file))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Path> newest(Path log) {
        try (Stream<Path> files = Files.list(log)) {
            return files.filter(path -> path.getFileName().toString().matches("[0-9]{20}\\.log"))
                    .max(Path::compareTo);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path file() {
        return file;
    }

    /** Whether this is the log of the meta group, which is not a shard's. */
    public boolean meta() {
        return home.relativize(file).toString().contains("meta");
    }

    /**
     * The end of the last frame, found by walking them: its last bytes may well be zeros, like what follows it. At least
     * {@link #HEADER_BYTES}.
     */
    public long written() {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long end = HEADER_BYTES;
            long lastIndex = -1;
            ByteBuffer head = ByteBuffer.allocate(FRAME_HEADER_BYTES);
            while (true) {
                head.clear();
                if (channel.read(head, end) < FRAME_HEADER_BYTES) {
                    return end;
                }
                int length = head.getInt(LENGTH_AT);
                long index = head.getLong(INDEX_AT);
                boolean follows = lastIndex < 0 || index == lastIndex + 1;
                if (length < FRAME_HEADER_BYTES || end + length > channel.size() || !follows) {
                    return end;
                }
                lastIndex = index;
                end += length;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The newest mark; {@link #HEADER_BYTES} when there is none. */
    public long mark() {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long mark = HEADER_BYTES;
            for (int at : MARKS) {
                ByteBuffer slot = ByteBuffer.allocate(MARK_BYTES);
                channel.read(slot, at);
                mark = Math.max(mark, slot.getInt(0));
            }
            return mark;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the file here, as a file system does that had not yet noted its length. */
    public void truncate(long offset) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(offset);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Zeros from here to the end of what was written, as a preallocated file shows what never reached the disk. Returns
     * whether that changed anything: frames may end in zeros.
     */
    public boolean zero(long offset) {
        byte[] zeros = new byte[Math.toIntExact(Math.max(0, written() - offset))];
        ByteBuffer there = ByteBuffer.allocate(zeros.length);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (there.hasRemaining() && channel.read(there, offset + there.position()) >= 0) {
                // A read may bring less than was asked for.
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        write(offset, zeros);
        return !Arrays.equals(there.array(), zeros);
    }

    /** Noise behind the last frame, as an append leaves that was cut off. */
    public void scribble(SplittableRandom random, int bytes) {
        byte[] noise = new byte[bytes];
        random.nextBytes(noise);
        noise[bytes - 1] |= 1;
        write(written(), noise);
    }

    private void write(long offset, byte[] bytes) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer, offset + buffer.position());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
