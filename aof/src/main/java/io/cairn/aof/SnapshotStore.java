package io.cairn.aof;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Snapshots of one log in one directory: {@code snapshot-<index>-<n>.rdb} with the data, and beside it {@code .meta} with
 * what belongs to it. The sidecar is written last, its name is what makes the snapshot count; so a crash at any byte
 * leaves the older one or the new one. {@code n} keeps two snapshots of the same index apart. Thread-safe.
 */
public final class SnapshotStore {
    public static final String DATA_SUFFIX = ".rdb";

    private static final Logger LOG = LoggerFactory.getLogger(SnapshotStore.class);
    private static final String PREFIX = "snapshot-";
    private static final String TEMPORARY = ".tmp";
    private static final int BLOCK_BYTES = 256 * 1024;

    private final Storage storage;
    private final Path directory;
    private long nextNumber = 1;

    private SnapshotStore(Storage storage, Path directory) {
        this.storage = storage;
        this.directory = directory;
    }

    /** Opens the directory, making it if it is missing, and clears away what a crash left half done. */
    public static SnapshotStore open(Storage storage, Path directory) throws IOException {
        SnapshotStore store = new SnapshotStore(storage, directory);
        storage.createDirectories(directory);
        List<String> names = storage.list(directory);
        for (String name : names) {
            if (!name.startsWith(PREFIX)) {
                continue;
            }
            String base = name.contains(".") ? name.substring(0, name.indexOf('.')) : name;
            store.nextNumber = Math.max(store.nextNumber, numberOf(base) + 1);
            boolean orphan = name.endsWith(DATA_SUFFIX) && !names.contains(base + SnapshotMeta.SUFFIX);
            if (name.endsWith(TEMPORARY) || orphan) {
                storage.delete(directory.resolve(name));
            }
        }
        return store;
    }

    public static SnapshotStore open(Path directory) throws IOException {
        return open(new DiskStorage(), directory);
    }

    /**
     * The newest snapshot as its sidecar tells it, without reading the data; writes nothing, unlike {@link #open}.
     *
     * @return null when there is none
     */
    public static @Nullable Snapshot peek(Path directory) throws IOException {
        SnapshotStore store = new SnapshotStore(new DiskStorage(), directory);
        for (String name : store.metas()) {
            Path data = directory.resolve(base(name) + DATA_SUFFIX);
            return SnapshotMeta.read(store.storage, directory.resolve(name), data);
        }
        return null;
    }

    private static long numberOf(String base) {
        try {
            return Long.parseLong(base.substring(base.lastIndexOf('-') + 1));
        } catch (NumberFormatException e) {
            return 0; // Not a name of ours.
        }
    }

    /**
     * Starts a snapshot.
     *
     * @param index last entry it contains
     * @param membership opaque text, at most 1 MiB
     */
    public SnapshotWriter begin(long index, long term, String membership) throws IOException {
        Path temporary;
        synchronized (this) {
            temporary = directory.resolve(
                    PREFIX + String.format("%020d", index) + "-" + nextNumber++ + DATA_SUFFIX + TEMPORARY);
        }
        return new SnapshotWriter(
                this, temporary, storage.open(temporary, Storage.Mode.CREATE), index, term, membership);
    }

    synchronized Snapshot commit(Path temporary, long index, long term, String membership, long bytes, int checksum)
            throws IOException {
        String name = String.valueOf(temporary.getFileName());
        String base = name.substring(0, name.length() - DATA_SUFFIX.length() - TEMPORARY.length());
        Path meta = directory.resolve(base + SnapshotMeta.SUFFIX);
        Path freshMeta = directory.resolve(base + SnapshotMeta.SUFFIX + TEMPORARY);
        Path data = directory.resolve(base + DATA_SUFFIX);
        try (StorageFile file = storage.open(freshMeta, Storage.Mode.CREATE)) {
            file.write(SnapshotMeta.encode(index, term, membership, bytes, checksum), 0);
            file.force(true);
        } catch (IOException e) {
            storage.delete(freshMeta);
            throw e;
        }
        storage.rename(temporary, data);
        storage.syncDirectory(directory);
        storage.rename(freshMeta, meta);
        storage.syncDirectory(directory);
        Snapshot snapshot = new Snapshot(index, term, membership, bytes, checksum, data);
        deleteAllBut(base);
        return snapshot;
    }

    /** The sidecar goes first: data without one does not count. Temporary files belong to a writer. */
    private void deleteAllBut(String base) throws IOException {
        List<String> old = new ArrayList<>();
        for (String name : storage.list(directory)) {
            if (name.startsWith(PREFIX) && !name.startsWith(base + ".") && !name.endsWith(TEMPORARY)) {
                old.add(name);
            }
        }
        old.sort(Comparator.comparing(name -> name.endsWith(DATA_SUFFIX)));
        for (String name : old) {
            storage.delete(directory.resolve(name));
        }
    }

    void abandon(Path temporary) throws IOException {
        storage.delete(temporary);
    }

    /**
     * The newest snapshot whose data is whole; it reads all of it to know. Damaged ones are passed over with an error in
     * the log: the caller must compare the result's index with the log's first index.
     *
     * @return null when there is none
     * @throws LogException when a newer version wrote one
     */
    public @Nullable Snapshot newest() throws IOException {
        for (String name : metas()) {
            try {
                Path data = directory.resolve(base(name) + DATA_SUFFIX);
                Snapshot snapshot = SnapshotMeta.read(storage, directory.resolve(name), data);
                verify(snapshot);
                return snapshot;
            } catch (DamagedLogException e) {
                LOG.error("{}: passing over a damaged snapshot: {}", directory, e.getMessage());
            }
        }
        return null;
    }

    /** The sidecars' names, the newest first. */
    private List<String> metas() throws IOException {
        List<String> metas = new ArrayList<>();
        for (String name : storage.list(directory)) {
            if (name.startsWith(PREFIX) && name.endsWith(SnapshotMeta.SUFFIX)) {
                metas.add(name);
            }
        }
        metas.sort(Comparator.comparing((String name) -> name.substring(0, PREFIX.length() + 20))
                .thenComparingLong(name -> numberOf(base(name)))
                .reversed());
        return metas;
    }

    private static String base(String metaName) {
        return metaName.substring(0, metaName.length() - SnapshotMeta.SUFFIX.length());
    }

    /** Reads all the data. @throws DamagedLogException when it is not what was written */
    public void verify(Snapshot snapshot) throws IOException {
        Path file = snapshot.file();
        if (!storage.exists(file)) {
            throw new DamagedLogException(file, 0, "the data of the snapshot is missing");
        }
        CRC32C crc = new CRC32C();
        long bytes = 0;
        try (InputStream in = read(snapshot)) {
            byte[] block = new byte[BLOCK_BYTES];
            for (int n = in.read(block); n > 0; n = in.read(block)) {
                crc.update(block, 0, n);
                bytes += n;
            }
        }
        if (bytes != snapshot.bytes() || (int) crc.getValue() != snapshot.checksum()) {
            throw new DamagedLogException(
                    file, bytes, "the data of the snapshot has " + bytes + " bytes or a checksum that does not fit");
        }
    }

    /** The data as a stream; unbuffered. */
    public InputStream read(Snapshot snapshot) throws IOException {
        return new Stream(storage.open(snapshot.file(), Storage.Mode.READ));
    }

    private static final class Stream extends InputStream {
        private final StorageFile file;
        private long position;

        Stream(StorageFile file) {
            this.file = file;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int from, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            int n = file.read(ByteBuffer.wrap(target, from, length), position);
            position += n;
            return n == 0 ? -1 : n;
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
