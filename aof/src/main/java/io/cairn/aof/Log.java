package io.cairn.aof;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A log of entries with consecutive indexes. One thread at a time may change it (append, truncate, reset); any number
 * may read meanwhile. Every implementation passes {@code LogConformanceTest}.
 */
public interface Log extends AutoCloseable {
    /** Index of the first entry kept; {@code lastIndex() + 1} when the log is empty; 1 for a new log. */
    long firstIndex();

    /** Index of the last entry; {@code firstIndex() - 1} when the log is empty. */
    long lastIndex();

    /** Term of the entry at {@code index}, or 0 when the log does not hold it. */
    long term(long index) throws LogException;

    /** The entry at {@code index} with a payload of its own, or null when the log does not hold it. */
    @Nullable
    Entry read(long index) throws LogException;

    /**
     * Appends entries whose indexes continue the log. When it returns they are written, and fsynced if the policy is
     * {@code always}. Either all of the batch is in the log or the log is broken.
     *
     * @throws DiskFullException before anything was written, when no space could be preallocated; the log stays usable
     * @throws LogException when writing or syncing failed; the log is broken
     */
    void append(List<Entry> entries) throws LogException;

    /** Forces what was appended to the disk, whatever the policy. */
    void sync() throws LogException;

    /** Drops the entries before {@code firstKept} (after a snapshot). Crash-safe; frees whole segments only. */
    void truncatePrefix(long firstKept) throws LogException;

    /** Drops the entries after {@code lastKept} (a Raft conflict). Durable on return: they never come back. */
    void truncateSuffix(long lastKept) throws LogException;

    /** Empties the log; the next entry will be {@code nextIndex} (after a snapshot from elsewhere). Durable on return. */
    void reset(long nextIndex) throws LogException;

    /** Bytes that the entries from {@code index} on take in the files, at most a few KiB too many. Any thread. */
    long bytesFrom(long index);

    /** Counters for metrics. */
    LogStats stats();

    @Override
    void close() throws LogException;
}
