package io.cairn.mode;

import io.cairn.keyspace.Keyspace;
import io.cairn.raft.group.StateMachine.SnapshotDone;
import io.cairn.record.ReceivedBlobs;
import java.nio.file.Path;
import java.util.function.Consumer;

final class ShardSnapshots {
    ShardSnapshots(Keyspace keyspace, Consumer<String> log) {}

    void save(Path dir, long index, long stamp, ReceivedBlobs blobs, SnapshotDone done) {}

    long load(Path dir, ReceivedBlobs blobs) {
        return -1;
    }
}
