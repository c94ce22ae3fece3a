package io.cairn.aof;

import java.util.Collections;
import java.util.List;

/**
 * Counters of one log since it was opened.
 *
 * @param appendedEntries entries appended
 * @param appendedBytes bytes of frames appended, headers included
 * @param syncs fsyncs done
 * @param syncNanos time spent in them, nanoseconds
 * @param segments segment files now
 * @param diskBytes bytes of the segment files now, preallocated space included
 * @param syncCounts fsyncs that took at most the bound at the same place of {@link #SYNC_BOUNDS_MICROS} and more than the
 *     one before; the last count is of all slower ones
 */
public record LogStats(
        long appendedEntries,
        long appendedBytes,
        long syncs,
        long syncNanos,
        int segments,
        long diskBytes,
        List<Long> syncCounts) {
    /** Upper bounds of {@link #syncCounts}, microseconds: 0.1 ms to 5 s. */
    public static final List<Long> SYNC_BOUNDS_MICROS = List.of(
            100L,
            250L,
            500L,
            1_000L,
            2_500L,
            5_000L,
            10_000L,
            25_000L,
            50_000L,
            100_000L,
            250_000L,
            500_000L,
            1_000_000L,
            2_500_000L,
            5_000_000L);

    private static final List<Long> NO_SYNCS = Collections.nCopies(SYNC_BOUNDS_MICROS.size() + 1, 0L);

    public LogStats {
        syncCounts = List.copyOf(syncCounts);
    }

    /** Where there is no log, or one that forces nothing. */
    public LogStats(
            long appendedEntries, long appendedBytes, long syncs, long syncNanos, int segments, long diskBytes) {
        this(appendedEntries, appendedBytes, syncs, syncNanos, segments, diskBytes, NO_SYNCS);
    }
}
