package io.cairn.aof;

/**
 * How a log is kept.
 *
 * @param name for threads and log lines
 * @param segmentBytes size of a segment file, {@value #MIN_SEGMENT_BYTES} to {@value #MAX_SEGMENT_BYTES} bytes. The
 *     first one is at most {@value #FIRST_SEGMENT_BYTES} bytes and each next one twice as large until this size is
 *     reached, so that many idle logs cost little disk; an entry that does not fit has a segment of its own
 * @param policy when appends are forced
 * @param background where preallocation and the once-a-second fsync run; closed with the log
 */
public record LogOptions(String name, int segmentBytes, FsyncPolicy policy, Background background) {
    public static final int MIN_SEGMENT_BYTES = 8 * 1024;
    public static final int MAX_SEGMENT_BYTES = 1 << 30;
    public static final int FIRST_SEGMENT_BYTES = 4 << 20;

    /** Segment size for small logs, as the meta group's. */
    public static final int SMALL_SEGMENT_BYTES = 1 << 20;

    /** Segment size for data. */
    public static final int DATA_SEGMENT_BYTES = 64 << 20;

    public LogOptions {
        if (segmentBytes < MIN_SEGMENT_BYTES || segmentBytes > MAX_SEGMENT_BYTES) {
            throw new IllegalArgumentException(
                    "segmentBytes " + segmentBytes + ", must be " + MIN_SEGMENT_BYTES + " to " + MAX_SEGMENT_BYTES);
        }
    }

    public static LogOptions of(String name, int segmentBytes, FsyncPolicy policy) {
        return new LogOptions(name, segmentBytes, policy, Background.thread(name));
    }
}
