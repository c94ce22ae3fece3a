package io.cairn.jepsen.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What servers leave on disk. */
public final class Disk {
    private static final int CHUNK_BYTES = 1 << 20;

    private Disk() {}

    /** Deletes a directory with all that is in it; one that is not there is fine. */
    public static void delete(Path directory) {
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes a directory and its parents where they are missing. */
    public static void makeDirectory(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every file below a directory with its length in bytes, by path relative to the directory. */
    public static Map<String, Long> files(Path directory) {
        Map<String, Long> files = new TreeMap<>();
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.filter(Files::isRegularFile).toList()) {
                files.put(directory.relativize(path).toString(), Files.size(path));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    /**
     * Every file below a directory with the length of what was written into it: up to the last byte that is not zero,
     * so that preallocated space does not count.
     */
    public static Map<String, Long> written(Path directory) {
        Map<String, Long> written = new TreeMap<>();
        for (String name : files(directory).keySet()) {
            try (FileChannel file = FileChannel.open(directory.resolve(name), StandardOpenOption.READ)) {
                written.put(name, lastNonZero(file));
            } catch (NoSuchFileException e) {
                written.remove(name);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return written;
    }

    private static long lastNonZero(FileChannel file) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        for (long end = file.size(); end > 0; end -= CHUNK_BYTES) {
            long from = Math.max(0, end - CHUNK_BYTES);
            chunk.clear().limit((int) (end - from));
            while (chunk.hasRemaining() && file.read(chunk, from + chunk.position()) >= 0) {
                // A read may bring less than was asked for.
            }
            for (int i = chunk.position() - 1; i >= 0; i--) {
                if (chunk.get(i) != 0) {
                    return from + i + 1;
                }
            }
        }
        return 0;
    }
}
