package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps zero-filled files ready to become segments. Zeros are written and forced, since an fsync into space that the
 * file system has not yet really given takes several times as long; and a full disk shows here, before an entry is
 * written. Thread-safe.
 */
final class Preallocator {
    static final String PREFIX = "spare-";
    static final String SUFFIX = ".tmp";

    private static final int CHUNK_BYTES = 64 * 1024;
    /** Forced this often while filling, so that the appender's own fsyncs do not wait behind all of it. */
    private static final int FORCE_EVERY_BYTES = 4 << 20;

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Storage storage;
    private final Path directory;
    private final Background background;
    private final ArrayDeque<Spare> ready = new ArrayDeque<>();
    private long readyBytes;
    private long named;
    private boolean working;
    private boolean closed;
    private @Nullable NoSpaceException full;
    private long fullSinceNanos;
    private @Nullable IOException failure;

    /** A zero-filled file that is not a segment yet. */
    record Spare(Path path, StorageFile file, int bytes) {}

    Preallocator(Storage storage, Path directory, Background background) {
        this.storage = storage;
        this.directory = directory;
        this.background = background;
    }

    /**
     * A spare of at least {@code minBytes}, made now if none is ready.
     *
     * @throws DiskFullException when there is no space
     */
    Spare take(int minBytes, int wantedBytes) throws IOException {
        synchronized (this) {
            // Whoever finds the background at work takes what it makes: two at once would only be slower.
            try {
                while (working && ready.isEmpty() && failure == null) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LogException("interrupted while waiting for a segment", e);
            }
            if (failure != null) {
                throw failure;
            }
            for (Iterator<Spare> i = ready.iterator(); i.hasNext(); ) {
                Spare spare = i.next();
                if (spare.bytes >= minBytes) {
                    i.remove();
                    readyBytes -= spare.bytes - SegmentHeader.BYTES;
                    return spare;
                }
            }
        }
        try {
            Spare spare = make(Math.max(minBytes, wantedBytes));
            noteSpace();
            return spare;
        } catch (NoSpaceException e) {
            noteFull(e);
            throw new DiskFullException(
                    "no space for a segment of " + Math.max(minBytes, wantedBytes) + " bytes in " + directory, e);
        }
    }

    /** Puts back what was taken for a batch that could not be written after all. */
    synchronized void giveBack(Spare spare) {
        ready.addFirst(spare);
        readyBytes += spare.bytes - SegmentHeader.BYTES;
    }

    /** Bytes of frames that the ready spares hold. */
    synchronized long readyBytes() {
        return readyBytes;
    }

    /** Whether the last try found no space. */
    synchronized boolean full() {
        return full != null;
    }

    /** Makes spares of this size in the background until {@code bytes} are ready; returns at once. */
    void prepare(long bytes, int spareBytes) {
        synchronized (this) {
            if (working || closed || failure != null || readyBytes >= bytes) {
                return;
            }
            if (full != null && System.nanoTime() - fullSinceNanos < RETRY_NANOS) {
                return;
            }
            working = true;
        }
        background.run(() -> fillUp(bytes, spareBytes));
    }

    private void fillUp(long bytes, int spareBytes) {
        try {
            while (wants(bytes)) {
                Spare spare = make(spareBytes);
                synchronized (this) {
                    if (!closed) {
                        ready.add(spare);
                        readyBytes += spare.bytes - SegmentHeader.BYTES;
                        full = null;
                        notifyAll();
                        continue;
                    }
                }
                discard(spare);
            }
        } catch (NoSpaceException e) {
            noteFull(e);
        } catch (IOException | RuntimeException e) {
            synchronized (this) {
                failure = e instanceof IOException io ? io : new IOException("preallocation failed", e);
            }
        } finally {
            synchronized (this) {
                working = false;
                notifyAll();
            }
        }
    }

    private synchronized boolean wants(long bytes) {
        return !closed && readyBytes < bytes;
    }

    private synchronized void noteFull(NoSpaceException e) {
        full = e;
        fullSinceNanos = System.nanoTime();
    }

    private synchronized void noteSpace() {
        full = null;
    }

    private Spare make(int bytes) throws IOException {
        Path path;
        synchronized (this) {
            path = directory.resolve(PREFIX + ++named + SUFFIX);
        }
        StorageFile file = storage.open(path, Storage.Mode.CREATE);
        try {
            ByteBuffer zeros = ByteBuffer.allocateDirect(Math.min(bytes, CHUNK_BYTES));
            int unforced = 0;
            for (int at = 0; at < bytes; ) {
                zeros.clear().limit(Math.min(zeros.capacity(), bytes - at));
                int n = zeros.remaining();
                file.write(zeros, at);
                at += n;
                unforced += n;
                if (unforced >= FORCE_EVERY_BYTES || at == bytes) {
                    file.force(true);
                    unforced = 0;
                }
            }
            return new Spare(path, file, bytes);
        } catch (IOException | RuntimeException e) {
            file.close();
            // A half-made spare would hold the very space that is missing.
            storage.delete(path);
            throw e;
        }
    }

    private void discard(Spare spare) throws IOException {
        spare.file.close();
        storage.delete(spare.path);
    }

    /** Closes and deletes the spares. */
    void close() throws IOException {
        ArrayDeque<Spare> left;
        synchronized (this) {
            closed = true;
            left = new ArrayDeque<>(ready);
            ready.clear();
            readyBytes = 0;
        }
        for (Spare spare : left) {
            discard(spare);
        }
    }
}
