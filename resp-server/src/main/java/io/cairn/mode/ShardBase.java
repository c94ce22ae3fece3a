package io.cairn.mode;

import io.cairn.raft.group.GroupBase;
import io.cairn.raft.meta.DurableFile;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a shard's raft log begins on data that its members had in gossip mode: the file {@code base} names the data; it is in the log of that time.
 *
 * @param index of the base in the shard's raft log
 * @param localIndex last entry of this node's log of gossip mode that belongs to the data
 */
public record ShardBase(String shardId, long index, long localIndex) {
    private static final int FORMAT = 1;

    /** Whether the snapshot in {@code dir} is one. */
    static boolean isIn(Path dir) {
        return Files.exists(dir.resolve(GroupBase.FILE));
    }

    /** Writes it into the directory of a snapshot, which is then forced to the disk. Blocks. */
    public void write(Path dir) throws IOException {
        byte[] bytes = new WireWriter()
                .u8(FORMAT)
                .text(shardId)
                .i64(index)
                .i64(localIndex)
                .toBytes();
        Files.write(dir.resolve(GroupBase.FILE), DurableFile.framed(bytes));
    }

    /** @throws IOException when the file is damaged or of a newer format */
    public static ShardBase read(Path dir) throws IOException {
        Path file = dir.resolve(GroupBase.FILE);
        try {
            WireReader in = new WireReader(DurableFile.read(file));
            int format = in.u8();
            if (format != FORMAT) {
                throw new IOException(file + " is of format " + format + ", known is " + FORMAT);
            }
            ShardBase base = new ShardBase(in.text(), in.i64(), in.i64());
            in.end();
            return base;
        } catch (io.cairn.raft.meta.FormatException e) {
            throw new IOException(file + " is damaged", e);
        }
    }

    /** Brings the data of a base in. */
    @FunctionalInterface
    public interface Loader {
        /**
         * Leaves the keyspace with exactly the data of the base. On the thread that opens the replica; nobody else uses the keyspace but for reads. Blocks.
         *
         * @return the last stamp that this node gave or saw, milliseconds
         * @throws IOException when the data is not here as it must be
         */
        long load(ShardBase base) throws IOException;
    }
}
