package io.cairn.raft.group;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.StateMachine;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.entity.LeaderChangeContext;
import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The library's state machine over ours; all calls come from the group's apply thread, and it takes no node lock. */
final class GroupMachine implements StateMachine {
    private static final Logger LOG = LoggerFactory.getLogger(GroupMachine.class);

    private final HostedGroup group;
    private final io.cairn.raft.group.StateMachine machine;
    private volatile long appliedIndex;

    GroupMachine(HostedGroup group, io.cairn.raft.group.StateMachine machine) {
        this.group = group;
        this.machine = machine;
    }

    /** Index of the last data entry applied, or of the snapshot loaded. */
    long appliedIndex() {
        return appliedIndex;
    }

    @Override
    public void onApply(Iterator entries) {
        while (entries.hasNext()) {
            try {
                apply(entries.getIndex(), entries.getTerm(), entries.getData(), entries.done());
            } catch (RuntimeException | Error e) {
                // A replica that cannot apply an entry must stop (SAFETY 11): the library turns this into onError.
                LOG.error("group {} cannot apply entry {}", group.id(), entries.getIndex(), e);
                group.broken(e);
                entries.setErrorAndRollback(1, new Status(RaftError.ESTATEMACHINE, "apply failed: %s", e));
                return;
            }
            entries.next();
        }
    }

    private void apply(long index, long term, ByteBuffer data, @Nullable Closure done) {
        if (done instanceof ProposalClosure ours) {
            machine.apply(index, term, data.duplicate(), ours.take());
        } else if (data.hasRemaining()) {
            Members members = Members.decode(data, index);
            if (members == null) {
                machine.apply(index, term, data.duplicate(), null);
            } else {
                machine.membersCommitted(members.voters(), members.learners(), index);
            }
        }
        appliedIndex = index;
        if (done instanceof LoggedBarrier barrier) {
            barrier.applied(index);
        }
        group.barriers().applied(index);
    }

    @Override
    public void onSnapshotSave(SnapshotWriter writer, Closure done) {
        Path dir = Path.of(writer.getPath());
        try {
            machine.saveSnapshot(
                    dir, appliedIndex, failure -> finishLater(() -> saved(dir, writer, failure, done), done));
        } catch (RuntimeException e) {
            LOG.error("group {} cannot start a snapshot", group.id(), e);
            done.run(new Status(RaftError.ESTATEMACHINE, "snapshot failed: %s", e));
        }
    }

    private void finishLater(Runnable task, Closure done) {
        try {
            group.host().threads().blocking().execute(task);
        } catch (RejectedExecutionException e) {
            done.run(new Status(RaftError.EBUSY, "too much is being written, or the process ends"));
        }
    }

    private void saved(Path dir, SnapshotWriter writer, @Nullable Throwable failure, Closure done) {
        if (failure != null) {
            notSaved(failure, done);
            return;
        }
        try {
            for (String file : SnapshotFiles.list(dir)) {
                if (!writer.addFile(file)) {
                    throw new IOException("cannot add " + file);
                }
            }
            SnapshotFiles.forceAll(dir);
            done.run(Status.OK());
        } catch (IOException | UncheckedIOException e) {
            notSaved(e, done);
        }
    }

    /** Of a replica that stops, the files may be gone already. */
    private void notSaved(Throwable failure, Closure done) {
        if (group.isStopped()) {
            LOG.debug("group {} stops without its last snapshot", group.id(), failure);
        } else {
            LOG.error("group {} cannot save a snapshot", group.id(), failure);
        }
        done.run(new Status(RaftError.ESTATEMACHINE, "snapshot failed: %s", failure));
    }

    @Override
    public boolean onSnapshotLoad(SnapshotReader reader) {
        SnapshotMeta meta = reader.load();
        try {
            if (meta == null || !machine.loadSnapshot(Path.of(reader.getPath()))) {
                return false;
            }
        } catch (RuntimeException e) {
            LOG.error("group {} cannot load its snapshot", group.id(), e);
            return false;
        }
        appliedIndex = meta.getLastIncludedIndex();
        if (meta.getOldPeersCount() == 0) {
            List<String> voters =
                    meta.getPeersList().stream().map(Peers::nodeId).toList();
            List<String> learners =
                    meta.getLearnersList().stream().map(Peers::nodeId).toList();
            machine.membersCommitted(voters, learners, appliedIndex);
        }
        group.barriers().applied(appliedIndex);
        return true;
    }

    @Override
    public void onLeaderStart(long term) {
        guarded(() -> {
            group.leaderStarted(term);
            machine.leaderChanged(group.host().nodeId(), term);
            machine.leaderStart(term);
        });
    }

    @Override
    public void onLeaderStop(Status status) {
        guarded(() -> {
            group.leaderStopped();
            machine.leaderStop();
        });
    }

    @Override
    public void onStartFollowing(LeaderChangeContext context) {
        guarded(() -> {
            String leader = Peers.nodeId(context.getLeaderId());
            group.following(leader);
            machine.leaderChanged(leader, context.getTerm());
        });
    }

    @Override
    public void onStopFollowing(LeaderChangeContext context) {
        guarded(() -> {
            group.following(null);
            machine.leaderChanged(null, context.getTerm());
        });
    }

    private void guarded(Runnable callback) {
        try {
            callback.run();
        } catch (RuntimeException e) {
            LOG.error("group {}: a callback failed", group.id(), e);
            group.broken(e);
        }
    }

    @Override
    public void onError(RaftException e) {
        group.broken(e);
    }

    @Override
    public void onShutdown() {
        // The group's stop() says when all is closed.
    }

    @Override
    public void onConfigurationCommitted(Configuration conf) {
        // Comes for joint entries only and without learners: see Members.
    }
}
