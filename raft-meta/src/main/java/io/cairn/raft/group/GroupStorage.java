package io.cairn.raft.group;

import com.alipay.sofa.jraft.JRaftServiceFactory;
import com.alipay.sofa.jraft.entity.codec.LogEntryCodecFactory;
import com.alipay.sofa.jraft.entity.codec.v2.LogEntryV2CodecFactory;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import com.alipay.sofa.jraft.storage.SnapshotStorage;
import com.alipay.sofa.jraft.storage.snapshot.local.LocalSnapshotStorage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** One group's storage, handed to the library when it asks. */
final class GroupStorage implements JRaftServiceFactory {
    private final AofLogStorage log;
    private final VoteMetaStorage vote;
    private final Path directory;
    private volatile LocalSnapshotStorage snapshots;
    private volatile Measured measured = new Measured(0, 0);

    private record Measured(long index, long bytes) {}

    GroupStorage(AofLogStorage log, VoteMetaStorage vote, Path snapshotDirectory) {
        this.log = log;
        this.vote = vote;
        this.directory = snapshotDirectory;
        this.snapshots = new LocalSnapshotStorage(snapshotDirectory.toString(), null, new RaftOptions());
    }

    @Override
    public LogStorage createLogStorage(String uri, RaftOptions options) {
        return log;
    }

    @Override
    public SnapshotStorage createSnapshotStorage(NodeOptions options) {
        LocalSnapshotStorage made = new LocalSnapshotStorage(directory.toString(), null, options.getRaftOptions());
        snapshots = made;
        return made;
    }

    @Override
    public RaftMetaStorage createRaftMetaStorage(String uri, RaftOptions options) {
        return vote;
    }

    @Override
    public LogEntryCodecFactory createLogEntryCodecFactory() {
        return LogEntryV2CodecFactory.getInstance();
    }

    long snapshotIndex() {
        return snapshots.getLastSnapshotIndex();
    }

    /** Of the last one's files; 0 when there is none, or when it is just being replaced. */
    long snapshotBytes() {
        long index = snapshotIndex();
        Measured last = measured;
        if (last.index() != index) {
            try {
                Path newest = StoredSnapshot.newestDirectory(directory);
                last = new Measured(index, newest == null ? 0 : SnapshotFiles.bytes(newest));
                measured = last;
            } catch (IOException | UncheckedIOException e) {
                return 0;
            }
        }
        return last.bytes();
    }

    Path snapshotDirectory() {
        return directory;
    }

    AofLogStorage log() {
        return log;
    }
}
