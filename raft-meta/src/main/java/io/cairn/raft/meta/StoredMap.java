package io.cairn.raft.meta;

import io.cairn.raft.group.GroupRecovery;
import io.cairn.raft.group.StoredSnapshot;
import java.io.IOException;
import java.nio.file.Path;

/** The cluster map of a meta replica that does not run: all that its log has, committed or not, as a recovery would have it. */
public final class StoredMap {
    private StoredMap() {}

    /**
     * Reads all of it; writes nothing.
     *
     * @param directory the replica's
     * @throws IOException when it is damaged
     * @throws FormatException when a newer build wrote it
     */
    public static ClusterMap read(Path directory) throws IOException {
        Path snapshots = directory.resolve("snapshots");
        Path snapshot = StoredSnapshot.newestDirectory(snapshots);
        StoredSnapshot newest = StoredSnapshot.newest(snapshots);
        long last = newest == null ? 0 : newest.index();
        ClusterMap[] map = {
            snapshot == null
                    ? ClusterMap.EMPTY
                    : MapCodec.decode(DurableFile.read(snapshot.resolve(MetaStateMachine.SNAPSHOT_FILE)))
        };
        GroupRecovery.data(directory, (index, data) -> {
            if (index > last) {
                map[0] = MetaApply.apply(map[0], MetaCodec.decode(data), index).map();
            }
        });
        return map[0];
    }
}
