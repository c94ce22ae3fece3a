package io.cairn.mode;

import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Keyspace;
import io.cairn.raft.group.StateMachine.SnapshotDone;
import io.cairn.rdb.RdbReader;
import io.cairn.rdb.RdbWriter;
import io.cairn.rdb.VersionsReader;
import io.cairn.rdb.VersionsWriter;
import io.cairn.record.ReceivedBlobs;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.BitSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shard's data as files: {@code data.rdb}, which Redis 7.0 loads, or, when fields of hashes expire, Redis 7.4; {@code versions}, the keys' versions in the same order;
 * {@code state}, the last stamp and unfinished large arguments. Saving begins on the apply thread, which fixes the
 * moment, and goes on in a thread of its own; there is no second copy of the data.
 */
final class ShardSnapshots {
    private static final Logger LOG = LoggerFactory.getLogger(ShardSnapshots.class);
    private static final String DATA = "data.rdb";
    private static final String VERSIONS = "versions";
    private static final String STATE = "state";

    private final Keyspace keyspace;
    private final Clock clock;
    private final MigratingSlots migrating;

    ShardSnapshots(Keyspace keyspace, Clock clock, MigratingSlots migrating) {
        this.migrating = migrating;
        this.keyspace = keyspace;
        this.clock = clock;
    }

    /** Begins a snapshot of the present state. On the apply thread. */
    void save(Path dir, long index, long stamp, ReceivedBlobs blobs, SnapshotDone done) {
        Keyspace.Snapshot snapshot;
        long lastVersion;
        keyspace.lockAll();
        try {
            snapshot = keyspace.beginSnapshot();
            lastVersion = keyspace.lastVersion();
        } catch (RuntimeException e) {
            done.done(e);
            return;
        } finally {
            keyspace.unlockAll();
        }
        ShardState state;
        try {
            state = ShardState.of(stamp, blobs, migrating.imports());
        } catch (RuntimeException | OutOfMemoryError e) {
            snapshot.cancel();
            done.done(e);
            return;
        }
        Thread thread = new Thread(() -> write(dir, index, snapshot, lastVersion, state, done), "snapshot-write");
        thread.setDaemon(true);
        thread.start();
    }

    private void write(
            Path dir, long index, Keyspace.Snapshot snapshot, long lastVersion, ShardState state, SnapshotDone done) {
        Throwable failure = null;
        long began = System.nanoTime();
        try (FileChannel data = create(dir.resolve(DATA));
                FileChannel versions = create(dir.resolve(VERSIONS))) {
            VersionsWriter versionsWriter = new VersionsWriter(versions);
            RdbWriter writer = new RdbWriter(data, true, versionsWriter);
            writer.access(keyspace.access());
            writer.begin(clock.millis() / 1000, keyspace.usedBytes(), snapshot.hasExpiringFields());
            writer.aux("cairn-index", Long.toString(index));
            snapshot.writeTo(writer);
            writer.finish();
            versionsWriter.finish(lastVersion);
            data.force(true);
            versions.force(true);
            state.write(dir.resolve(STATE));
            LOG.info(
                    "snapshot at index {}: {} keys, {} bytes, {} ms",
                    index,
                    writer.entries(),
                    data.size(),
                    (System.nanoTime() - began) / 1_000_000);
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            LOG.error("snapshot at index {} failed", index, e);
            failure = e;
        } finally {
            snapshot.cancel();
            state.release();
        }
        done.done(failure);
    }

    private static FileChannel create(Path file) throws IOException {
        return FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
    }

    /**
     * The data goes through a file and back, versions too, with all stripes locked: nothing that is replicated changes, and
     * the apply thread waits at most for a lock. Any thread but event loops.
     *
     * @param dir receives the files, which are deleted at the end
     * @throws IOException when the file could not be written; nothing changed
     * @throws IllegalStateException when it could not be read back: the replica is broken
     */
    void roundTrip(Path dir) throws IOException {
        Path file = dir.resolve("reload.rdb");
        Path versionsFile = dir.resolve("reload.versions");
        long began = System.nanoTime();
        keyspace.setLoading(true);
        keyspace.lockAll();
        try {
            try (FileChannel data = create(file);
                    FileChannel versions = create(versionsFile)) {
                VersionsWriter versionsWriter = new VersionsWriter(versions);
                RdbWriter writer = new RdbWriter(data, true, versionsWriter);
                long lastVersion = keyspace.lastVersion();
                Keyspace.Snapshot snapshot = keyspace.beginSnapshot();
                try {
                    writer.access(keyspace.access());
                    writer.begin(clock.millis() / 1000, keyspace.usedBytes(), snapshot.hasExpiringFields());
                    snapshot.writeTo(writer);
                } finally {
                    snapshot.cancel();
                }
                writer.finish();
                versionsWriter.finish(lastVersion);
            }
            replace(file, versionsFile);
            migrating.hideAgain();
            LOG.info("reloaded all data in {} ms", (System.nanoTime() - began) / 1_000_000);
        } finally {
            keyspace.unlockAll();
            keyspace.setLoading(false);
            Files.deleteIfExists(file);
            Files.deleteIfExists(versionsFile);
        }
    }

    private void replace(Path file, Path versionsFile) {
        try (FileChannel data = FileChannel.open(file, StandardOpenOption.READ);
                FileChannel versions = FileChannel.open(versionsFile, StandardOpenOption.READ)) {
            clear();
            reader(data, versions).load();
        } catch (IOException | OutOfMemoryError e) {
            throw new IllegalStateException("the data was written, and cannot be read back", e);
        }
    }

    private RdbReader reader(FileChannel data, FileChannel versions) throws IOException {
        return new RdbReader(data, keyspace, 0, new VersionsReader(versions)).accessedAt(clock.millis());
    }

    /** Empties the keyspace: the next replica on this node begins as any new one. No replica is open. */
    void forget() {
        keyspace.lockAll();
        try {
            clear();
            keyspace.restoreVersion(0);
        } finally {
            keyspace.unlockAll();
        }
    }

    private void clear() {
        // The log says anew what is hidden, once it is known which slots are.
        keyspace.hide(new BitSet());
        keyspace.baseVersions(0);
        for (int i = 0; i < keyspace.databases(); i++) {
            keyspace.database(i).clear();
        }
        keyspace.libraries().clear();
        keyspace.dataLimits(DataLimits.DEFAULT);
    }

    /**
     * Replaces the keyspace by a snapshot's. On the apply thread.
     *
     * @return the snapshot's last stamp, or -1 when it cannot be loaded
     */
    long load(Path dir, ReceivedBlobs blobs) {
        long began = System.nanoTime();
        keyspace.setLoading(true);
        keyspace.lockAll();
        try (FileChannel data = FileChannel.open(dir.resolve(DATA), StandardOpenOption.READ);
                FileChannel versions = FileChannel.open(dir.resolve(VERSIONS), StandardOpenOption.READ)) {
            clear();
            RdbReader reader = reader(data, versions);
            reader.load();
            long stamp = ShardState.read(dir.resolve(STATE), blobs, migrating::restore);
            LOG.info(
                    "loaded snapshot {}: {} keys, {} ms",
                    dir.getFileName(),
                    reader.loaded(),
                    (System.nanoTime() - began) / 1_000_000);
            return stamp;
        } catch (IOException | OutOfMemoryError e) {
            LOG.error("snapshot {} cannot be loaded", dir, e);
            return -1;
        } finally {
            keyspace.unlockAll();
            keyspace.setLoading(false);
        }
    }
}
