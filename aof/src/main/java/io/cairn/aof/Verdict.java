package io.cairn.aof;

import java.io.IOException;

/**
 * How a segment ends, once its good frames are read.
 *
 * @param end offset behind the last byte that is not zero
 * @param text what is wrong, in one clause
 */
record Verdict(Kind kind, int end, String text) {
    enum Kind {
        /** Zeros to the end. */
        CLEAN,
        /** Bytes that were never known to be durable: cut them. */
        TORN,
        /** Something that was durable is gone: stop. */
        DAMAGED
    }

    /**
     * Judges what is behind the last good frame.
     *
     * @param cursor after its {@code next} said false
     * @param nextFirst first index of the next segment, -1 when this is the last one
     */
    static Verdict of(StorageFile file, FrameCursor cursor, long nextFirst) throws IOException {
        int bad = cursor.offset();
        long entry = cursor.expected();
        int end = cursor.endOfBytes(bad);
        if (nextFirst >= 0) {
            if (entry == nextFirst && end == bad) {
                return new Verdict(Kind.CLEAN, end, "");
            }
            String text = end > bad
                    ? "entry " + entry + " is not readable, but later segments follow"
                    : "it ends before entry " + entry + ", but the next segment starts with entry " + nextFirst;
            return new Verdict(Kind.DAMAGED, end, text);
        }
        if (end == bad) {
            return new Verdict(Kind.CLEAN, end, "");
        }
        boolean wasDurable = SegmentHeader.readMark(file) > bad;
        int later = cursor.findLater(bad, !wasDurable);
        if (later >= 0) {
            return new Verdict(
                    Kind.DAMAGED,
                    end,
                    "entry " + entry + " is not readable, but good entries follow at offset " + later);
        }
        return new Verdict(
                Kind.TORN,
                end,
                "the log ends in a torn write at entry " + entry
                        + (wasDurable
                                ? ", which had been forced to the disk before: it may have been acknowledged"
                                : ""));
    }
}
