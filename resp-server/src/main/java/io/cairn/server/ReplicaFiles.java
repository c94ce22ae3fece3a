package io.cairn.server;

import io.cairn.raft.group.StoredSnapshot;
import io.cairn.raft.meta.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files of a shard's replica in a node's {@code shard/}, beside the log of gossip mode: {@code log/}, {@code snapshots/}, {@code vote}. */
final class ReplicaFiles {
    private static final String LOG = "log";
    private static final String SNAPSHOTS = "snapshots";
    /** While it is there the others are void: the data is in the log of gossip mode. */
    private static final String LEFT = "raft.left";

    private static final List<String> ALL = List.of(LOG, SNAPSHOTS, "vote", "base.new");

    private ReplicaFiles() {}

    /** Whether the data of a node is its shard's; ends what {@link #leave} began. */
    static boolean areIn(NodeParts parts) throws StartException {
        Path shard = StandaloneLog.directory(parts);
        try {
            if (Files.exists(shard.resolve(LEFT))) {
                delete(shard);
            }
            return Files.exists(shard.resolve(LOG)) || StoredSnapshot.newestDirectory(shard.resolve(SNAPSHOTS)) != null;
        } catch (IOException e) {
            throw new StartException(String.valueOf(e.getMessage()), e);
        }
    }

    /** A replica that waits to be added to its group. */
    static void begin(Path shard) throws IOException {
        Files.createDirectories(shard.resolve(LOG));
        DurableFile.syncDirectory(shard);
    }

    /** What is in them is void from now on, at whatever moment the machine stops. */
    static void leave(Path shard) throws IOException {
        DurableFile.write(shard.resolve(LEFT), new byte[0]);
    }

    /** After {@link #leave}. */
    static void delete(Path shard) throws IOException {
        for (String name : ALL) {
            Path file = shard.resolve(name);
            if (Files.exists(file)) {
                DurableFile.deleteTree(file);
            }
        }
        DurableFile.syncDirectory(shard);
        Files.deleteIfExists(shard.resolve(LEFT));
        DurableFile.syncDirectory(shard);
    }
}
