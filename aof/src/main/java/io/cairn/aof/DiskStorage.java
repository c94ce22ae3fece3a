package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The real file system, by {@link FileChannel}. */
public final class DiskStorage implements Storage {
    /** Below this much usable space a failed write counts as a full disk even if the message is in another language. */
    private static final long FULL_BELOW_BYTES = 64 * 1024;

    @Override
    public StorageFile open(Path file, Mode mode) throws IOException {
        Set<OpenOption> options = switch (mode) {
            case READ -> Set.of(StandardOpenOption.READ);
            case WRITE -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
            case CREATE ->
                Set.of(
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING);
        };
        try {
            return new DiskFile(file, FileChannel.open(file, options));
        } catch (IOException e) {
            throw spaceOr(e, file);
        }
    }

    @Override
    public boolean exists(Path file) {
        return Files.exists(file);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            return names;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (Files.isRegularFile(file)) {
                    names.add(String.valueOf(file.getFileName()));
                }
            }
        }
        return names;
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.toAbsolutePath().getParent();
        if (parent != null) {
            createDirectories(parent);
        }
        Files.createDirectories(directory);
        if (parent != null) {
            syncDirectory(parent);
        }
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static IOException spaceOr(IOException cause, Path file) {
        String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        if (text.contains("no space left") || text.contains("quota exceeded") || almostFull(file)) {
            return new NoSpaceException("no space left for " + file, cause);
        }
        return cause;
    }

    private static boolean almostFull(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        try {
            FileStore store = parent == null ? null : Files.getFileStore(parent);
            return store != null && store.getUsableSpace() < FULL_BELOW_BYTES;
        } catch (IOException e) {
            return false; // The question itself failed: the first error is the one to report.
        }
    }

    /**
     * Java closes an interruptible channel when its thread is interrupted. A reader (say, a Raft replicator being shut
     * down) must not take the log down with it, so reads clear the flag first and open the file again if one slips in.
     */
    private static final class DiskFile implements StorageFile {
        private final Path path;
        private final FileChannel channel;
        private @Nullable FileChannel readAgain;
        private volatile boolean closed;

        DiskFile(Path path, FileChannel channel) {
            this.path = path;
            this.channel = channel;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            boolean interrupted = Thread.interrupted();
            int start = target.position();
            try {
                return readFully(channel.isOpen() ? channel : again(), target, position);
            } catch (ClosedByInterruptException e) {
                interrupted |= Thread.interrupted();
                target.position(start);
                return readFully(again(), target, position);
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        private static int readFully(FileChannel from, ByteBuffer target, long position) throws IOException {
            int total = 0;
            while (target.hasRemaining()) {
                int n = from.read(target, position + total);
                if (n < 0) {
                    break;
                }
                total += n;
            }
            return total;
        }

        private synchronized FileChannel again() throws IOException {
            if (closed) {
                throw new IOException("closed: " + path);
            }
            FileChannel again = readAgain;
            if (again == null || !again.isOpen()) {
                again = FileChannel.open(path, StandardOpenOption.READ);
                readAgain = again;
            }
            return again;
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            boolean interrupted = Thread.interrupted();
            try {
                long at = position;
                while (source.hasRemaining()) {
                    at += channel.write(source, at);
                }
            } catch (IOException e) {
                throw spaceOr(e, path);
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        @Override
        public void force(boolean metadata) throws IOException {
            boolean interrupted = Thread.interrupted();
            try {
                channel.force(metadata);
            } catch (IOException e) {
                throw spaceOr(e, path); // File systems with delayed allocation may find no space only here.
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        @Override
        public long size() throws IOException {
            return (channel.isOpen() ? channel : again()).size();
        }

        @Override
        public synchronized void close() throws IOException {
            closed = true;
            channel.close();
            if (readAgain != null) {
                readAgain.close();
            }
        }
    }
}
