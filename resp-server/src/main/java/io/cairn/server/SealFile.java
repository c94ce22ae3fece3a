package io.cairn.server;

import io.cairn.cluster.rollout.DataSwitch.Position;
import io.cairn.raft.meta.DurableFile;
import io.cairn.raft.meta.FormatException;
import io.cairn.raft.meta.WireReader;
import io.cairn.raft.meta.WireWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a node has said of the end of its shard's gossip mode, in {@code shard/seal}: that its data is at a place of the primary's stream when its log ends with
 * an entry. It outlives a crash, which the place in the stream does not.
 *
 * @param attempt of the rollout
 * @param localIndex last entry of the node's log
 * @param primary the node sealed the place itself, rather than reached it
 */
record SealFile(long attempt, Position position, long localIndex, boolean primary) {
    static final String NAME = "seal";
    private static final int FORMAT = 1;

    static @Nullable SealFile read(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            return null;
        }
        try {
            WireReader in = new WireReader(DurableFile.read(file));
            int format = in.u8();
            if (format != FORMAT) {
                throw new IOException(file + " is of format " + format + ", known is " + FORMAT);
            }
            SealFile seal = new SealFile(in.i64(), new Position(in.text(), in.i64()), in.i64(), in.u8() == 1);
            in.end();
            return seal;
        } catch (FormatException e) {
            throw new IOException(file + " is damaged", e);
        }
    }

    void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        DurableFile.write(
                directory.resolve(NAME),
                new WireWriter()
                        .u8(FORMAT)
                        .i64(attempt)
                        .text(position.history())
                        .i64(position.offset())
                        .i64(localIndex)
                        .u8(primary ? 1 : 0)
                        .toBytes());
    }

    static void delete(Path directory) throws IOException {
        if (Files.deleteIfExists(directory.resolve(NAME))) {
            DurableFile.syncDirectory(directory);
        }
    }
}
