package io.cairn.server;

import io.cairn.keyspace.Keyspace;
import io.cairn.mode.ChangeStream;
import io.cairn.mode.Positions;
import io.cairn.rdb.FieldExpiryException;
import io.cairn.rdb.RdbReader;
import io.cairn.rdb.RdbWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** dump.rdb of one node: the old file or the new one is there at every moment. */
final class DumpFile {
    private static final Logger LOG = LoggerFactory.getLogger(DumpFile.class);

    private final Path file;

    DumpFile(Path file) {
        this.file = file;
    }

    boolean exists() {
        return Files.exists(file);
    }

    /**
     * Loads it; keys that are expired at {@code nowMillis} are left out, as Redis does; none at 0.
     *
     * @return the history that it is a part of, or null
     */
    ChangeStream.@Nullable Position load(Keyspace keyspace, long nowMillis) throws IOException {
        return load(keyspace, nowMillis, false);
    }

    /** What it says of the history that the data is a part of, or null; nothing is loaded. */
    ChangeStream.@Nullable Position position() throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return Positions.read(RdbReader.head(channel));
        }
    }

    /** As {@link #load(Keyspace, long)}; {@code refuseDuplicates}: fails on a key that is there already. */
    ChangeStream.@Nullable Position load(Keyspace keyspace, long nowMillis, boolean refuseDuplicates)
            throws IOException {
        long began = System.nanoTime();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            RdbReader reader = new RdbReader(channel, keyspace, nowMillis).accessedAt(nowMillis);
            if (refuseDuplicates) {
                reader.refuseDuplicates();
            }
            reader.load();
            ChangeStream.Position position = Positions.read(reader);
            LOG.info(
                    "loaded {}: {} keys, {} expired, {} ms",
                    file,
                    reader.loaded(),
                    reader.skipped(),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
            return position;
        } catch (IOException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Replaces it by a snapshot.
     *
     * @param position the history that the data is a part of, null for none
     * @param fieldsMayExpire if there are fields that expire, in the form of Redis 7.4
     * @throws FieldExpiryException if there are, and they may not
     */
    void write(
            Keyspace keyspace,
            Keyspace.Snapshot data,
            ChangeStream.@Nullable Position position,
            boolean fieldsMayExpire,
            long nowSeconds)
            throws IOException {
        if (!fieldsMayExpire && data.hasExpiringFields()) {
            throw new FieldExpiryException();
        }
        Path fresh = file.toAbsolutePath()
                .resolveSibling("temp-" + ProcessHandle.current().pid() + ".rdb");
        try {
            try (FileChannel channel = FileChannel.open(
                    fresh, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                RdbWriter writer = new RdbWriter(channel, true);
                writer.access(keyspace.access());
                writer.begin(nowSeconds, keyspace.usedBytes(), data.hasExpiringFields());
                Positions.write(writer, position);
                data.writeTo(writer);
                writer.finish();
                channel.force(true);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(fresh);
        }
        try (FileChannel channel = FileChannel.open(directoryOf(fresh), StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static Path directoryOf(Path absolute) {
        return java.util.Objects.requireNonNull(absolute.getParent(), "a file lies in a directory");
    }
}
