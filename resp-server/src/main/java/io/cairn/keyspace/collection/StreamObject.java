package io.cairn.keyspace.collection;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.StoredObject;
import io.cairn.keyspace.ValueType;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A stream: entries in listpacks of native memory ({@link StreamListpack}), found by the id of their first entry in an {@link IdTree}, and consumer
 * groups in order of their names. There is a Java object for the stream and each group and consumer, none for nodes, entries and what is pending.
 * Redis: stream, t_stream.c.
 */
public final class StreamObject extends StoredObject {
    /**
     * Fields and values of an entry may have so many bytes together: half of what Redis takes (STREAM_LISTPACK_MAX_SIZE), so that a node is never longer
     * than a string of a snapshot may be.
     */
    public static final long MAX_ENTRY_BYTES = 500L << 20;

    /** Of a node: address and capacity of the listpack. */
    private static final int NODE_VALUE_BYTES = 16;

    private static final int CAPACITY_AT = 8;
    private static final int FIRST_CAPACITY = 256;
    /** Estimate of the handle's heap memory. */
    private static final int HANDLE_BYTES = 700;

    private final NativeAccount account = new NativeAccount();
    private final IdTree nodes = new IdTree(NODE_VALUE_BYTES, account);
    private long radixNodes;
    /** What {@link IdTree#changes} was when they were counted. */
    private long radixNodesAt = -1;

    private final StreamId first = new StreamId();
    private final StreamId last = new StreamId();
    private final StreamId maxDeleted = new StreamId();
    private final TreeMap<byte[], StreamGroup> groups = new TreeMap<>(Arrays::compareUnsigned);
    private long length;
    private long entriesAdded;

    public StreamObject() {
        super(ValueType.STREAM);
        account.add(HANDLE_BYTES);
    }

    @Override
    public long elements() {
        return length;
    }

    @Override
    public long usedBytes() {
        return account.bytes();
    }

    /** The id of the first entry, 0-0 if there is none; the stream's own object. */
    public StreamId first() {
        return first;
    }

    /** The id of the entry that was added last, perhaps deleted since; the stream's own object, to be set. */
    public StreamId last() {
        return last;
    }

    /** The largest id that was ever deleted by XDEL; the stream's own object, to be set. */
    public StreamId maxDeleted() {
        return maxDeleted;
    }

    /** How many entries were ever added. */
    public long entriesAdded() {
        return entriesAdded;
    }

    public void entriesAdded(long entries) {
        entriesAdded = entries;
    }

    /** A new iterator, whose range is still to be given. */
    public StreamIterator iterator() {
        return new StreamIterator(nodes);
    }

    /** Sets {@code id} to that of the last entry; false if there is none. Redis: streamLastValidID. */
    public boolean lastEntry(StreamId id) {
        StreamIterator backwards = iterator().all(true);
        if (!backwards.next()) {
            return false;
        }
        id.set(backwards.id());
        return true;
    }

    public boolean contains(StreamId id) {
        return iterator().range(id, id, false).next();
    }

    // Nodes.

    /** The listpack of a node. */
    static long listpack(long node) {
        return Memory.getLong(node);
    }

    private static int capacity(long node) {
        return Memory.getInt(node + CAPACITY_AT);
    }

    private static void set(long node, long listpack, int capacity) {
        Memory.putLong(node, listpack);
        Memory.putInt(node + CAPACITY_AT, capacity);
    }

    /** The listpack of a node, with room for so many bytes more. */
    private long room(long node, long more) {
        long lp = listpack(node);
        long needed = Listpack.bytes(lp) + more;
        int capacity = capacity(node);
        if (needed > capacity) {
            int larger = capacityFor(needed, 2L * capacity);
            lp = account.reallocate(lp, capacity, larger);
            set(node, lp, larger);
        }
        return lp;
    }

    private static int capacityFor(long needed, long wanted) {
        if (needed > Integer.MAX_VALUE) {
            throw new OutOfMemoryError("a node of a stream may not have " + needed + " bytes");
        }
        return (int) Math.min(Integer.MAX_VALUE, Math.max(needed, wanted));
    }

    /** Gives back what a node that gets no more entries does not need. */
    private void close(long node) {
        long lp = listpack(node);
        int bytes = Listpack.bytes(lp);
        if (bytes < capacity(node)) {
            set(node, account.reallocate(lp, capacity(node), bytes), bytes);
        }
    }

    private void removeNode(IdCursor cursor) {
        account.free(listpack(cursor.value()), capacity(cursor.value()));
        nodes.remove(cursor.ms(), cursor.sequence());
    }

    /** Number of nodes of entries. */
    public long nodes() {
        return nodes.size();
    }

    /**
     * Number of nodes that Redis's radix tree would have for the nodes of entries. O(nodes) the first time after a node came or went, which is once for some
     * hundred entries at most.
     */
    public long radixNodes() {
        if (radixNodesAt != nodes.changes()) {
            radixNodes = RadixNodes.count(nodes);
            radixNodesAt = nodes.changes();
        }
        return radixNodes;
    }

    // Entries.

    /**
     * Adds an entry, whose id is larger than {@link #last} and whose fields have {@link #MAX_ENTRY_BYTES} at most. Redis: streamAppendItem.
     *
     * @param nodeBytes a node gets no entry that would bring it to so many bytes
     * @param nodeEntries a node gets no more than so many entries, deleted ones included
     */
    public void append(StreamId id, StreamFields fields, long nodeBytes, long nodeEntries) {
        long needed = StreamListpack.bytes(fields);
        IdCursor tail = new IdCursor(nodes);
        if (tail.last() && takes(tail.value(), fields, nodeBytes, nodeEntries)) {
            long lp = room(tail.value(), needed);
            boolean same = StreamListpack.hasFields(lp, fields);
            StreamListpack.setEntries(lp, StreamListpack.entries(lp) + 1);
            StreamListpack.append(lp, id.ms - tail.ms(), id.sequence - tail.sequence(), fields, same);
        } else {
            if (tail.there()) {
                close(tail.value());
            }
            addNode(
                    id.ms,
                    id.sequence,
                    capacityFor(needed, nodeBytes == 0 ? FIRST_CAPACITY : Math.min(FIRST_CAPACITY, nodeBytes)));
            long lp = listpack(nodes.find(id.ms, id.sequence));
            StreamListpack.begin(lp, fields);
            StreamListpack.append(lp, 0, 0, fields, true);
        }
        length++;
        entriesAdded++;
        last.set(id);
        if (length == 1) {
            first.set(id);
        }
    }

    /** Whether a node gets an entry more; what is 0 has no limit, but that a node is to fit into a snapshot. */
    private static boolean takes(long node, StreamFields fields, long nodeBytes, long nodeEntries) {
        long most = nodeBytes == 0 ? MAX_ENTRY_BYTES : Math.min(nodeBytes, MAX_ENTRY_BYTES);
        long lp = listpack(node);
        long bytes = Listpack.bytes(lp);
        for (int i = 0; i < 2 * fields.pairs(); i++) {
            bytes += fields.length(i);
        }
        return bytes < most
                && (nodeEntries == 0 || StreamListpack.entries(lp) + StreamListpack.deleted(lp) < nodeEntries);
    }

    /** A new node with memory for a listpack, whose address it returns. */
    private long addNode(long ms, long sequence, int capacity) {
        long lp = account.allocate(capacity);
        boolean added = false;
        try {
            set(nodes.put(ms, sequence), lp, capacity);
            added = true;
        } finally {
            if (!added) {
                account.free(lp, capacity);
            }
        }
        return lp;
    }

    /**
     * Adds a node as a snapshot has it; the ids, and the number of entries ever added, are the caller's to set.
     *
     * @return false, and nothing is changed, if the listpack is damaged or there is a node of the id
     */
    public boolean load(long ms, long sequence, long lp, int bytes) {
        if (!StreamListpack.valid(lp, bytes) || nodes.find(ms, sequence) != 0) {
            return false;
        }
        Memory.copy(lp, addNode(ms, sequence, bytes), bytes);
        length += StreamListpack.entries(lp);
        return true;
    }

    /** Sets the id of the first entry to what it is. */
    public void findFirst() {
        StreamIterator forwards = iterator().all(false);
        if (length == 0) {
            first.set(0, 0);
        } else if (forwards.next()) {
            first.set(forwards.id());
        } else {
            first.set(-1, -1);
        }
    }

    /** Deletes an entry; false if it is not there. {@link #findFirst} is the caller's. Redis: streamDeleteItem, xdelCommand. */
    public boolean delete(StreamId id) {
        StreamIterator found = iterator().range(id, id, false);
        if (!found.next()) {
            return false;
        }
        IdCursor node = found.node();
        long entries = StreamListpack.entries(found.listpack());
        if (entries == 1) {
            removeNode(node);
        } else {
            long lp = room(node.value(), StreamListpack.OVERHEAD);
            StreamListpack.markDeleted(lp, found.flagsAt());
            StreamListpack.setEntries(lp, entries - 1);
            StreamListpack.setDeleted(lp, StreamListpack.deleted(lp) + 1);
        }
        length--;
        if (maxDeleted.compareTo(id) < 0) {
            maxDeleted.set(id);
        }
        return true;
    }

    /** False if {@link #trim} would change nothing; true if it may change something. */
    public boolean trims(StreamTrim trim) {
        IdCursor head = new IdCursor(nodes);
        if (!head.first() || (trim.keep() >= 0 && length <= trim.keep())) {
            return false;
        }
        long lp = listpack(head.value());
        long entries = StreamListpack.entries(lp);
        if (trim.limit() != 0 && entries > trim.limit()) {
            return false;
        }
        StreamId master = new StreamId(head.ms(), head.sequence());
        return goesWhole(trim, lp, entries, master, new StreamId())
                || (!trim.whole() && (trim.keep() >= 0 || first.compareTo(trim.least()) < 0));
    }

    /** Removes the oldest entries; how many. Redis: streamTrim. */
    public long trim(StreamTrim trim) {
        long gone = 0;
        IdCursor head = new IdCursor(nodes);
        StreamId master = new StreamId();
        StreamId end = new StreamId();
        while (head.first() && (trim.keep() < 0 || length > trim.keep())) {
            long lp = listpack(head.value());
            long entries = StreamListpack.entries(lp);
            if (trim.limit() != 0 && gone + entries > trim.limit()) {
                break;
            }
            master.set(head.ms(), head.sequence());
            if (goesWhole(trim, lp, entries, master, end)) {
                removeNode(head);
                length -= entries;
                gone += entries;
                continue;
            }
            if (!trim.whole()) {
                lp = room(head.value(), StreamListpack.OVERHEAD);
                long marked = StreamListpack.trim(lp, trim.keep(), length, master, trim.least());
                length -= marked;
                gone += marked;
            }
            break;
        }
        if (length == 0 || gone > 0) {
            findFirst();
        }
        return gone;
    }

    private boolean goesWhole(StreamTrim trim, long lp, long entries, StreamId master, StreamId end) {
        if (trim.keep() >= 0) {
            return length - entries >= trim.keep();
        }
        end.set(master);
        if (!StreamListpack.last(lp, end)) {
            end.set(0, 0);
        }
        return end.compareTo(trim.least()) < 0;
    }

    // Groups.

    /** All groups, in order of the bytes of their names. */
    public Collection<StreamGroup> groups() {
        return Collections.unmodifiableCollection(groups.values());
    }

    public @Nullable StreamGroup group(byte[] name) {
        return groups.get(name);
    }

    /** Adds a group whose name the stream does not have. */
    public StreamGroup create(byte[] name, StreamId lastDelivered, long entriesRead) {
        StreamGroup group = new StreamGroup(name, lastDelivered, entriesRead, account);
        groups.put(name, group);
        return group;
    }

    public void destroy(StreamGroup group) {
        groups.remove(group.name());
        group.free();
    }

    /** True if something behind an id was deleted by XDEL, as far as is known. Redis: streamRangeHasTombstones without an end. */
    private boolean hasDeletedFrom(StreamId start) {
        return length != 0
                && !maxDeleted.isZero()
                && first.compareTo(maxDeleted) <= 0
                && start.compareTo(maxDeleted) <= 0;
    }

    /** How many entries were ever added up to an id, or {@link StreamGroup#UNKNOWN}. Redis: streamEstimateDistanceFromFirstEverEntry. */
    public long entriesAddedUpTo(StreamId id) {
        if (entriesAdded == 0) {
            return 0;
        }
        int toLast = id.compareTo(last);
        if (toLast == 0 || (length == 0 && toLast < 0)) {
            return entriesAdded;
        }
        if (toLast > 0) {
            return StreamGroup.UNKNOWN;
        }
        if (maxDeleted.isZero() || maxDeleted.compareTo(first) < 0) {
            int toFirst = id.compareTo(first);
            if (toFirst < 0) {
                return entriesAdded - length;
            }
            if (toFirst == 0) {
                return entriesAdded - length + 1;
            }
        }
        return StreamGroup.UNKNOWN;
    }

    /** How many entries a group has not read yet, or null if that is not known. Redis: streamReplyWithCGLag. */
    public @Nullable Long lag(StreamGroup group) {
        if (entriesAdded == 0) {
            return 0L;
        }
        if (group.entriesRead() != StreamGroup.UNKNOWN && !hasDeletedFrom(group.last())) {
            return entriesAdded - group.entriesRead();
        }
        long read = entriesAddedUpTo(group.last());
        return read == StreamGroup.UNKNOWN ? null : (Long) (entriesAdded - read);
    }

    /** A group has read an entry: if it is behind all it had read, the group goes on to it. Redis: streamReplyWithRange. */
    public void advance(StreamGroup group, StreamId id) {
        if (id.compareTo(group.last()) <= 0) {
            return;
        }
        if (group.entriesRead() != StreamGroup.UNKNOWN && !hasDeletedFrom(id)) {
            group.entriesRead(group.entriesRead() + 1);
        } else if (entriesAdded != 0) {
            group.entriesRead(entriesAddedUpTo(id));
        }
        group.last().set(id);
    }

    @Override
    public StoredObject copy() {
        StreamObject copy = new StreamObject();
        boolean complete = false;
        try {
            IdCursor node = new IdCursor(nodes);
            for (boolean there = node.first(); there; there = node.next()) {
                long lp = listpack(node.value());
                int bytes = Listpack.bytes(lp);
                Memory.copy(lp, copy.addNode(node.ms(), node.sequence(), bytes), bytes);
            }
            copy.length = length;
            copy.entriesAdded = entriesAdded;
            copy.first.set(first);
            copy.last.set(last);
            copy.maxDeleted.set(maxDeleted);
            for (StreamGroup group : groups.values()) {
                copy.groups.put(group.name(), group.copy(copy.account));
            }
            complete = true;
        } finally {
            if (!complete) {
                copy.free();
            }
        }
        return copy;
    }

    @Override
    protected void free() {
        IdCursor node = new IdCursor(nodes);
        for (boolean there = node.first(); there; there = node.next()) {
            account.free(listpack(node.value()), capacity(node.value()));
        }
        nodes.free();
        for (StreamGroup group : groups.values()) {
            group.free();
        }
        groups.clear();
    }

    /** Shows every node, in order of their ids. */
    public <E extends Exception> void forEachNode(NodeVisitor<E> visitor) throws E {
        IdCursor node = new IdCursor(nodes);
        for (boolean there = node.first(); there; there = node.next()) {
            visitor.visit(node.ms(), node.sequence(), listpack(node.value()));
        }
    }

    /** Told of a node: its id and its listpack. */
    @FunctionalInterface
    public interface NodeVisitor<E extends Exception> {
        void visit(long ms, long sequence, long lp) throws E;
    }
}
