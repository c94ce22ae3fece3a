package io.cairn.server;

import io.cairn.mode.ChangeStream.Position;
import io.cairn.mode.Positions;
import io.cairn.raft.meta.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code replication.conf} of a node with a log: which history the log's data is a part of, and up to where, at a clean stop. It counts only while the log
 * ends where it ended then, so that a place in the history is never beyond the data, nor before it. It is deleted at the start: after a crash all is fetched
 * again, as Redis does with an append-only file. Without a log the fields of dump.rdb say the same.
 */
final class ReplicationFile {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicationFile.class);

    private final Path file;

    ReplicationFile(Path directory) {
        this.file = directory.resolve("replication.conf");
    }

    /** What it says, if it was written when the log ended at this index; what cannot be read costs a full sync. */
    @Nullable
    Position read(long logIndex) {
        if (!Files.exists(file)) {
            return null;
        }
        try {
            String[] words = new String(DurableFile.read(file), StandardCharsets.US_ASCII)
                    .strip()
                    .split(" ", -1);
            boolean ours = words.length == 4 && words[3].equals(Long.toString(logIndex));
            return ours ? Positions.of(words[0], words[1], words[2]) : null;
        } catch (IOException e) {
            LOG.warn("{} cannot be read: {}", file, e.getMessage());
            return null;
        }
    }

    /** On the disk when this returns; a failure costs a full sync. */
    void write(Position position, long logIndex) {
        String text = position.id() + " " + position.offset() + " " + position.database() + " " + logIndex + "\n";
        try {
            DurableFile.write(file, text.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            LOG.warn("{} cannot be written: {}", file, e.getMessage());
        }
    }

    void delete() throws IOException {
        if (Files.deleteIfExists(file)) {
            DurableFile.syncDirectory(java.util.Objects.requireNonNull(file.getParent()));
        }
    }
}
