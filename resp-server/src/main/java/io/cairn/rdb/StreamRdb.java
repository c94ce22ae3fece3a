package io.cairn.rdb;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.collection.Listpack;
import io.cairn.keyspace.collection.StreamConsumer;
import io.cairn.keyspace.collection.StreamGroup;
import io.cairn.keyspace.collection.StreamId;
import io.cairn.keyspace.collection.StreamObject;
import io.cairn.keyspace.collection.StreamPending;
import java.io.IOException;

/** Streams: written as STREAM_LISTPACKS_2, read in all three forms. Redis: rdbSaveObject, rdbSaveStreamPEL, rdbSaveStreamConsumers, rdbLoadObject. */
final class StreamRdb {
    private static final int ID_BYTES = 16;

    private StreamRdb() {}

    static void write(RdbOutput out, StreamObject stream) throws IOException {
        out.putLength(stream.nodes());
        long key = Memory.allocate(ID_BYTES);
        try {
            stream.forEachNode((ms, sequence, lp) -> {
                Memory.putLong(key, Long.reverseBytes(ms));
                Memory.putLong(key + Long.BYTES, Long.reverseBytes(sequence));
                out.putString(key, ID_BYTES);
                out.putString(lp, Listpack.bytes(lp));
            });
        } finally {
            Memory.free(key, ID_BYTES);
        }
        out.putLength(stream.elements());
        writeId(out, stream.last());
        writeId(out, stream.first());
        writeId(out, stream.maxDeleted());
        out.putLength(stream.entriesAdded());
        out.putLength(stream.groups().size());
        for (StreamGroup group : stream.groups()) {
            writeGroup(out, group);
        }
    }

    private static void writeId(RdbOutput out, StreamId id) throws IOException {
        out.putLength(id.ms);
        out.putLength(id.sequence);
    }

    private static void writeGroup(RdbOutput out, StreamGroup group) throws IOException {
        writeName(out, group.name());
        writeId(out, group.last());
        out.putLength(group.entriesRead());
        out.putLength(group.pending());
        StreamId id = new StreamId();
        StreamPending pending = group.walk();
        for (boolean there = pending.first(); there; there = pending.next()) {
            writeRawId(out, pending, id);
            out.putLongLittleEndian(pending.delivered());
            out.putLength(pending.deliveries());
        }
        out.putLength(group.consumers().size());
        for (StreamConsumer consumer : group.consumers()) {
            writeName(out, consumer.name());
            out.putLongLittleEndian(consumer.seen());
            out.putLength(consumer.pending());
            StreamPending own = group.walk(consumer);
            for (boolean there = own.first(); there; there = own.next()) {
                writeRawId(out, own, id);
            }
        }
    }

    private static void writeRawId(RdbOutput out, StreamPending at, StreamId id) throws IOException {
        at.id(id);
        out.putLongLittleEndian(Long.reverseBytes(id.ms));
        out.putLongLittleEndian(Long.reverseBytes(id.sequence));
    }

    private static void writeName(RdbOutput out, byte[] name) throws IOException {
        long size = Math.max(1, name.length);
        long at = Memory.allocate(size);
        try {
            Memory.copy(name, 0, at, name.length);
            out.putString(at, name.length);
        } finally {
            Memory.free(at, size);
        }
    }

    /**
     * Reads a stream.
     *
     * @param type one of the three stream types
     * @param string scratch
     */
    static LoadedValue read(int type, RdbInput in, RdbString string) throws IOException {
        StreamObject stream = new StreamObject();
        boolean complete = false;
        try {
            readNodes(in, string, stream);
            readFigures(type, in, stream);
            for (long left = in.readLength(); left != 0; left--) {
                readGroup(type, in, string, stream);
            }
            complete = true;
        } finally {
            if (!complete) {
                stream.release();
            }
        }
        return LoadedValue.object(stream);
    }

    private static void readNodes(RdbInput in, RdbString string, StreamObject stream) throws IOException {
        for (long left = in.readLength(); left != 0; left--) {
            string.read(in);
            if (string.length() != ID_BYTES) {
                throw in.bad("the id of a stream's node has " + string.length() + " bytes");
            }
            long ms = Long.reverseBytes(Memory.getLong(string.address()));
            long sequence = Long.reverseBytes(Memory.getLong(string.address() + Long.BYTES));
            string.read(in);
            if (!stream.load(ms, sequence, string.address(), string.length())) {
                throw in.bad("a stream's node is damaged or there twice");
            }
        }
    }

    private static void readFigures(int type, RdbInput in, StreamObject stream) throws IOException {
        long length = in.readLength();
        if (length != stream.elements()) {
            throw in.bad(
                    "a stream of " + stream.elements() + " entries is said to have " + Long.toUnsignedString(length));
        }
        readId(in, stream.last());
        if (type == RdbFormat.TYPE_STREAM_LISTPACKS) {
            stream.findFirst();
            stream.entriesAdded(length);
        } else {
            readId(in, stream.first());
            readId(in, stream.maxDeleted());
            stream.entriesAdded(in.readLength());
        }
    }

    private static void readId(RdbInput in, StreamId id) throws IOException {
        long ms = in.readLength();
        id.set(ms, in.readLength());
    }

    private static void readRawId(RdbInput in, StreamId id) throws IOException {
        long ms = Long.reverseBytes(in.readLittleEndian(Long.BYTES));
        id.set(ms, Long.reverseBytes(in.readLittleEndian(Long.BYTES)));
    }

    private static void readGroup(int type, RdbInput in, RdbString string, StreamObject stream) throws IOException {
        string.read(in);
        byte[] name = Memory.bytes(string.address(), string.length());
        StreamId id = new StreamId();
        readId(in, id);
        long entriesRead = type == RdbFormat.TYPE_STREAM_LISTPACKS ? stream.entriesAddedUpTo(id) : in.readLength();
        if (stream.group(name) != null) {
            throw in.bad("a consumer group is there twice");
        }
        StreamGroup group = stream.create(name, id, entriesRead);
        for (long left = in.readLength(); left != 0; left--) {
            readRawId(in, id);
            long delivered = in.readLittleEndian(Long.BYTES);
            if (!group.load(id, delivered, in.readLength())) {
                throw in.bad("a pending entry is there twice");
            }
        }
        for (long left = in.readLength(); left != 0; left--) {
            readConsumer(type, in, string, group, id);
        }
        if (!group.isOwned()) {
            throw in.bad("a pending entry has no consumer");
        }
    }

    private static void readConsumer(int type, RdbInput in, RdbString string, StreamGroup group, StreamId id)
            throws IOException {
        string.read(in);
        byte[] name = Memory.bytes(string.address(), string.length());
        if (group.consumer(name) != null) {
            throw in.bad("a consumer is there twice");
        }
        StreamConsumer consumer = group.create(name, in.readLittleEndian(Long.BYTES));
        if (type == RdbFormat.TYPE_STREAM_LISTPACKS_3) {
            // When it last got something, which Redis 7.0 does not know.
            in.readLittleEndian(Long.BYTES);
        }
        for (long left = in.readLength(); left != 0; left--) {
            readRawId(in, id);
            if (!group.own(id, consumer)) {
                throw in.bad("a consumer has an entry that is not pending or another's");
            }
        }
    }
}
