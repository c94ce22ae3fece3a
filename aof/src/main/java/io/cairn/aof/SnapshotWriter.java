package io.cairn.aof;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Takes the data of one snapshot. It counts only once {@link #commit} has returned; closed before that, it leaves
 * nothing behind. One thread at a time.
 */
public final class SnapshotWriter extends OutputStream {
    private static final int BUFFER_BYTES = 256 * 1024;
    /** Forced this often while writing, so that the log's fsyncs do not wait behind a whole snapshot at the end. */
    private static final long FORCE_EVERY_BYTES = 8 << 20;

    private final SnapshotStore store;
    private final Path temporary;
    private final StorageFile file;
    private final long index;
    private final long term;
    private final String membership;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final CRC32C crc = new CRC32C();
    private long written;
    private long forced;
    private boolean done;

    SnapshotWriter(SnapshotStore store, Path temporary, StorageFile file, long index, long term, String membership) {
        this.store = store;
        this.temporary = temporary;
        this.file = file;
        this.index = index;
        this.term = term;
        this.membership = membership;
    }

    /** Bytes taken so far. */
    public long bytes() {
        return written + buffer.position();
    }

    @Override
    public void write(int value) throws IOException {
        if (!buffer.hasRemaining()) {
            drain();
        }
        buffer.put((byte) value);
    }

    @Override
    public void write(byte[] source, int from, int length) throws IOException {
        write(ByteBuffer.wrap(source, from, length));
    }

    /** Takes all from position to limit. @throws NoSpaceException when the disk is full: close, and try again later */
    public void write(ByteBuffer source) throws IOException {
        while (source.hasRemaining()) {
            if (!buffer.hasRemaining()) {
                drain();
            }
            int n = Math.min(buffer.remaining(), source.remaining());
            int limit = source.limit();
            buffer.put(source.limit(source.position() + n));
            source.limit(limit);
        }
    }

    private void drain() throws IOException {
        if (done) {
            throw new IOException("the snapshot is closed: " + temporary);
        }
        buffer.flip();
        crc.update(buffer);
        buffer.rewind();
        int n = buffer.remaining();
        file.write(buffer, written);
        written += n;
        buffer.clear();
        if (written - forced >= FORCE_EVERY_BYTES) {
            file.force(true);
            forced = written;
        }
    }

    /**
     * Makes the snapshot durable and the newest one; older ones are deleted.
     *
     * @throws NoSpaceException when the disk is full; the older snapshot stays the newest
     */
    public Snapshot commit() throws IOException {
        drain();
        file.force(true);
        file.close();
        Snapshot snapshot = store.commit(temporary, index, term, membership, written, (int) crc.getValue());
        done = true;
        return snapshot;
    }

    /** Gives the snapshot up unless it was committed. */
    @Override
    public void close() throws IOException {
        if (!done) {
            done = true;
            file.close();
            store.abandon(temporary);
        }
    }
}
