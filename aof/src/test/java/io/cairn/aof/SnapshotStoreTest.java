package io.cairn.aof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SnapshotStoreTest {
    private static final Path DIRECTORY = Path.of("snapshots");

    private final CrashStorage storage = new CrashStorage(1);

    private static byte[] data(long index, int bytes) {
        byte[] data = new byte[bytes];
        new Random(index).nextBytes(data);
        return data;
    }

    private static Snapshot take(SnapshotStore store, long index, int bytes) throws IOException {
        try (SnapshotWriter writer = store.begin(index, 3, "a,b,c")) {
            byte[] data = data(index, bytes);
            writer.write(data[0]);
            writer.write(data, 1, bytes / 2);
            writer.write(ByteBuffer.wrap(data, bytes / 2 + 1, bytes - bytes / 2 - 1));
            return writer.commit();
        }
    }

    private static void assertIs(SnapshotStore store, @Nullable Snapshot found, long index, int bytes)
            throws IOException {
        assertThat(found).isNotNull();
        assertThat(found.index()).isEqualTo(index);
        assertThat(found.term()).isEqualTo(3);
        assertThat(found.membership()).isEqualTo("a,b,c");
        assertThat(found.bytes()).isEqualTo(bytes);
        try (InputStream in = store.read(found)) {
            assertThat(in.readAllBytes()).isEqualTo(data(index, bytes));
        }
    }

    @Test
    void emptyStoreHasNone() throws IOException {
        assertThat(SnapshotStore.open(storage, DIRECTORY).newest()).isNull();
    }

    @Test
    void newestSnapshotIsFoundAndOlderOnesAreGone() throws IOException {
        SnapshotStore store = SnapshotStore.open(storage, DIRECTORY);
        take(store, 10, 1000);
        take(store, 25, 1_000_000);
        take(store, 25, 500);
        assertIs(store, store.newest(), 25, 500);
        SnapshotStore again = SnapshotStore.open(storage, DIRECTORY);
        assertIs(again, again.newest(), 25, 500);
        assertThat(storage.files()).hasSize(2);
    }

    @Test
    void snapshotThatIsNotCommittedLeavesNothing() throws IOException {
        SnapshotStore store = SnapshotStore.open(storage, DIRECTORY);
        take(store, 10, 1000);
        try (SnapshotWriter writer = store.begin(11, 3, "")) {
            writer.write(data(11, 500_000));
        }
        assertIs(store, store.newest(), 10, 1000);
        assertThat(storage.files()).hasSize(2);
    }

    @Test
    void fullDiskKeepsTheOlderOne() throws IOException {
        SnapshotStore store = SnapshotStore.open(storage, DIRECTORY);
        take(store, 10, 1000);
        storage.setCapacity(300_000);
        assertThatThrownBy(() -> take(store, 11, 2_000_000)).isInstanceOf(NoSpaceException.class);
        assertIs(store, store.newest(), 10, 1000);
        assertThat(storage.files()).hasSize(2);
    }

    @Test
    void damagedSnapshotIsPassedOver() throws IOException {
        SnapshotStore store = SnapshotStore.open(storage, DIRECTORY);
        Snapshot taken = take(store, 10, 1000);
        for (Path file : storage.files()) {
            byte[] whole = storage.bytes(file);
            for (int at = 0; at < whole.length; at += 7) {
                byte[] bytes = whole.clone();
                bytes[at] ^= 4;
                storage.setBytes(file, bytes);
                assertThat(store.newest()).as("%s byte %d", file, at).isNull();
            }
            storage.setBytes(file, whole);
        }
        assertIs(store, store.newest(), 10, 1000);
        storage.delete(taken.file());
        assertThat(store.newest()).isNull();
    }

    @Test
    void crashAtEveryOperationLeavesTheOldOneOrTheNewOne() throws IOException {
        boolean crashed = true;
        for (long crashAt = 1; crashed; crashAt++) {
            for (int seed = 1; seed <= 5; seed++) {
                CrashStorage crash = new CrashStorage(seed * 100L + crashAt);
                SnapshotStore store = SnapshotStore.open(crash, DIRECTORY);
                take(store, 10, 3000);
                crash.crashAtOperation(crashAt);
                boolean committed = false;
                try {
                    take(store, 20, 700_000);
                    committed = true;
                } catch (IOException e) {
                    assertThat(crash.isDead()).isTrue();
                }
                crashed = crash.isDead();
                crash.crash();
                crash.restart();
                SnapshotStore again = SnapshotStore.open(crash, DIRECTORY);
                Snapshot found = again.newest();
                assertThat(found).isNotNull();
                if (committed || found.index() == 20) {
                    assertIs(again, found, 20, 700_000);
                } else {
                    assertIs(again, found, 10, 3000);
                }
            }
        }
    }
}
