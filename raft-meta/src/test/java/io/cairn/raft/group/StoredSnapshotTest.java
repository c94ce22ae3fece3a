package io.cairn.raft.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.alipay.sofa.jraft.entity.RaftOutter.SnapshotMeta;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.snapshot.local.LocalSnapshotMetaTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredSnapshotTest {
    @TempDir
    Path snapshots;

    private Path write(long index, long term) throws IOException {
        Path snapshot = Files.createDirectories(snapshots.resolve("snapshot_" + index));
        Path file = snapshot.resolve("__raft_snapshot_meta");
        LocalSnapshotMetaTable table = new LocalSnapshotMetaTable(new RaftOptions());
        table.setMeta(SnapshotMeta.newBuilder()
                .setLastIncludedIndex(index)
                .setLastIncludedTerm(term)
                .addPeers("a:1")
                .build());
        assertThat(table.saveToFile(file.toString())).isTrue();
        return file;
    }

    @Test
    void theNewestThatTheLibraryWroteIsRead() throws Exception {
        assertThat(StoredSnapshot.newest(snapshots)).isNull();
        assertThat(StoredSnapshot.newest(snapshots.resolve("missing"))).isNull();
        write(9, 2);
        write(1234567, 300);
        Files.createDirectories(snapshots.resolve("temp"));
        assertThat(StoredSnapshot.newest(snapshots)).isEqualTo(new StoredSnapshot(1234567, 300));
    }

    @Test
    void aDescriptionThatIsCutShortIsAnErrorAtEveryByte() throws Exception {
        Path file = write(9, 2);
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> StoredSnapshot.newest(snapshots)).isInstanceOf(IOException.class);
        }
    }
}
