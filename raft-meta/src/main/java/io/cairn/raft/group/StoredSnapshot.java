package io.cairn.raft.group;

import com.alipay.sofa.jraft.entity.LocalStorageOutter.LocalSnapshotPbMeta;
import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The newest snapshot of a replica that does not run, as its directory tells it.
 *
 * @param index last entry it contains
 * @param term term of that entry
 */
public record StoredSnapshot(long index, long term) {
    private static final String PREFIX = "snapshot_";
    private static final String META = "__raft_snapshot_meta";
    /** The longest file of this kind that is read: a name and a few lines per file of the snapshot. */
    private static final int MAX_META_BYTES = 1 << 20;

    /**
     * Looks into the directory {@code snapshots} of a group; writes nothing.
     *
     * @return null when there is none
     * @throws IOException when the newest one's description cannot be read
     */
    public static @Nullable StoredSnapshot newest(Path snapshots) throws IOException {
        SnapshotMeta meta = newestMeta(snapshots);
        return meta == null ? null : new StoredSnapshot(meta.getLastIncludedIndex(), meta.getLastIncludedTerm());
    }

    /** The same with the members. */
    static @Nullable SnapshotMeta newestMeta(Path snapshots) throws IOException {
        Path newest = newestDirectory(snapshots);
        return newest == null ? null : read(newest.resolve(META));
    }

    /** The newest one's own directory, or null. */
    public static @Nullable Path newestDirectory(Path snapshots) throws IOException {
        if (!Files.isDirectory(snapshots)) {
            return null;
        }
        long newest = -1;
        try (Stream<Path> found = Files.list(snapshots)) {
            List<String> names =
                    found.map(path -> String.valueOf(path.getFileName())).toList();
            for (String name : names) {
                if (name.matches(PREFIX + "\\d{1,18}")) {
                    newest = Math.max(newest, Long.parseLong(name.substring(PREFIX.length())));
                }
            }
        }
        return newest < 0 ? null : snapshots.resolve(PREFIX + newest);
    }

    /** The library's ProtoBufFile: length and name of the message's type, length and bytes of the message. */
    private static SnapshotMeta read(Path file) throws IOException {
        if (Files.size(file) > MAX_META_BYTES) {
            throw new IOException(file + " is no description of a snapshot");
        }
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file));
        skip(in, file);
        ByteBuffer message = skip(in, file);
        try {
            return LocalSnapshotPbMeta.parseFrom(message).getMeta();
        } catch (InvalidProtocolBufferException e) {
            throw new IOException(file + " is damaged: " + e.getMessage(), e);
        }
    }

    private static ByteBuffer skip(ByteBuffer in, Path file) throws IOException {
        int length = in.remaining() < Integer.BYTES ? -1 : in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new IOException(file + " is cut short");
        }
        ByteBuffer part = in.slice(in.position(), length);
        in.position(in.position() + length);
        return part;
    }
}
