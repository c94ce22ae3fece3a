package io.cairn.mode;

import io.cairn.keyspace.DataLimits;
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
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * What a shard's replicated state holds beside keys: the last stamp, large arguments whose record is still to come, and how far
 * migrations to this shard have come.
 *
 * <pre>
 * "CAIRNSTA" | format (2) | stamp | number of blobs | per blob: id, total, received, bytes
 *   | number of imports | per import: id, slots, limits, rest of a frame | CRC-32C of all before
 * </pre>
 *
 * Format 1 has no imports.
 */
final class ShardState {
    private static final long MAGIC = 0x434149524e535441L;
    private static final byte FORMAT = 2;
    private static final int SLICE_BYTES = 64 * 1024;

    private final long stamp;
    private final List<Blob> blobs;
    private final List<Import> imports;

    /**
     * A migration to this shard.
     *
     * @param limits the source's
     * @param rest begins with what there is of a frame that is not complete, {@code length} bytes, which never change; whoever has this
     *     record has a reference to it
     */
    record Import(String id, BitSet slots, DataLimits limits, NativeBlock rest, int length) {}

    private record Blob(long id, NativeBlock block, long received, long total) {}

    private ShardState(long stamp, List<Blob> blobs, List<Import> imports) {
        this.stamp = stamp;
        this.blobs = blobs;
        this.imports = imports;
    }

    /** The present state; the bytes received so far never change, so holding on to the blocks is enough. */
    static ShardState of(long stamp, ReceivedBlobs received, List<Import> imports) {
        List<Blob> blobs = new ArrayList<>();
        received.forEach((id, block, bytes, total) -> blobs.add(new Blob(id, block.retain(), bytes, total)));
        return new ShardState(stamp, blobs, imports);
    }

    /** Writes and fsyncs the file. */
    void write(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            CRC32C crc = new CRC32C();
            OutputStream plain = new BufferedOutputStream(Channels.newOutputStream(channel), SLICE_BYTES);
            DataOutputStream out = new DataOutputStream(new CheckedOutputStream(plain, crc));
            out.writeLong(MAGIC);
            // An older build reads what says nothing that it does not know.
            out.writeByte(imports.isEmpty() ? 1 : FORMAT);
            out.writeLong(stamp);
            out.writeInt(blobs.size());
            byte[] slice = new byte[SLICE_BYTES];
            for (Blob blob : blobs) {
                out.writeLong(blob.id());
                out.writeLong(blob.total());
                out.writeLong(blob.received());
                write(out, blob.block(), blob.received(), slice);
            }
            if (!imports.isEmpty()) {
                out.writeInt(imports.size());
            }
            for (Import one : imports) {
                out.writeUTF(one.id());
                byte[] slots = one.slots().toByteArray();
                out.writeInt(slots.length);
                out.write(slots);
                out.writeUTF(one.limits().text());
                out.writeInt(one.length());
                write(out, one.rest(), one.length(), slice);
            }
            long sum = crc.getValue();
            out.writeLong(sum);
            out.flush();
            channel.force(true);
        }
    }

    private static void write(DataOutputStream out, NativeBlock block, long length, byte[] slice) throws IOException {
        for (long at = 0; at < length; at += SLICE_BYTES) {
            int part = (int) Math.min(SLICE_BYTES, length - at);
            Memory.copy(block.address() + at, slice, 0, part);
            out.write(slice, 0, part);
        }
    }

    private static void read(DataInputStream in, NativeBlock block, long length) throws IOException {
        byte[] slice = new byte[SLICE_BYTES];
        for (long at = 0; at < length; at += SLICE_BYTES) {
            int part = (int) Math.min(SLICE_BYTES, length - at);
            in.readFully(slice, 0, part);
            Memory.copy(slice, 0, block.address() + at, part);
        }
    }

    void release() {
        blobs.forEach(blob -> blob.block().release());
        imports.forEach(one -> one.rest().release());
    }

    /**
     * Reads a file back.
     *
     * @return the stamp
     * @throws IOException when it is damaged or of a newer format
     */
    static long read(Path file, ReceivedBlobs into, Consumer<Import> imports) throws IOException {
        CRC32C crc = new CRC32C();
        try (DataInputStream in = new DataInputStream(
                new CheckedInputStream(new BufferedInputStream(Files.newInputStream(file), SLICE_BYTES), crc))) {
            if (in.readLong() != MAGIC) {
                throw new IOException(file + " is not a shard's state");
            }
            int format = in.readByte();
            if (format < 1 || format > FORMAT) {
                throw new IOException(file + " is of format " + format + ", known is " + FORMAT);
            }
            long stamp = in.readLong();
            int count = in.readInt();
            for (int i = 0; i < count; i++) {
                readBlob(in, file, into);
            }
            for (int left = format > 1 ? in.readInt() : 0; left > 0; left--) {
                imports.accept(readImport(in, file));
            }
            long sum = crc.getValue();
            if (in.readLong() != sum || stamp < 0) {
                throw new IOException(file + " is damaged");
            }
            return stamp;
        }
    }

    private static Import readImport(DataInputStream in, Path file) throws IOException {
        String id = in.readUTF();
        BitSet slots = BitSet.valueOf(readBytes(in, file));
        DataLimits limits;
        try {
            limits = DataLimits.parse(in.readUTF());
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged", e);
        }
        int length = in.readInt();
        if (length < 0) {
            throw new IOException(file + " is damaged");
        }
        NativeBlock rest = NativeBlock.allocate(Math.max(1, length));
        read(in, rest, length);
        return new Import(id, slots, limits, rest, length);
    }

    private static byte[] readBytes(DataInputStream in, Path file) throws IOException {
        int length = in.readInt();
        byte[] bytes = length < 0 ? new byte[0] : in.readNBytes(length);
        if (bytes.length != length) {
            throw new IOException(file + " is damaged");
        }
        return bytes;
    }

    private static void readBlob(DataInputStream in, Path file, ReceivedBlobs into) throws IOException {
        long id = in.readLong();
        long total = in.readLong();
        long received = in.readLong();
        if (total < 0 || total > Integer.MAX_VALUE || received < 0 || received > total) {
            throw new IOException(file + " is damaged");
        }
        NativeBlock block = NativeBlock.allocate((int) total);
        read(in, block, received);
        into.restore(id, block, received, total);
    }
}
