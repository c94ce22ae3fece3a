package io.cairn.aof;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** An open file of a {@link Storage}. Positional, so that any number of threads may use it at once. */
public interface StorageFile extends Closeable {
    /**
     * Reads until {@code target} is full or the file ends.
     *
     * @return bytes read, 0 at or behind the end of the file
     */
    int read(ByteBuffer target, long position) throws IOException;

    /**
     * Writes all of {@code source}.
     *
     * @throws NoSpaceException when the disk is full; a part may have been written
     */
    void write(ByteBuffer source, long position) throws IOException;

    /** Forces what was written to the disk; {@code metadata} says whether the size may have changed. */
    void force(boolean metadata) throws IOException;

    long size() throws IOException;

    @Override
    void close() throws IOException;
}
