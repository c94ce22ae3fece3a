package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps a second process (or a second node of this one) out of a data directory while it is held. The operating system
 * lets go of it when the process dies, however it dies.
 */
public final class DirectoryLock implements AutoCloseable {
    public static final String FILE = "lock";

    /**
     * Directories this process holds. POSIX drops a process's lock on a file as soon as it closes any descriptor of
     * it, so a second try from inside must not even open the file; the lock is the process's, and so is this set.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel channel;
    private final FileLock lock;

    private DirectoryLock(Path directory, FileChannel channel, FileLock lock) {
        this.directory = directory;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Takes the lock, making the directory if it is missing.
     *
     * @throws LogException naming the holder's process id when the directory is in use
     */
    public static DirectoryLock acquire(Path directory) throws LogException {
        try {
            Files.createDirectories(directory);
            Path real = directory.toRealPath();
            if (!HELD.add(real)) {
                throw new LogException("the directory " + directory + " is in use by this process already");
            }
            try {
                return acquireReal(real);
            } catch (IOException | RuntimeException e) {
                HELD.remove(real);
                throw e;
            }
        } catch (LogException e) {
            throw e;
        } catch (IOException e) {
            throw new LogException("cannot lock the directory " + directory + ": " + e.getMessage(), e);
        }
    }

    private static DirectoryLock acquireReal(Path directory) throws IOException {
        FileChannel channel = FileChannel.open(
                directory.resolve(FILE), StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw new LogException("the directory " + directory + " is in use by process " + holder(channel));
            }
            byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII);
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(pid), 0);
            return new DirectoryLock(directory, channel, lock);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static String holder(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(32);
        channel.read(text, 0);
        String pid = StandardCharsets.US_ASCII.decode(text.flip()).toString().strip();
        return pid.isEmpty() ? "(unknown)" : pid;
    }

    @Override
    public void close() throws LogException {
        try {
            if (channel.isOpen()) {
                lock.release();
                channel.close();
                HELD.remove(directory);
            }
        } catch (IOException e) {
            throw new LogException("cannot release the lock: " + e.getMessage(), e);
        }
    }
}
