package io.cairn.replica;

import io.cairn.mode.ChangeStream.Position;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.function.BooleanSupplier;

/** What a link needs of the node that follows. Called on the link's thread. */
public interface Following {
    /**
     * Replaces all data by an RDB file's, which comes with the primary's history; the log, if there is one, begins anew with it. Blocks. When it throws, the
     * node has no data, or not all of it: all must be fetched again.
     *
     * @param position the history and how far the data is; its database counts unless the file names one
     * @param current asked under all locks: false when the node follows another by now; nothing is replaced then
     * @return the database that the primary's stream is at, -1 when nothing was replaced
     */
    int replaceData(ReadableByteChannel file, Position position, BooleanSupplier current) throws IOException;

    /** Whether the node has no keys. */
    boolean isEmpty();

    /** Index of the last record in the log, 0 without one. */
    long logIndex();

    /** Index up to which the log is on disk. */
    long syncedIndex();

    /** Whether there is a log. */
    boolean isLogging();

    /** What came could not be applied for want of something local: the node may not go on. */
    void fatal(String doing, Throwable cause);
}
