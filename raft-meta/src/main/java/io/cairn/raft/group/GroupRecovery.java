package io.cairn.raft.group;

import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.entity.codec.v2.LogEntryV2CodecFactory;
import io.cairn.aof.Entry;
import io.cairn.aof.FileVoteStore;
import io.cairn.aof.FsyncPolicy;
import io.cairn.aof.LogCheck;
import io.cairn.aof.LogOptions;
import io.cairn.aof.LogReport;
import io.cairn.aof.SegmentedLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A group most of whose voters are lost for good goes on with what one replica has: that replica, which does not run, is
 * made its only voter. Raft cannot do this safely, an operator who knows that the others never come back can. Whatever
 * only the lost ones held is lost. Whoever calls holds the node's directory lock.
 */
public final class GroupRecovery {
    /**
     * How far the term goes up: beyond any that the lost voters, or survivors with a shorter log, may have reached without
     * this replica's hearing of it.
     */
    public static final long TERM_STEP = 1_000;

    private GroupRecovery() {}

    /**
     * What a replica's directory holds.
     *
     * @param lastIndex of the log, or of the snapshot if that is newer
     * @param lastTerm of that entry
     * @param voteTerm the highest term it has heard of
     * @param snapshotIndex 0 without one
     * @param committedIndex everything up to here was surely committed; what follows perhaps was
     * @param voters of the newest configuration, committed or not
     * @param oldVoters of the one before, while it was being changed
     * @param configurationIndex its entry, 0 when it is the initial one
     */
    public record Found(
            long firstIndex,
            long lastIndex,
            long lastTerm,
            long voteTerm,
            long snapshotIndex,
            long committedIndex,
            List<String> voters,
            List<String> oldVoters,
            List<String> learners,
            long configurationIndex) {}

    /**
     * Reads all of a replica; writes nothing.
     *
     * @param initialVoters what its group was made with, for a log without a configuration; may be empty
     * @throws IOException when it is damaged: {@code cairn log repair} comes first
     */
    public static Found look(Path directory, Collection<String> initialVoters) throws IOException {
        FileVoteStore.Vote vote = FileVoteStore.peek(directory.resolve("vote"));
        SnapshotMeta snapshot = StoredSnapshot.newestMeta(directory.resolve("snapshots"));
        Scan scan = new Scan(snapshot, List.copyOf(initialVoters));
        LogReport report = LogCheck.of(directory.resolve("log")).check(scan::visit);
        if (!report.opens()) {
            throw new IOException(
                    "the log in " + directory + " is damaged: look at it with cairn log check, and repair it");
        }
        long snapshotIndex = snapshot == null ? 0 : snapshot.getLastIncludedIndex();
        long last = Math.max(report.lastIndex(), snapshotIndex);
        boolean inLog = scan.lastIndex >= last;
        long lastTerm = inLog ? scan.lastTerm : snapshot == null ? 0 : snapshot.getLastIncludedTerm();
        return new Found(
                report.firstIndex(),
                last,
                lastTerm,
                vote == null ? 0 : vote.term(),
                snapshotIndex,
                Math.max(snapshotIndex, scan.committed),
                scan.voters,
                scan.oldVoters,
                scan.learners,
                scan.configurationIndex);
    }

    /** Takes what a state machine would be given. */
    @FunctionalInterface
    public interface DataVisitor {
        /** @param data valid during the call only */
        void visit(long index, ByteBuffer data) throws IOException;
    }

    /** Shows the data entries of a replica's log, committed or not, those that its snapshot contains too; writes nothing. */
    public static void data(Path directory, DataVisitor visitor) throws IOException {
        LogCheck.of(directory.resolve("log")).check((index, term, kind, payload) -> {
            if (kind == AofLogStorage.DATA && !Members.isEncoded(payload)) {
                visitor.visit(index, payload);
            }
        });
    }

    /**
     * One pass over a log: its newest configuration, and what it proves to be committed. What the snapshot contains says nothing
     * more: a log that ends before it may have entries that never were committed.
     */
    private static final class Scan {
        private final long snapshotIndex;
        private List<String> voters;
        private List<String> oldVoters = List.of();
        private List<String> learners = List.of();
        private long configurationIndex;
        private long committed;
        private long lastIndex;
        private long lastTerm;

        Scan(@Nullable SnapshotMeta snapshot, List<String> initialVoters) {
            voters = initialVoters;
            snapshotIndex = snapshot == null ? 0 : snapshot.getLastIncludedIndex();
            if (snapshot != null) {
                voters = snapshot.getPeersList().stream().map(Peers::nodeId).toList();
                oldVoters =
                        snapshot.getOldPeersList().stream().map(Peers::nodeId).toList();
                learners =
                        snapshot.getLearnersList().stream().map(Peers::nodeId).toList();
                configurationIndex = snapshotIndex;
            }
        }

        void visit(long index, long term, byte kind, ByteBuffer payload) throws IOException {
            lastIndex = index;
            lastTerm = term;
            if (index <= snapshotIndex) {
                return;
            }
            if (kind == AofLogStorage.CONFIGURATION) {
                byte[] bytes = new byte[payload.remaining()];
                payload.duplicate().get(bytes);
                LogEntry entry = LogEntryV2CodecFactory.getInstance().decoder().decode(bytes);
                if (entry == null) {
                    throw new IOException("configuration entry " + index + " cannot be read");
                }
                voters = nodeIds(entry.getPeers());
                oldVoters = nodeIds(entry.getOldPeers());
                learners = nodeIds(entry.getLearners());
                configurationIndex = index;
            } else if (Members.isEncoded(payload)) {
                // A leader logs the members once it knows that their configuration is committed.
                committed = Math.max(committed, configurationIndex);
            }
        }

        private static List<String> nodeIds(@Nullable Collection<PeerId> peers) {
            return peers == null ? List.of() : Peers.nodeIds(peers);
        }
    }

    /**
     * Makes {@code survivor} the only voter. On the disk when this returns; must be run again after a crash: with the mark
     * alone, under the new term, this log would win against those of voters that have more.
     *
     * @param mark an entry for the state machine, which begins the new term
     * @return the replica as it is now
     * @throws IOException when it failed; the log is as it was, or the message says that it may not be
     */
    public static Found recover(String groupId, Path directory, String survivor, ByteBuffer mark) throws IOException {
        Found before = look(directory, List.of(survivor));
        long term = Math.max(before.lastTerm(), before.voteTerm()) + TERM_STEP;
        try (FileVoteStore votes = FileVoteStore.open(directory.resolve("vote"))) {
            votes.save(term, "");
        }
        LogOptions options = LogOptions.of(groupId, LogOptions.SMALL_SEGMENT_BYTES, FsyncPolicy.ALWAYS);
        try (SegmentedLog log = SegmentedLog.open(directory.resolve("log"), options)) {
            if (log.lastIndex() < before.snapshotIndex()) {
                // As the start would: what the log lacks is in the snapshot.
                log.reset(before.snapshotIndex() + 1);
            }
            long index = log.lastIndex() + 1;
            // The mark first: the configuration without it must not take effect. Both in one write.
            log.append(List.of(
                    new Entry(index, term, AofLogStorage.DATA, mark),
                    new Entry(index + 1, term, AofLogStorage.CONFIGURATION, only(survivor, index + 1, term))));
            log.sync();
        } catch (IOException | RuntimeException e) {
            throw undone(groupId, directory, before.lastIndex(), e);
        }
        return look(directory, List.of());
    }

    /** Takes back what was written; what to say of the failure. */
    static IOException undone(String groupId, Path directory, long last, Exception cause) {
        LogOptions options = LogOptions.of(groupId, LogOptions.SMALL_SEGMENT_BYTES, FsyncPolicy.ALWAYS);
        try (SegmentedLog log = SegmentedLog.open(directory.resolve("log"), options)) {
            if (log.lastIndex() > last) {
                log.truncateSuffix(last);
            }
            return new IOException("nothing was changed in the log of " + directory + ": " + cause.getMessage(), cause);
        } catch (IOException | RuntimeException e) {
            cause.addSuppressed(e);
            return new IOException(
                    "the recovery in " + directory
                            + " failed, perhaps half done. Run it again until it succeeds; until then"
                            + " this node must never be started, nor with other survivors: its log could win against"
                            + " one that has more. " + cause.getMessage(),
                    cause);
        }
    }

    private static ByteBuffer only(String survivor, long index, long term) {
        LogEntry entry = new LogEntry(EntryType.ENTRY_TYPE_CONFIGURATION);
        entry.setId(new LogId(index, term));
        entry.setPeers(Peers.of(List.of(survivor)));
        return ByteBuffer.wrap(LogEntryV2CodecFactory.getInstance().encoder().encode(entry));
    }
}
