package io.cairn.aof;

/**
 * Counters of one log since it was opened.
 *
 * @param appendedEntries entries appended
 * @param appendedBytes bytes of frames appended, headers included
 * @param syncs fsyncs done
 * @param syncNanos time spent in them, nanoseconds
 * @param segments segment files now
 * @param diskBytes bytes of the segment files now, preallocated space included
 */
public record LogStats(
        long appendedEntries, long appendedBytes, long syncs, long syncNanos, int segments, long diskBytes) {}
