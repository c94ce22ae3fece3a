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
import java.nio.file.Path;

/** One group's storage, handed to the library when it asks. */
final class GroupStorage implements JRaftServiceFactory {
    private final AofLogStorage log;
    private final VoteMetaStorage vote;
    private final Path directory;
    private volatile LocalSnapshotStorage snapshots;

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

    Path snapshotDirectory() {
        return directory;
    }

    AofLogStorage log() {
        return log;
    }
}
