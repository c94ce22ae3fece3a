package io.cairn.aof;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Where readers that go through the log one entry at a time (a replica that starts, the feed of one that lags) have got to,
 * with what they have read beyond it: a read of the disk serves some hundred of them. Any thread.
 */
final class ReadAhead {
    /** As many readers at once: the replica's own and the feeds of its followers. */
    private static final int READERS = 4;

    private final AtomicReferenceArray<@Nullable Reader> readers = new AtomicReferenceArray<>(READERS);
    private final AtomicInteger turn = new AtomicInteger();

    /**
     * @param generation of the log, from before the bytes were read
     * @param limit last index of the log, learned after the generation and before the bytes were read: of what lies beyond it they
     *     may still show entries that were truncated
     */
    record Reader(Segment.Place place, long generation, long limit) {}

    /** Who has got to {@code index} of this segment, if anybody has; nobody else takes him then. */
    @Nullable
    Reader take(Segment segment, long index, long generation) {
        for (int i = 0; i < READERS; i++) {
            Reader reader = readers.get(i);
            if (reader != null
                    && reader.place.index() == index
                    && reader.place.segment() == segment
                    && reader.generation == generation
                    && index <= reader.limit
                    && readers.compareAndSet(i, reader, null)) {
                return reader;
            }
        }
        return null;
    }

    /** Keeps a reader, instead of one that the log has changed under or, when there are too many, of another. */
    void keep(Reader reader) {
        for (int i = 0; i < READERS; i++) {
            Reader there = readers.get(i);
            if ((there == null || there.generation < reader.generation) && readers.compareAndSet(i, there, reader)) {
                return;
            }
        }
        readers.set(Math.floorMod(turn.getAndIncrement(), READERS), reader);
    }
}
