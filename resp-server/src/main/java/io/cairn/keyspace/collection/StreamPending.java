package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;

/**
 * Goes over the pending entries of a group, or of one of its consumers, in ascending order of ids. What it tells is valid until entries are added or
 * removed; after that it must {@link #seek} again. Redis: an iterator over a PEL.
 */
public final class StreamPending {
    static final int VALUE_BYTES = 24;
    private static final int COUNT_AT = 8;
    private static final int CONSUMER_AT = 16;

    private final StreamGroup group;
    private final IdCursor cursor;
    private final boolean whole;

    StreamPending(StreamGroup group, IdTree ids, boolean whole) {
        this.group = group;
        this.cursor = new IdCursor(ids);
        this.whole = whole;
    }

    /** Goes to the first entry whose id is not smaller; false if there is none. */
    public boolean seek(StreamId id) {
        return cursor.seekAtLeast(id.ms, id.sequence);
    }

    public boolean first() {
        return cursor.first();
    }

    public boolean last() {
        return cursor.last();
    }

    public boolean next() {
        return cursor.next();
    }

    /** True if it is at an entry. */
    public boolean there() {
        return cursor.there();
    }

    /** Sets {@code id} to that of the entry. */
    public void id(StreamId id) {
        id.set(cursor.ms(), cursor.sequence());
    }

    /** When the entry was last delivered, milliseconds of the Unix epoch. */
    public long delivered() {
        return delivered(value());
    }

    /** How often it was delivered. */
    public long deliveries() {
        return deliveries(value());
    }

    public StreamConsumer consumer() {
        return group.numbered(consumer(value()));
    }

    /** Sets time and number of its deliveries. */
    public void deliver(long at, long deliveries) {
        set(value(), at, deliveries);
    }

    private long value() {
        return whole ? cursor.value() : group.entry(cursor.ms(), cursor.sequence());
    }

    static long delivered(long value) {
        return Memory.getLong(value);
    }

    static long deliveries(long value) {
        return Memory.getLong(value + COUNT_AT);
    }

    static int consumer(long value) {
        return Memory.getInt(value + CONSUMER_AT);
    }

    static void set(long value, long at, long deliveries) {
        Memory.putLong(value, at);
        Memory.putLong(value + COUNT_AT, deliveries);
    }

    static void setConsumer(long value, int number) {
        Memory.putInt(value + CONSUMER_AT, number);
    }
}
