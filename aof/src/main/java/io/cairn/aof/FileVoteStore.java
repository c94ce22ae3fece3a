package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A {@link VoteStore} in one file, kept twice with checksums ({@link TwinFile}): a crash while saving leaves the old or
 * the new vote, and one rotten copy is healed. A save needs no disk space and costs two fsyncs. Thread-safe.
 */
public final class FileVoteStore implements VoteStore, AutoCloseable {
    /** Longest name of a candidate, in UTF-8 bytes. */
    public static final int MAX_CANDIDATE_BYTES = 1024;

    private static final long MAGIC = 0x434149524e564f54L; // CAIRNVOT
    private static final int VERSION = 1;

    private final Path path;
    private final TwinFile file;
    private volatile Vote vote;
    private @Nullable LogException broken;

    /** A term and whom this replica voted for in it, empty for nobody. */
    public record Vote(long term, String votedFor) {}

    private FileVoteStore(Path path, TwinFile file) throws IOException {
        this.path = path;
        this.file = file;
        this.vote = decode(file.read().bytes(), path);
    }

    private static Vote decode(byte[] bytes, Path path) throws DamagedLogException {
        ByteBuffer value = ByteBuffer.wrap(bytes);
        if (value.remaining() < Long.BYTES) {
            throw new DamagedLogException(path, 0, "its value is not a vote");
        }
        long term = value.getLong();
        return new Vote(term, StandardCharsets.UTF_8.decode(value).toString());
    }

    /**
     * Reads the vote in the file of a replica that does not run; writes nothing.
     *
     * @return null when there is no file
     * @throws LogException when it is damaged, or a newer version wrote it
     */
    public static @Nullable Vote peek(Path path) throws IOException {
        Storage storage = new DiskStorage();
        if (!storage.exists(path)) {
            return null;
        }
        try (StorageFile file = storage.open(path, Storage.Mode.READ)) {
            return decode(TwinFile.read(file, path, MAGIC, VERSION).bytes(), path);
        }
    }

    /**
     * Opens the file, making it with term 0 and no vote if it is missing.
     *
     * @throws LogException when it is damaged, or a newer version wrote it: the node must not vote
     */
    public static FileVoteStore open(Storage storage, Path path) throws LogException {
        try {
            Path directory = path.toAbsolutePath().getParent();
            if (directory != null) {
                storage.createDirectories(directory);
            }
            TwinFile file = TwinFile.open(storage, path, MAGIC, VERSION, encode(0, ""));
            try {
                return new FileVoteStore(path, file);
            } catch (IOException | RuntimeException e) {
                file.close();
                throw e;
            }
        } catch (LogException e) {
            throw e;
        } catch (IOException e) {
            throw new LogException("cannot open the vote in " + path + ": " + e.getMessage(), e);
        }
    }

    public static FileVoteStore open(Path path) throws LogException {
        return open(new DiskStorage(), path);
    }

    private static byte[] encode(long term, String votedFor) {
        byte[] name = votedFor.getBytes(StandardCharsets.UTF_8);
        if (name.length > MAX_CANDIDATE_BYTES) {
            throw new IllegalArgumentException("candidate of " + name.length + " bytes");
        }
        return ByteBuffer.allocate(Long.BYTES + name.length)
                .putLong(term)
                .put(name)
                .array();
    }

    @Override
    public long term() {
        return vote.term;
    }

    @Override
    public String votedFor() {
        return vote.votedFor;
    }

    /** @throws LogException when it could not be made durable; the store is broken and the node must stop */
    @Override
    public synchronized void save(long term, String votedFor) throws LogException {
        if (broken != null) {
            throw new LogException("the vote in " + path + " is broken: " + broken.getMessage(), broken);
        }
        byte[] value = encode(term, votedFor);
        try {
            file.save(value);
        } catch (IOException e) {
            LogException error = new LogException("cannot save the vote in " + path + ": " + e.getMessage(), e);
            broken = error;
            throw error;
        }
        vote = new Vote(term, votedFor);
    }

    @Override
    public synchronized void close() throws LogException {
        try {
            file.close();
        } catch (IOException e) {
            throw new LogException("closing " + path + " failed: " + e.getMessage(), e);
        }
    }
}
