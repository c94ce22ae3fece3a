package io.cairn.keyspace.collection;

/**
 * Goes over the entries of a stream between two ids, both included, forwards or backwards. Deleted entries are passed over. Valid until the next
 * change of the stream. Redis: streamIterator.
 */
public final class StreamIterator {
    private final IdCursor nodes;
    private final StreamId start = new StreamId();
    private final StreamId end = new StreamId();
    private final StreamId id = new StreamId();
    private boolean reverse;
    private boolean within;
    private long lp;
    private long masterFields;
    private int masterFieldsAt;
    /** Forwards: the next entry's flags. Backwards: the last element of the next entry, its count. */
    private int next;

    private int flagsAt;
    private boolean sameFields;
    private long fields;
    private long fieldsLeft;
    private int fieldAt;
    private int valueAt;
    private int nextField;
    private int nextValue;

    StreamIterator(IdTree nodes) {
        this.nodes = new IdCursor(nodes);
    }

    /** Begins before the first entry between two ids, or if {@code backwards} behind the last one. */
    public StreamIterator range(StreamId from, StreamId to, boolean backwards) {
        start.set(from);
        end.set(to);
        reverse = backwards;
        within = false;
        if (reverse) {
            if (end.isZero() || !nodes.seekAtMost(end.ms, end.sequence)) {
                nodes.last();
            }
        } else if (start.isZero() || !nodes.seekAtMost(start.ms, start.sequence)) {
            nodes.first();
        }
        return this;
    }

    /** Begins before the first of all entries, or behind the last. */
    public StreamIterator all(boolean backwards) {
        return range(new StreamId(), StreamId.largest(), backwards);
    }

    /** Goes to the next entry; false if there is none left. Redis: streamIteratorGetID. */
    public boolean next() {
        while (nodes.there()) {
            if (!within) {
                open();
            } else if (!reverse) {
                next = afterCurrent();
            }
            while (next != Listpack.NONE) {
                if (!read()) {
                    break;
                }
                if ((Listpack.number(lp, flagsAt) & StreamListpack.DELETED) == 0) {
                    if (reverse) {
                        if (id.compareTo(end) <= 0) {
                            return id.compareTo(start) >= 0;
                        }
                    } else if (id.compareTo(start) >= 0) {
                        return id.compareTo(end) <= 0;
                    }
                }
                if (!reverse) {
                    next = afterCurrent();
                }
            }
            within = false;
            if (reverse) {
                nodes.previous();
            } else {
                nodes.next();
            }
        }
        return false;
    }

    /** Begins with the node that the cursor is at. */
    private void open() {
        within = true;
        lp = StreamObject.listpack(nodes.value());
        int at = StreamListpack.masterFields(lp);
        masterFields = Listpack.number(lp, at);
        masterFieldsAt = Listpack.next(lp, at);
        if (reverse) {
            next = Listpack.last(lp);
        } else {
            next = Listpack.next(lp, StreamListpack.skip(lp, masterFieldsAt, masterFields));
        }
    }

    /** Reads the head of the entry that is next; false if it was none but the master entry. Backwards, the one before it is the next then. */
    private boolean read() {
        int at = next;
        if (reverse) {
            long elements = Listpack.number(lp, at);
            if (elements == 0) {
                return false;
            }
            at = StreamListpack.skipBack(lp, at, elements);
            next = Listpack.previous(lp, at);
        }
        flagsAt = at;
        sameFields = (Listpack.number(lp, at) & StreamListpack.SAME_FIELDS) != 0;
        at = Listpack.next(lp, at);
        id.ms = nodes.ms() + Listpack.number(lp, at);
        at = Listpack.next(lp, at);
        id.sequence = nodes.sequence() + Listpack.number(lp, at);
        at = Listpack.next(lp, at);
        if (sameFields) {
            fields = masterFields;
            nextField = masterFieldsAt;
        } else {
            fields = Listpack.number(lp, at);
            at = Listpack.next(lp, at);
            nextField = at;
        }
        nextValue = at;
        fieldsLeft = fields;
        return true;
    }

    /** Position of the entry behind the current one, of whose fields some were perhaps read. */
    private int afterCurrent() {
        int count = StreamListpack.skip(lp, nextValue, sameFields ? fieldsLeft : 2 * fieldsLeft);
        return Listpack.next(lp, count);
    }

    /** The id of the current entry; the object is used again. */
    public StreamId id() {
        return id;
    }

    /** Number of pairs of field and value of the current entry. */
    public int fields() {
        return (int) fields;
    }

    /** Goes to the next field of the current entry; false if there is none left. Redis: streamIteratorGetField. */
    public boolean nextField() {
        if (fieldsLeft == 0) {
            return false;
        }
        fieldsLeft--;
        fieldAt = nextField;
        if (sameFields) {
            nextField = Listpack.next(lp, fieldAt);
            valueAt = nextValue;
        } else {
            valueAt = Listpack.next(lp, fieldAt);
        }
        nextValue = Listpack.next(lp, valueAt);
        if (!sameFields) {
            nextField = nextValue;
        }
        return true;
    }

    /** The {@link Listpack} that {@link #fieldAt} and {@link #valueAt} are positions of. */
    public long listpack() {
        return lp;
    }

    public int fieldAt() {
        return fieldAt;
    }

    public int valueAt() {
        return valueAt;
    }

    int flagsAt() {
        return flagsAt;
    }

    IdCursor node() {
        return nodes;
    }
}
