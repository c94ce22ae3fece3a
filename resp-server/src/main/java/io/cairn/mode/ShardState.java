package io.cairn.mode;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.record.ReceivedBlobs;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * What a shard's replicated state holds beside keys: the last stamp, and large arguments whose record is still to come.
 *
 * <pre>
 * "CAIRNSTA" | format (1) | stamp | number of blobs | per blob: id, total, received, bytes | CRC-32C of all before
 * </pre>
 */
final class ShardState {
    private static final long MAGIC = 0x434149524e535441L;
    private static final byte FORMAT = 1;
    private static final int SLICE_BYTES = 64 * 1024;

    private final long stamp;
    private final List<Blob> blobs;

    private record Blob(long id, NativeBlock block, long received, long total) {}

    private ShardState(long stamp, List<Blob> blobs) {
        this.stamp = stamp;
        this.blobs = blobs;
    }

    /** The present state; the bytes received so far never change, so holding on to the blocks is enough. */
    static ShardState of(long stamp, ReceivedBlobs received) {
        List<Blob> blobs = new ArrayList<>();
        received.forEach((id, block, bytes, total) -> blobs.add(new Blob(id, block.retain(), bytes, total)));
        return new ShardState(stamp, blobs);
    }

    /** Writes and fsyncs the file. */
    void write(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            CRC32C crc = new CRC32C();
            OutputStream plain = new BufferedOutputStream(Channels.newOutputStream(channel), SLICE_BYTES);
            DataOutputStream out = new DataOutputStream(new CheckedOutputStream(plain, crc));
            out.writeLong(MAGIC);
            out.writeByte(FORMAT);
            out.writeLong(stamp);
            out.writeInt(blobs.size());
            byte[] slice = new byte[SLICE_BYTES];
            for (Blob blob : blobs) {
                out.writeLong(blob.id());
                out.writeLong(blob.total());
                out.writeLong(blob.received());
                for (long at = 0; at < blob.received(); at += SLICE_BYTES) {
                    int length = (int) Math.min(SLICE_BYTES, blob.received() - at);
                    Memory.copy(blob.block().address() + at, slice, 0, length);
                    out.write(slice, 0, length);
                }
            }
            long sum = crc.getValue();
            out.writeLong(sum);
            out.flush();
            channel.force(true);
        }
    }

    void release() {
        blobs.forEach(blob -> blob.block().release());
    }

    /**
     * Reads a file back.
     *
     * @return the stamp
     * @throws IOException when it is damaged or of a newer format
     */
    static long read(Path file, ReceivedBlobs into) throws IOException {
        CRC32C crc = new CRC32C();
        try (DataInputStream in = new DataInputStream(
                new CheckedInputStream(new BufferedInputStream(Files.newInputStream(file), SLICE_BYTES), crc))) {
            if (in.readLong() != MAGIC) {
                throw new IOException(file + " is not a shard's state");
            }
            int format = in.readByte();
            if (format != FORMAT) {
                throw new IOException(file + " is of format " + format + ", known is " + FORMAT);
            }
            long stamp = in.readLong();
            int count = in.readInt();
            for (int i = 0; i < count; i++) {
                readBlob(in, file, into);
            }
            long sum = crc.getValue();
            if (in.readLong() != sum || stamp < 0) {
                throw new IOException(file + " is damaged");
            }
            return stamp;
        }
    }

    private static void readBlob(DataInputStream in, Path file, ReceivedBlobs into) throws IOException {
        long id = in.readLong();
        long total = in.readLong();
        long received = in.readLong();
        if (total < 0 || total > Integer.MAX_VALUE || received < 0 || received > total) {
            throw new IOException(file + " is damaged");
        }
        NativeBlock block = NativeBlock.allocate((int) total);
        byte[] slice = new byte[SLICE_BYTES];
        for (long at = 0; at < received; at += SLICE_BYTES) {
            int length = (int) Math.min(SLICE_BYTES, received - at);
            in.readFully(slice, 0, length);
            Memory.copy(slice, 0, block.address() + at, length);
        }
        into.restore(id, block, received, total);
    }
}
