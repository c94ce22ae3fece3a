package io.cairn.raft.group;

import com.alipay.sofa.jraft.entity.LocalFileMetaOutter.LocalFileMeta;
import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.snapshot.local.LocalSnapshotMetaTable;
import io.cairn.aof.FileVoteStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * Where a group begins that takes over data which its members have already: for the library it is a snapshot, which each member is given before its replica
 * is opened for the first time. Its files only name the data. So it is never sent to another node, and the first real snapshot takes its place.
 */
public final class GroupBase {
    /** The file that makes a snapshot a base; its content is the layers' above. */
    public static final String FILE = "base";

    /** Term of a base; those of elections come after it. */
    public static final long TERM = 1;

    private static final String META = "__raft_snapshot_meta";

    private GroupBase() {}

    /** Fills the directory that it is given with the files of the base, {@link #FILE} among them. */
    @FunctionalInterface
    public interface Filler {
        void fill(Path directory) throws IOException;
    }

    /**
     * Writes the base of a replica that does not run; it is on the disk when this returns. All or nothing: after a crash the same call does it again.
     * Blocks.
     *
     * @param directory the group's own; its log must be empty
     * @param index of the base: the log begins after it
     * @param voters node ids, the same at all of them
     */
    public static void write(Path directory, long index, List<String> voters, Filler filler) throws IOException {
        Path snapshots = directory.resolve("snapshots");
        Path target = snapshots.resolve("snapshot_" + index);
        if (Files.exists(target)) {
            return;
        }
        prepare(directory);
        Path fresh = directory.resolve("base.new");
        SnapshotFiles.delete(fresh);
        Files.createDirectories(fresh);
        filler.fill(fresh);
        LocalSnapshotMetaTable table = new LocalSnapshotMetaTable(new RaftOptions());
        for (String file : SnapshotFiles.list(fresh)) {
            table.addFile(file, LocalFileMeta.getDefaultInstance());
        }
        SnapshotMeta.Builder meta =
                SnapshotMeta.newBuilder().setLastIncludedIndex(index).setLastIncludedTerm(TERM);
        voters.forEach(voter -> meta.addPeers(Peers.of(voter).toString()));
        table.setMeta(meta.build());
        if (!table.saveToFile(fresh.resolve(META).toString())) {
            throw new IOException("cannot write " + fresh.resolve(META));
        }
        SnapshotFiles.forceAll(fresh);
        Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        SnapshotFiles.forceDirectory(snapshots);
        SnapshotFiles.forceDirectory(directory);
    }

    /** Does what {@link #write} needs not do later, when time counts. Changes nothing for a directory that never gets a base. Blocks. */
    public static void prepare(Path directory) throws IOException {
        Files.createDirectories(directory.resolve("snapshots"));
        try (FileVoteStore votes = FileVoteStore.open(directory.resolve("vote"))) {
            if (votes.term() < TERM) {
                votes.save(TERM, "");
            }
        }
    }

    /** Whether the group's newest snapshot is a base: the data that it names is needed for the next start. */
    public static boolean isNewest(Path directory) throws IOException {
        Path newest = StoredSnapshot.newestDirectory(directory.resolve("snapshots"));
        return newest != null && Files.exists(newest.resolve(FILE));
    }
}
