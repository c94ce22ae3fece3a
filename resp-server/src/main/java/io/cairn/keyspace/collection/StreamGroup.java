package io.cairn.keyspace.collection;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A consumer group: how far it has read, its consumers in order of their names, and what was delivered and not acknowledged yet. A pending entry is
 * 40 bytes in the group's tree and 16 in its consumer's. Redis: streamCG.
 */
public final class StreamGroup {
    /** {@link #entriesRead} when it is not known. Redis: SCG_INVALID_ENTRIES_READ. */
    public static final long UNKNOWN = -1;
    /** Estimate of the handle's heap memory. */
    private static final int HANDLE_BYTES = 400;

    /** No consumer yet: while a group is loaded. */
    private static final int NOBODY = -1;

    private final byte[] name;
    private final NativeAccount account;
    private final StreamId last;
    private final IdTree pending;
    private final TreeMap<byte[], StreamConsumer> consumers = new TreeMap<>(Arrays::compareUnsigned);
    private final List<@Nullable StreamConsumer> numbered = new ArrayList<>();
    /** Numbers of consumers that were deleted. */
    private final ArrayDeque<Integer> free = new ArrayDeque<>();

    private long entriesRead;

    StreamGroup(byte[] name, StreamId last, long entriesRead, NativeAccount account) {
        this(name, last, entriesRead, account, new IdTree(StreamPending.VALUE_BYTES, account));
    }

    private StreamGroup(byte[] name, StreamId last, long entriesRead, NativeAccount account, IdTree pending) {
        this.name = name;
        this.last = new StreamId(last);
        this.entriesRead = entriesRead;
        this.account = account;
        this.pending = pending;
        account.add(HANDLE_BYTES + name.length);
    }

    /** Not to be changed. */
    public byte[] name() {
        return name;
    }

    /** The id of the last entry that was delivered; the group's own object, to be set. */
    public StreamId last() {
        return last;
    }

    /** How many entries of all that were ever added were read, or {@link #UNKNOWN}. */
    public long entriesRead() {
        return entriesRead;
    }

    public void entriesRead(long entries) {
        entriesRead = entries;
    }

    public @Nullable StreamConsumer consumer(byte[] consumerName) {
        return consumers.get(consumerName);
    }

    /** All consumers, in order of the bytes of their names. */
    public Collection<StreamConsumer> consumers() {
        return Collections.unmodifiableCollection(consumers.values());
    }

    /**
     * Adds a consumer whose name the group does not have.
     *
     * @param seen milliseconds of the Unix epoch
     */
    public StreamConsumer create(byte[] consumerName, long seen) {
        Integer unused = free.poll();
        int number = unused == null ? numbered.size() : unused;
        if (unused == null) {
            numbered.add(null);
        }
        StreamConsumer consumer = new StreamConsumer(consumerName, number, seen, account, new IdTree(0, account));
        numbered.set(number, consumer);
        consumers.put(consumerName, consumer);
        return consumer;
    }

    /** Removes a consumer and all that is pending with it. Redis: streamDelConsumer. */
    public void delete(StreamConsumer consumer) {
        IdCursor cursor = new IdCursor(consumer.pending);
        for (boolean there = cursor.first(); there; there = cursor.next()) {
            pending.remove(cursor.ms(), cursor.sequence());
        }
        consumers.remove(consumer.name());
        numbered.set(consumer.number, null);
        free.add(consumer.number);
        consumer.free();
    }

    StreamConsumer numbered(int number) {
        return Objects.requireNonNull(numbered.get(number));
    }

    /** Number of pending entries. */
    public long pending() {
        return pending.size();
    }

    /** A place in the pending entries of the group, before it was sought. */
    public StreamPending walk() {
        return new StreamPending(this, pending, true);
    }

    /** A place in the pending entries of a consumer, before it was sought. */
    public StreamPending walk(StreamConsumer consumer) {
        return new StreamPending(this, consumer.pending, false);
    }

    long entry(long ms, long sequence) {
        return pending.find(ms, sequence);
    }

    public boolean isPending(StreamId id) {
        return pending.find(id.ms, id.sequence) != 0;
    }

    /** Makes an entry pending with a consumer for the first time; if it was pending, with whomever, it counts anew. */
    public void deliver(StreamId id, StreamConsumer consumer, long now) {
        assign(id, consumer, now, 1);
    }

    /**
     * Makes an entry pending with a consumer, and with nobody else.
     *
     * @param deliveries how often it was delivered
     */
    public void assign(StreamId id, StreamConsumer consumer, long delivered, long deliveries) {
        long size = pending.size();
        long value = pending.put(id.ms, id.sequence);
        boolean added = pending.size() != size;
        if (added || StreamPending.consumer(value) != consumer.number) {
            boolean done = false;
            try {
                consumer.pending.put(id.ms, id.sequence);
                done = true;
            } finally {
                if (!done && added) {
                    pending.remove(id.ms, id.sequence);
                }
            }
            if (!added) {
                numbered(StreamPending.consumer(value)).pending.remove(id.ms, id.sequence);
            }
            StreamPending.setConsumer(value, consumer.number);
        }
        StreamPending.set(value, delivered, deliveries);
    }

    /** Forgets a pending entry; false if it was not pending. */
    public boolean acknowledge(StreamId id) {
        long value = pending.find(id.ms, id.sequence);
        if (value == 0) {
            return false;
        }
        numbered(StreamPending.consumer(value)).pending.remove(id.ms, id.sequence);
        pending.remove(id.ms, id.sequence);
        return true;
    }

    /** Adds an entry that has no consumer yet, as a snapshot has them; false if it was there. */
    public boolean load(StreamId id, long delivered, long deliveries) {
        long size = pending.size();
        long value = pending.put(id.ms, id.sequence);
        if (pending.size() == size) {
            return false;
        }
        StreamPending.set(value, delivered, deliveries);
        StreamPending.setConsumer(value, NOBODY);
        return true;
    }

    /** Gives a loaded entry to a consumer; false if there is none of the id or it has a consumer. */
    public boolean own(StreamId id, StreamConsumer consumer) {
        long value = pending.find(id.ms, id.sequence);
        if (value == 0 || StreamPending.consumer(value) != NOBODY) {
            return false;
        }
        StreamPending.setConsumer(value, consumer.number);
        consumer.pending.put(id.ms, id.sequence);
        return true;
    }

    /** True if every pending entry has a consumer. */
    public boolean isOwned() {
        long owned = 0;
        for (StreamConsumer consumer : consumers.values()) {
            owned += consumer.pending();
        }
        return owned == pending.size();
    }

    StreamGroup copy(NativeAccount forCopy) {
        StreamGroup copy = new StreamGroup(name, last, entriesRead, forCopy, pending.copy(forCopy));
        copy.free.addAll(free);
        for (StreamConsumer consumer : numbered) {
            if (consumer == null) {
                copy.numbered.add(null);
            } else {
                StreamConsumer same = new StreamConsumer(
                        consumer.name(), consumer.number, consumer.seen(), forCopy, consumer.pending.copy(forCopy));
                copy.numbered.add(same);
                copy.consumers.put(same.name(), same);
            }
        }
        return copy;
    }

    void free() {
        pending.free();
        for (StreamConsumer consumer : consumers.values()) {
            consumer.free();
        }
        account.add(-(HANDLE_BYTES + name.length));
    }
}
