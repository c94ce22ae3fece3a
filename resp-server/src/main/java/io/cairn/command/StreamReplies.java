package io.cairn.command;

import io.cairn.keyspace.Digits;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.collection.Listpack;
import io.cairn.keyspace.collection.StreamId;
import io.cairn.keyspace.collection.StreamIterator;
import io.cairn.keyspace.collection.StreamObject;

/** Answers with ids and entries of streams; has a little native memory for their text. */
final class StreamReplies implements AutoCloseable {
    private final Reply reply;
    private final long text = Memory.allocate(StreamId.MAX_TEXT);

    StreamReplies(Reply reply) {
        this.reply = reply;
    }

    @Override
    public void close() {
        Memory.free(text, StreamId.MAX_TEXT);
    }

    /** Answers an id as a bulk string. Redis: addReplyStreamID. */
    void id(StreamId id) {
        int length = write(id.ms, text);
        Memory.putByte(text + length++, (byte) '-');
        length += write(id.sequence, text + length);
        reply.bulk(text, length);
    }

    private static int write(long unsigned, long to) {
        if (unsigned >= 0) {
            return Digits.write(unsigned, to);
        }
        long tenth = Long.divideUnsigned(unsigned, 10);
        int length = Digits.write(tenth, to);
        return length + Digits.write(unsigned - tenth * 10, to + length);
    }

    /** Answers the entry that an iterator is at: an array of id and of fields and values. */
    void entry(StreamIterator at) {
        reply.array(2);
        id(at.id());
        reply.array(2 * at.fields());
        while (at.nextField()) {
            element(at.listpack(), at.fieldAt());
            element(at.listpack(), at.valueAt());
        }
    }

    private void element(long lp, int at) {
        if (Listpack.isNumber(lp, at)) {
            reply.bulkNumber(Listpack.number(lp, at));
        } else {
            reply.bulk(Listpack.address(lp, at), Listpack.length(lp, at));
        }
    }

    /** Number of entries between two ids, {@code limit} at most; 0 is no limit. */
    static int count(StreamObject stream, StreamId from, StreamId to, long limit) {
        StreamIterator at = stream.iterator().range(from, to, false);
        return count(at, limit);
    }

    private static int count(StreamIterator at, long limit) {
        int count = 0;
        while ((limit == 0 || count < limit) && at.next()) {
            count++;
        }
        return count;
    }

    /** Answers the array of the entries between two ids, {@code limit} at most; 0 is no limit. */
    void range(StreamObject stream, StreamId from, StreamId to, boolean backwards, long limit) {
        StreamIterator at = stream.iterator();
        int count = count(at.range(from, to, backwards), limit);
        entries(at.range(from, to, backwards), count);
    }

    /** Answers the array of the next {@code count} entries. */
    void entries(StreamIterator at, int count) {
        reply.array(count);
        for (int i = 0; i < count && at.next(); i++) {
            entry(at);
        }
    }

    /** Answers the entry of an id; false if there is none, and nothing was answered. */
    boolean entry(StreamObject stream, StreamId id) {
        StreamIterator at = stream.iterator().range(id, id, false);
        if (!at.next()) {
            return false;
        }
        entry(at);
        return true;
    }
}
