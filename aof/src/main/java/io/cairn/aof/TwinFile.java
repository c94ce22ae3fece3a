package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A small durable value kept twice in one file. A save overwrites the first copy, forces, overwrites the second, forces.
 * So a crash leaves the old or the new value, one rotten copy is healed from the other, and a save needs no disk space
 * (a log must be able to purge itself on a full disk). One thread at a time.
 *
 * <p>Each copy: magic (8 bytes), format version (4), value length (4), sequence (8), CRC32C of all the rest (4), value.
 */
final class TwinFile implements AutoCloseable {
    /** The copies lie in different disk blocks, so that one torn write cannot hurt both. */
    static final int SLOT_BYTES = 4096;

    private static final int HEAD_BYTES = 28;
    /** Longest value. */
    static final int MAX_VALUE_BYTES = SLOT_BYTES - HEAD_BYTES;

    private final Path path;
    private final StorageFile file;
    private final long magic;
    private final int version;
    private final ByteBuffer slot = ByteBuffer.allocateDirect(SLOT_BYTES);
    private long sequence;

    private TwinFile(Path path, StorageFile file, long magic, int version, long sequence) {
        this.path = path;
        this.file = file;
        this.magic = magic;
        this.version = version;
        this.sequence = sequence;
    }

    /** What a file holds, and which copy said so. */
    record Value(byte[] bytes, long sequence, boolean twinsEqual, int slot) {}

    /** Opens the file, making it with {@code initial} when it is missing; a copy that differs is healed. */
    static TwinFile open(Storage storage, Path path, long magic, int version, byte[] initial) throws IOException {
        if (!storage.exists(path)) {
            create(storage, path, magic, version, initial);
        }
        StorageFile file = storage.open(path, Storage.Mode.WRITE);
        try {
            Value value = read(file, path, magic, version);
            TwinFile twin = new TwinFile(path, file, magic, version, value.sequence());
            if (!value.twinsEqual()) {
                // The good copy is not touched, so a crash in the middle leaves it whole.
                twin.saveSlot(value.bytes(), value.slot() == 0 ? SLOT_BYTES : 0);
            }
            return twin;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static void create(Storage storage, Path path, long magic, int version, byte[] initial) throws IOException {
        Path fresh = path.resolveSibling(path.getFileName() + ".tmp");
        try (TwinFile twin = new TwinFile(path, storage.open(fresh, Storage.Mode.CREATE), magic, version, 0)) {
            twin.save(initial);
        }
        storage.rename(fresh, path);
        Path directory = path.toAbsolutePath().getParent();
        if (directory != null) {
            storage.syncDirectory(directory);
        }
    }

    Value read() throws IOException {
        return read(file, path, magic, version);
    }

    /** @throws DamagedLogException when neither copy is whole; LogException when a newer version wrote it */
    static Value read(StorageFile file, Path path, long magic, int version) throws IOException {
        Value first = readSlot(file, path, magic, version, 0);
        Value second = readSlot(file, path, magic, version, SLOT_BYTES);
        if (first == null && second == null) {
            throw new DamagedLogException(path, 0, "neither copy of its value is whole");
        }
        if (first == null || second == null) {
            Value whole = first == null ? second : first;
            if (whole == null) {
                throw new AssertionError("one copy is whole");
            }
            return new Value(whole.bytes(), whole.sequence(), false, whole.slot());
        }
        Value newer = first.sequence() >= second.sequence() ? first : second;
        return new Value(newer.bytes(), newer.sequence(), first.sequence() == second.sequence(), newer.slot());
    }

    private static @Nullable Value readSlot(StorageFile file, Path path, long magic, int version, int at)
            throws IOException {
        ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES);
        if (file.read(slot, at) < HEAD_BYTES) {
            return null;
        }
        slot.flip();
        if (slot.getLong(0) != magic) {
            return null;
        }
        int length = slot.getInt(12);
        if (length < 0 || HEAD_BYTES + length > slot.limit() || checksum(slot, length) != slot.getInt(24)) {
            return null;
        }
        if (slot.getInt(8) > version) {
            throw new LogException(path + " has format version " + slot.getInt(8) + ", this build knows up to "
                    + version + ": it was written by a newer Cairn");
        }
        byte[] value = new byte[length];
        slot.get(HEAD_BYTES, value);
        return new Value(value, slot.getLong(16), true, at);
    }

    void save(byte[] value) throws IOException {
        if (value.length > MAX_VALUE_BYTES) {
            throw new IllegalArgumentException(value.length + " bytes, at most " + MAX_VALUE_BYTES);
        }
        sequence++;
        saveSlot(value, 0);
        saveSlot(value, SLOT_BYTES);
    }

    private void saveSlot(byte[] value, int at) throws IOException {
        slot.clear();
        slot.putLong(magic)
                .putInt(version)
                .putInt(value.length)
                .putLong(sequence)
                .putInt(0)
                .put(value);
        while (slot.hasRemaining()) {
            slot.put((byte) 0);
        }
        slot.putInt(24, checksum(slot, value.length));
        slot.flip();
        file.write(slot, at);
        file.force(at != 0);
    }

    private static int checksum(ByteBuffer slot, int length) {
        CRC32C crc = new CRC32C();
        ByteBuffer view = slot.duplicate();
        view.position(0).limit(24);
        crc.update(view);
        view.limit(HEAD_BYTES + length).position(HEAD_BYTES);
        crc.update(view);
        return (int) crc.getValue();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
