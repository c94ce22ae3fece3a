package io.cairn.keyspace.collection;

/** The id of a stream's entry: two unsigned longs, milliseconds and sequence, compared in this order. Mutable, to be reused. Redis: streamID. */
public final class StreamId implements Comparable<StreamId> {
    /** Bytes of the longest text: two unsigned longs and a dash. */
    public static final int MAX_TEXT = 41;

    public long ms;
    public long sequence;

    /** 0-0, the smallest, which no entry has. */
    public StreamId() {}

    public StreamId(long ms, long sequence) {
        this.ms = ms;
        this.sequence = sequence;
    }

    public StreamId(StreamId other) {
        this(other.ms, other.sequence);
    }

    /** A new id, 18446744073709551615-18446744073709551615. */
    public static StreamId largest() {
        return new StreamId(-1, -1);
    }

    public void set(long newMs, long newSequence) {
        ms = newMs;
        sequence = newSequence;
    }

    public void set(StreamId other) {
        set(other.ms, other.sequence);
    }

    public boolean isZero() {
        return (ms | sequence) == 0;
    }

    public boolean isLargest() {
        return (ms & sequence) == -1;
    }

    public boolean is(long otherMs, long otherSequence) {
        return ms == otherMs && sequence == otherSequence;
    }

    @Override
    public int compareTo(StreamId other) {
        return compare(ms, sequence, other.ms, other.sequence);
    }

    public int compareTo(long otherMs, long otherSequence) {
        return compare(ms, sequence, otherMs, otherSequence);
    }

    /** Negative, 0 or positive as the first id is smaller than the second, equal or larger. */
    public static int compare(long ms1, long sequence1, long ms2, long sequence2) {
        return ms1 != ms2 ? Long.compareUnsigned(ms1, ms2) : Long.compareUnsigned(sequence1, sequence2);
    }

    /** Goes to the next id; false if that was the last one, and this is 0-0 now. Redis: streamIncrID. */
    public boolean increment() {
        if (isLargest()) {
            set(0, 0);
            return false;
        }
        sequence++;
        if (sequence == 0) {
            ms++;
        }
        return true;
    }

    /** Goes to the id before; false if that was 0-0, and this is the last one now. Redis: streamDecrID. */
    public boolean decrement() {
        if (isZero()) {
            set(-1, -1);
            return false;
        }
        if (sequence == 0) {
            ms--;
        }
        sequence--;
        return true;
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(ms) + "-" + Long.toUnsignedString(sequence);
    }
}
