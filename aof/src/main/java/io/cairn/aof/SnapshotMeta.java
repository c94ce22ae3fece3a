package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/** The sidecar of a snapshot: magic, format version, index, term, data length and checksum, membership, own CRC32C. */
final class SnapshotMeta {
    static final String SUFFIX = ".meta";
    static final int MAX_MEMBERSHIP_BYTES = 1 << 20;

    private static final long MAGIC = 0x434149524e534e50L; // CAIRNSNP
    private static final int VERSION = 1;
    private static final int HEAD_BYTES = 44;

    private SnapshotMeta() {}

    static ByteBuffer encode(long index, long term, String membership, long bytes, int checksum) {
        byte[] text = membership.getBytes(StandardCharsets.UTF_8);
        if (text.length > MAX_MEMBERSHIP_BYTES) {
            throw new IllegalArgumentException("membership of " + text.length + " bytes");
        }
        ByteBuffer out = ByteBuffer.allocate(HEAD_BYTES + text.length + 4);
        out.putLong(MAGIC).putInt(VERSION).putLong(index).putLong(term).putLong(bytes);
        out.putInt(checksum).putInt(text.length).put(text);
        CRC32C crc = new CRC32C();
        crc.update(out.array(), 0, out.position());
        out.putInt((int) crc.getValue());
        return out.flip();
    }

    static Snapshot read(Storage storage, Path meta, Path data) throws IOException {
        ByteBuffer in;
        try (StorageFile file = storage.open(meta, Storage.Mode.READ)) {
            long size = Math.min(file.size(), HEAD_BYTES + MAX_MEMBERSHIP_BYTES + 4L);
            in = ByteBuffer.allocate((int) size);
            file.read(in, 0);
        }
        in.flip();
        if (in.limit() < HEAD_BYTES + 4 || in.getLong(0) != MAGIC) {
            throw new DamagedLogException(meta, 0, "it is not the sidecar of a snapshot");
        }
        CRC32C crc = new CRC32C();
        crc.update(in.array(), 0, in.limit() - 4);
        if ((int) crc.getValue() != in.getInt(in.limit() - 4)) {
            throw new DamagedLogException(meta, 0, "bad checksum");
        }
        if (in.getInt(8) > VERSION) {
            throw new LogException(meta + " has format version " + in.getInt(8) + ", this build knows up to " + VERSION
                    + ": it was written by a newer Cairn");
        }
        int textBytes = in.getInt(40);
        if (textBytes < 0 || HEAD_BYTES + textBytes + 4 != in.limit()) {
            throw new DamagedLogException(meta, 40, "bad length");
        }
        String membership = new String(in.array(), HEAD_BYTES, textBytes, StandardCharsets.UTF_8);
        return new Snapshot(in.getLong(12), in.getLong(20), membership, in.getLong(28), in.getInt(36), data);
    }
}
