package io.cairn.keyspace;

import java.util.regex.Pattern;

/**
 * Limits of forms that are seen in the data, unlike {@link EncodingLimits}: an intset is ordered by value, and SPOP goes by order; GET shows whether a
 * HyperLogLog is dense; {@code MAXLEN ~} removes whole nodes of a stream. So they are data themselves: changed by a record of the log, the same on all
 * replicas, and part of snapshots.
 *
 * @param setIntegers numbers in an intset
 * @param hllSparseBytes bytes of a sparse HyperLogLog
 * @param streamNodeBytes bytes of a stream's node, 0 for no limit
 * @param streamNodeEntries entries of a stream's node, 0 for no limit
 */
public record DataLimits(long setIntegers, long hllSparseBytes, long streamNodeBytes, long streamNodeEntries) {
    /** Redis's defaults: what holds as long as no log says otherwise. */
    public static final DataLimits DEFAULT = new DataLimits(512, 3000, 4096, 100);

    private static final Pattern TEXT = Pattern.compile("\\d{1,19}( \\d{1,19}){3}");

    /** The form of snapshots. */
    public String text() {
        return setIntegers + " " + hllSparseBytes + " " + streamNodeBytes + " " + streamNodeEntries;
    }

    /** Reads {@link #text}. @throws IllegalArgumentException for anything else */
    public static DataLimits parse(String text) {
        if (!TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException("no limits: " + text);
        }
        String[] numbers = text.split(" ", -1);
        return new DataLimits(
                Long.parseLong(numbers[0]),
                Long.parseLong(numbers[1]),
                Long.parseLong(numbers[2]),
                Long.parseLong(numbers[3]));
    }
}
