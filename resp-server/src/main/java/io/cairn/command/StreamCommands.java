package io.cairn.command;

import io.cairn.keyspace.DataLimits;
import io.cairn.keyspace.Database;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.StreamFields;
import io.cairn.keyspace.collection.StreamId;
import io.cairn.keyspace.collection.StreamObject;
import io.cairn.keyspace.collection.StreamTrim;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Streams without their consumer groups. Redis: t_stream.c. */
final class StreamCommands {
    /**
     * Bounds of a node: Redis's defaults of stream-node-max-bytes and stream-node-max-entries. They are no setting here: where nodes begin and end is
     * seen in what {@code ~} leaves of a stream, so it must be the same wherever the log is applied, and whenever.
     */
    static final long NODE_BYTES = 4096;

    static final long NODE_ENTRIES = 100;

    /** Redis's class of stream events. */
    static final char EVENT = 't';

    private StreamCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        return List.of(
                Command.data("xadd", -5, "write denyoom fast @write @stream @fast", one, StreamCommands::xadd),
                Command.data("xlen", 2, "readonly fast @read @stream @fast", one, StreamCommands::xlen),
                Command.data("xrange", -4, "readonly @read @stream @slow", one, call -> xrange(call, false)),
                Command.data("xrevrange", -4, "readonly @read @stream @slow", one, call -> xrange(call, true)),
                Command.data("xdel", -3, "write fast @write @stream @fast", one, StreamCommands::xdel),
                Command.data("xtrim", -4, "write @write @stream @slow", one, StreamCommands::xtrim),
                Command.data("xsetid", -3, "write denyoom fast @write @stream @fast", one, StreamCommands::xsetid));
    }

    /** True if {@code call.value} is a stream; otherwise answers the error. */
    static boolean isStream(Call call) {
        if (call.value.type == ValueType.STREAM) {
            return true;
        }
        call.reply().error(ErrorText.WRONG_TYPE);
        return false;
    }

    /** The stream that {@code call.value} is. */
    static StreamObject stream(Call call) {
        return (StreamObject) Objects.requireNonNull(call.value.object);
    }

    /** Keeps a new stream. */
    static void store(Call call, int key, StreamObject stream) {
        Database database = call.database();
        boolean stored = false;
        try {
            database.putObject(call.args.address(key), call.args.length(key), stream, 0);
            stored = true;
        } finally {
            if (!stored) {
                stream.release();
            }
        }
    }

    /** Fields and values among the arguments. */
    private record ArgumentFields(Args args, int from) implements StreamFields {
        @Override
        public int pairs() {
            return (args.count() - from) / 2;
        }

        @Override
        public long address(int i) {
            return args.address(from + i);
        }

        @Override
        public int length(int i) {
            return args.length(from + i);
        }

        long bytes() {
            long bytes = 0;
            for (int i = from; i < args.count(); i++) {
                bytes += args.length(i);
            }
            return bytes;
        }
    }

    /** XADD key [NOMKSTREAM] [MAXLEN | MINID [= | ~] threshold [LIMIT count]] * | id field value [field value ...]. */
    private static void xadd(Call call) {
        Args args = call.args;
        StreamTrimOptions options = StreamTrimOptions.parse(call, true);
        if (options == null) {
            return;
        }
        ArgumentFields fields = new ArgumentFields(args, options.idAt + 1);
        if (args.count() - fields.from < 2 || (args.count() - fields.from) % 2 == 1) {
            call.reply().error(ErrorText.arity("xadd"));
            return;
        }
        if (options.idGiven && options.sequenceGiven && options.id.isZero()) {
            call.reply().error("ERR The ID specified in XADD must be greater than 0-0");
            return;
        }
        boolean there = StringCommands.find(call, 1);
        if (there && !isStream(call)) {
            return;
        }
        if (!there && options.noStream) {
            call.reply().nil();
            return;
        }
        StreamId last = there ? stream(call).last() : new StreamId();
        StreamId id = newId(call, options, last);
        if (id == null) {
            return;
        }
        if (fields.bytes() > StreamObject.MAX_ENTRY_BYTES) {
            call.reply().error("ERR Elements are too large to be stored");
            return;
        }
        StreamTrim trim = options.trim();
        long trimmed = there ? addTo(call, id, fields, trim) : addToNew(call, id, fields, trim);
        call.changed();
        if (call.isFollowed()) {
            addInstead(call, id, fields, trimmed > 0);
        }
        call.event(EVENT, "xadd", 1);
        if (trimmed > 0) {
            call.event(EVENT, "xtrim", 1);
        }
        try (StreamReplies replies = new StreamReplies(call.reply())) {
            replies.id(id);
        }
    }

    /** The id that the entry got, and how many entries were left. Redis: streamRewriteApproxSpecifier, streamRewriteTrimArgument. */
    private static void addInstead(Call call, StreamId id, ArgumentFields fields, boolean trimmed) {
        List<byte[]> words = new ArrayList<>();
        words.add(Effects.text("XADD"));
        words.add(call.args.bytes(1));
        if (trimmed && StringCommands.find(call, 1)) {
            words.add(Effects.text("MAXLEN"));
            words.add(Effects.text("="));
            words.add(Effects.number(stream(call).elements()));
        }
        words.add(Effects.text(id.toString()));
        for (int i = fields.from; i < call.args.count(); i++) {
            words.add(call.args.bytes(i));
        }
        call.instead(words);
    }

    /** The id of the new entry; null after an error that was answered. Redis: streamAppendItem, streamNextID. */
    private static @Nullable StreamId newId(Call call, StreamTrimOptions options, StreamId last) {
        if (last.isLargest()) {
            call.reply().error("ERR The stream has exhausted the last possible ID, unable to add more items");
            return null;
        }
        StreamId id = options.id;
        if (!options.idGiven) {
            if (Long.compareUnsigned(call.now(), last.ms) > 0) {
                id.set(call.now(), 0);
            } else {
                id.set(last);
                id.increment();
            }
        } else if (!options.sequenceGiven && id.ms == last.ms) {
            // After the last sequence of its millisecond it is 0, which is refused.
            id.sequence = last.sequence + 1;
        }
        if (id.compareTo(last) <= 0) {
            call.reply().error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
            return null;
        }
        return id;
    }

    private static long addTo(Call call, StreamId id, StreamFields fields, @Nullable StreamTrim trim) {
        try (StreamChange change = new StreamChange(call, 1)) {
            change.begin();
            return add(call, change.stream, id, fields, trim);
        }
    }

    private static long addToNew(Call call, StreamId id, StreamFields fields, @Nullable StreamTrim trim) {
        StreamObject stream = new StreamObject();
        boolean complete = false;
        long trimmed;
        try {
            trimmed = add(call, stream, id, fields, trim);
            complete = true;
        } finally {
            if (!complete) {
                stream.release();
            }
        }
        store(call, 1, stream);
        return trimmed;
    }

    private static long add(
            Call call, StreamObject stream, StreamId id, StreamFields fields, @Nullable StreamTrim trim) {
        DataLimits limits = call.keyspace.dataLimits();
        stream.append(id, fields, limits.streamNodeBytes(), limits.streamNodeEntries());
        return trim == null ? 0 : stream.trim(trim);
    }

    private static void xlen(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().number(0);
        } else if (isStream(call)) {
            call.reply().number(stream(call).elements());
        }
    }

    /** XRANGE key start end [COUNT n], XREVRANGE key end start [COUNT n]. Redis: xrangeGenericCommand. */
    private static void xrange(Call call, boolean backwards) {
        Args args = call.args;
        StreamId start = new StreamId();
        StreamId end = new StreamId();
        if (!StreamIds.isStart(call, backwards ? 3 : 2, start) || !StreamIds.isEnd(call, backwards ? 2 : 3, end)) {
            return;
        }
        long count = -1;
        for (int i = 4; i < args.count(); i += 2) {
            if (!args.is(i, "count") || i + 1 == args.count()) {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
            if (!CounterCommands.isInteger(call, i + 1)) {
                return;
            }
            count = Math.max(0, Decimal.parse(args.address(i + 1), args.length(i + 1)));
        }
        if (!call.find(1, call.value)) {
            call.reply().array(0);
        } else if (isStream(call)) {
            if (count == 0) {
                call.reply().nilArray();
                return;
            }
            try (StreamReplies replies = new StreamReplies(call.reply())) {
                replies.range(stream(call), start, end, backwards, Math.max(0, count));
            }
        }
    }

    private static void xdel(Call call) {
        if (!StringCommands.find(call, 1)) {
            call.reply().number(0);
            return;
        }
        if (!isStream(call)) {
            return;
        }
        long[] ids = StreamIds.all(call, 2);
        if (ids == null) {
            return;
        }
        int deleted;
        try (StreamChange change = new StreamChange(call, 1)) {
            deleted = delete(change, ids);
        }
        if (deleted > 0) {
            call.event(EVENT, "xdel", 1);
        }
        call.reply().number(deleted);
    }

    private static int delete(StreamChange change, long[] ids) {
        StreamObject stream = change.stream;
        StreamId id = new StreamId();
        int deleted = 0;
        boolean first = false;
        for (int i = 0; i < ids.length; i += 2) {
            id.set(ids[i], ids[i + 1]);
            if (stream.contains(id)) {
                change.begin();
                stream.delete(id);
                first |= stream.first().compareTo(id) == 0;
                deleted++;
            }
        }
        if (first) {
            stream.findFirst();
        }
        return deleted;
    }

    /** XTRIM key MAXLEN | MINID [= | ~] threshold [LIMIT count]. */
    private static void xtrim(Call call) {
        StreamTrimOptions options = StreamTrimOptions.parse(call, false);
        if (options == null) {
            return;
        }
        if (!StringCommands.find(call, 1)) {
            call.reply().number(0);
            return;
        }
        if (!isStream(call)) {
            return;
        }
        StreamTrim trim = Objects.requireNonNull(options.trim());
        long trimmed = 0;
        if (stream(call).trims(trim)) {
            try (StreamChange change = new StreamChange(call, 1)) {
                change.begin();
                trimmed = change.stream.trim(trim);
            }
        }
        if (trimmed > 0) {
            if (call.isFollowed()) {
                call.instead(
                        "XTRIM",
                        1,
                        Effects.text("MAXLEN"),
                        Effects.text("="),
                        Effects.number(stream(call).elements()));
            }
            call.event(EVENT, "xtrim", 1);
        }
        call.reply().number(trimmed);
    }

    /** XSETID key last-id [ENTRIESADDED n] [MAXDELETEDID id]. */
    private static void xsetid(Call call) {
        Args args = call.args;
        StreamId id = new StreamId();
        StreamId maxDeleted = new StreamId();
        long added = -1;
        if (!StreamIds.isId(call, 2, id)) {
            return;
        }
        for (int i = 3; i < args.count(); i += 2) {
            boolean more = i + 1 < args.count();
            if (more && args.is(i, "entriesadded")) {
                if (!CounterCommands.isInteger(call, i + 1)) {
                    return;
                }
                added = Decimal.parse(args.address(i + 1), args.length(i + 1));
                if (added < 0) {
                    call.reply().error("ERR entries_added must be positive");
                    return;
                }
            } else if (more && args.is(i, "maxdeletedid")) {
                if (!StreamIds.isId(call, i + 1, maxDeleted)) {
                    return;
                }
                if (id.compareTo(maxDeleted) < 0) {
                    call.reply()
                            .error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
                    return;
                }
            } else {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
        }
        if (!StringCommands.find(call, 1)) {
            call.reply().error(ErrorText.NO_SUCH_KEY);
            return;
        }
        if (!isStream(call) || !isAllowed(call, id, added)) {
            return;
        }
        try (StreamChange change = new StreamChange(call, 1)) {
            change.begin();
            change.stream.last().set(id);
            if (added != -1) {
                change.stream.entriesAdded(added);
            }
            if (!maxDeleted.isZero()) {
                change.stream.maxDeleted().set(maxDeleted);
            }
            change.event("xsetid");
        }
        call.reply().ok();
    }

    /** Whether the stream may get the last id and the number of entries; answers the error. */
    private static boolean isAllowed(Call call, StreamId id, long added) {
        StreamObject stream = stream(call);
        if (stream.elements() == 0) {
            return true;
        }
        StreamId top = new StreamId();
        stream.lastEntry(top);
        if (id.compareTo(top) < 0) {
            call.reply().error("ERR The ID specified in XSETID is smaller than the target stream top item");
            return false;
        }
        if (added != -1 && stream.elements() > added) {
            call.reply().error("ERR The entries_added specified in XSETID is smaller than the target stream length");
            return false;
        }
        return true;
    }
}
