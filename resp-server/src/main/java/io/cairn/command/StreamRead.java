package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.StreamConsumer;
import io.cairn.keyspace.collection.StreamGroup;
import io.cairn.keyspace.collection.StreamId;
import io.cairn.keyspace.collection.StreamIterator;
import io.cairn.keyspace.collection.StreamObject;
import io.cairn.keyspace.collection.StreamPending;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One call of XREAD or XREADGROUP: {@link #parse} its options, {@link #resolve} its streams, groups and ids, {@link #serve} what is there now. Redis:
 * xreadCommand.
 */
final class StreamRead {
    /** Milliseconds of a call that does not wait. */
    private static final long NO_WAIT = -1;

    /** Entries for a client that waited and named no number. Redis: XREAD_BLOCKED_DEFAULT_COUNT. */
    private static final long WAITED_COUNT = 1000;

    private final Call call;
    private final boolean grouped;
    private long count;
    private long block = NO_WAIT;
    private boolean noAck;
    private int groupAt;
    private int keysAt;
    private int streams;
    private StreamId[] ids = {};
    private @Nullable StreamObject[] objects = {};
    private @Nullable StreamGroup[] groups = {};

    private StreamRead(Call call, boolean grouped) {
        this.call = call;
        this.grouped = grouped;
    }

    /** Positions of the keys: the first half of what follows STREAMS. Redis: xreadGetKeys. */
    static int[] keys(Args args) {
        for (int i = 1; i < args.count(); i++) {
            if (args.is(i, "block") || args.is(i, "count")) {
                i++;
            } else if (args.is(i, "group")) {
                i += 2;
            } else if (args.is(i, "streams")) {
                int left = args.count() - i - 1;
                int[] keys = new int[left % 2 == 0 ? left / 2 : 0];
                Arrays.setAll(keys, new Successor(i));
                return keys;
            } else if (!args.is(i, "noack")) {
                break;
            }
        }
        return new int[0];
    }

    /** Numbers that follow one another. */
    private record Successor(int before) implements java.util.function.IntUnaryOperator {
        @Override
        public int applyAsInt(int i) {
            return before + 1 + i;
        }
    }

    /** Reads the options; null after an error that was answered. */
    static @Nullable StreamRead parse(Call call, boolean grouped) {
        StreamRead read = new StreamRead(call, grouped);
        return read.parse() ? read : null;
    }

    /** Whether the arguments of an XREAD or XREADGROUP ask to wait, as far as can be seen. */
    static boolean mayWait(Args args) {
        for (int i = 1; i < args.count() && !args.is(i, "streams"); i++) {
            if (args.is(i, "block")) {
                return true;
            }
        }
        return false;
    }

    /** If the client wants to wait, it does: for entries behind those that are there now. Redis: xreadCommand, its end. */
    void wouldBlock() {
        if (block == NO_WAIT) {
            return;
        }
        String[] after = new String[streams];
        for (int i = 0; i < streams; i++) {
            after[i] = grouped ? ">" : Long.toUnsignedString(ids[i].ms) + "-" + Long.toUnsignedString(ids[i].sequence);
        }
        call.wouldBlock(new Waiting(block, ValueType.STREAM, groupAt, keysAt, streams, key -> again(key, after)));
    }

    private List<Waiting.Argument> again(int key, String[] after) {
        List<Waiting.Argument> again = new ArrayList<>(13);
        again.add(Waiting.Argument.of(0));
        if (grouped) {
            again.add(Waiting.Argument.of("GROUP"));
            again.add(Waiting.Argument.of(groupAt));
            again.add(Waiting.Argument.of(groupAt + 1));
            if (noAck) {
                again.add(Waiting.Argument.of("NOACK"));
            }
        }
        again.add(Waiting.Argument.of("COUNT"));
        again.add(Waiting.Argument.of(Long.toString(count == 0 ? WAITED_COUNT : count)));
        again.add(Waiting.Argument.of("BLOCK"));
        again.add(Waiting.Argument.of("0"));
        again.add(Waiting.Argument.of("STREAMS"));
        again.add(Waiting.Argument.of(key));
        again.add(Waiting.Argument.of(after[key - keysAt]));
        return again;
    }

    private boolean parse() {
        Args args = call.args;
        for (int i = 1; i < args.count() && keysAt == 0; i++) {
            int more = args.count() - i - 1;
            if (more > 0 && args.is(i, "block")) {
                if (call.isScripted()) {
                    return refuse("ERR " + ErrorText.argument(args, 0)
                            + " command is not allowed with BLOCK option from scripts");
                }
                i++;
                block = BlockingTimeout.millis(call, i);
                if (block == BlockingTimeout.INVALID) {
                    return false;
                }
            } else if (more > 0 && args.is(i, "count")) {
                i++;
                if (!CounterCommands.isInteger(call, i)) {
                    return false;
                }
                count = Math.max(0, Decimal.parse(args.address(i), args.length(i)));
            } else if (more > 0 && args.is(i, "streams")) {
                if (more % 2 != 0) {
                    return refuse("ERR Unbalanced XREAD list of streams: "
                            + "for each stream key an ID or '$' must be specified.");
                }
                keysAt = i + 1;
                streams = more / 2;
            } else if (more >= 2 && args.is(i, "group")) {
                if (!grouped) {
                    return refuse(onlyOfGroups("GROUP"));
                }
                groupAt = i + 1;
                i += 2;
            } else if (args.is(i, "noack")) {
                if (!grouped) {
                    return refuse(onlyOfGroups("NOACK"));
                }
                noAck = true;
            } else {
                return refuse(ErrorText.SYNTAX);
            }
        }
        if (keysAt == 0) {
            return refuse(ErrorText.SYNTAX);
        }
        return !grouped || groupAt != 0 || refuse("ERR Missing GROUP option for XREADGROUP");
    }

    private static String onlyOfGroups(String option) {
        return "ERR The " + option + " option is only supported by XREADGROUP. You called XREAD instead.";
    }

    private boolean refuse(String error) {
        call.reply().error(error);
        return false;
    }

    /** Looks up the streams and groups and reads the ids; false after an error that was answered. */
    boolean resolve() {
        ids = new StreamId[streams];
        objects = new StreamObject[streams];
        groups = new StreamGroup[streams];
        for (int i = 0; i < streams; i++) {
            if (call.find(keysAt + i, call.value)) {
                if (!StreamCommands.isStream(call)) {
                    keyGone();
                    return false;
                }
                objects[i] = StreamCommands.stream(call);
            }
            if (grouped && !resolveGroup(i)) {
                return false;
            }
            ids[i] = new StreamId();
            if (!resolveId(i)) {
                return false;
            }
        }
        return true;
    }

    /** For a client that has waited: what it waited for can no longer come, or may come again. */
    private void keyGone() {
        if (grouped) {
            call.endsWaiting("UNBLOCKED the stream key no longer exists");
        } else {
            call.wrongType();
        }
    }

    private boolean resolveGroup(int i) {
        StreamObject stream = objects[i];
        if (stream == null) {
            keyGone();
        } else if (stream.group(call.args.bytes(groupAt)) == null) {
            call.endsWaiting("NOGROUP the consumer group this client was blocked on no longer exists");
        }
        groups[i] = stream == null ? null : stream.group(call.args.bytes(groupAt));
        return groups[i] != null
                || refuse("NOGROUP No such key '" + ErrorText.argument(call.args, keysAt + i) + "' or consumer group '"
                        + ErrorText.argument(call.args, groupAt) + "' in XREADGROUP with GROUP option");
    }

    private boolean resolveId(int i) {
        int at = keysAt + streams + i;
        StreamObject stream = objects[i];
        if (isByte(at, '$')) {
            if (grouped) {
                return refuse(
                        "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of "
                                + "this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would "
                                + "just return an empty result set.");
            }
            if (stream != null) {
                ids[i].set(stream.last());
            }
            return true;
        }
        if (isByte(at, '>')) {
            if (!grouped) {
                return refuse("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
                        + "<consumer> option.");
            }
            ids[i].set(-1, -1);
            return true;
        }
        return StreamIds.isId(call, at, ids[i]);
    }

    private boolean isByte(int i, char c) {
        return call.args.length(i) == 1 && Memory.getByte(call.args.address(i)) == c;
    }

    /**
     * What one stream has for the client.
     *
     * @param index of the stream among those of the call
     * @param after entries behind this id
     * @param count number of entries
     * @param history ids as pairs of longs that are answered instead, with or without their entries
     */
    private record Found(int index, StreamId after, int count, long @Nullable [] history) {}

    /** Answers what there is for the client, and if there is nothing, returns false without an answer. */
    boolean serve() {
        List<Found> found = new ArrayList<>(streams);
        StreamId top = new StreamId();
        for (int i = 0; i < streams; i++) {
            StreamObject stream = objects[i];
            if (stream == null) {
                continue;
            }
            StreamGroup group = groups[i];
            if (group == null) {
                if (stream.elements() > 0 && stream.lastEntry(top) && top.compareTo(ids[i]) > 0) {
                    found.add(new Found(i, ids[i], -1, null));
                }
            } else if (!ids[i].isLargest()) {
                found.add(readHistory(i, stream, group));
            } else if (stream.elements() > 0 && stream.lastEntry(top) && top.compareTo(group.last()) > 0) {
                found.add(readNew(i, stream, group));
            }
        }
        if (found.isEmpty()) {
            return false;
        }
        answer(found);
        return true;
    }

    private StreamConsumer consumer(StreamGroup group, StreamChange change) {
        change.begin();
        return StreamGroupCommands.consumer(call, group, groupAt + 1, change);
    }

    /** Gives the consumer entries that nobody of the group has got yet. Redis: streamReplyWithRange. */
    private Found readNew(int i, StreamObject stream, StreamGroup group) {
        StreamId after = new StreamId(group.last());
        int delivered = 0;
        StreamEffects effects = call.isFollowed() ? new StreamEffects(call, keysAt + i, groupAt, group) : null;
        byte[] name = call.args.bytes(groupAt + 1);
        boolean created = noAck && group.consumer(name) == null;
        try (StreamChange change = new StreamChange(call, keysAt + i, stream)) {
            StreamConsumer consumer = consumer(group, change);
            StreamIterator at = behind(stream, after);
            while ((count == 0 || delivered < count) && at.next()) {
                stream.advance(group, at.id());
                if (!noAck) {
                    group.deliver(at.id(), consumer, call.now());
                    if (effects != null) {
                        effects.claimed(at.id(), name);
                    }
                }
                delivered++;
            }
        }
        if (effects != null && created) {
            effects.created(name);
        }
        if (effects != null && noAck) {
            effects.lastId();
        }
        return new Found(i, after, delivered, null);
    }

    /** Gives the consumer what is pending with it once more. Redis: streamReplyWithRangeFromConsumerPEL. */
    private Found readHistory(int i, StreamObject stream, StreamGroup group) {
        long[] history = new long[16];
        call.insteadNothing();
        int length = 0;
        try (StreamChange change = new StreamChange(call, keysAt + i, stream)) {
            StreamConsumer consumer = consumer(group, change);
            StreamId id = new StreamId(ids[i]);
            id.increment();
            StreamPending pending = group.walk(consumer);
            for (boolean there = pending.seek(id);
                    there && (count == 0 || length / 2 < count);
                    there = pending.next()) {
                pending.id(id);
                if (stream.contains(id)) {
                    pending.deliver(call.now(), pending.deliveries() + 1);
                }
                if (length == history.length) {
                    history = Arrays.copyOf(history, length * 2);
                }
                history[length++] = id.ms;
                history[length++] = id.sequence;
            }
        }
        return new Found(i, ids[i], length / 2, history);
    }

    private static StreamIterator behind(StreamObject stream, StreamId after) {
        StreamId start = new StreamId(after);
        start.increment();
        return stream.iterator().range(start, StreamId.largest(), false);
    }

    private void answer(List<Found> found) {
        Reply reply = call.reply();
        if (reply.resp3()) {
            reply.map(found.size());
        } else {
            reply.array(found.size());
        }
        try (StreamReplies replies = new StreamReplies(reply)) {
            for (Found one : found) {
                if (!reply.resp3()) {
                    reply.array(2);
                }
                reply.bulk(call.args.address(keysAt + one.index), call.args.length(keysAt + one.index));
                StreamObject stream = Objects.requireNonNull(objects[one.index]);
                if (one.history != null) {
                    answerHistory(replies, stream, one.history, one.count);
                } else if (one.count >= 0) {
                    replies.entries(behind(stream, one.after), one.count);
                } else {
                    StreamId start = new StreamId(one.after);
                    start.increment();
                    replies.range(stream, start, StreamId.largest(), false, count);
                }
            }
        }
    }

    private void answerHistory(StreamReplies replies, StreamObject stream, long[] history, int entries) {
        Reply reply = call.reply();
        reply.array(entries);
        StreamId id = new StreamId();
        for (int i = 0; i < entries; i++) {
            id.set(history[2 * i], history[2 * i + 1]);
            if (!replies.entry(stream, id)) {
                reply.array(2);
                replies.id(id);
                reply.nilArray();
            }
        }
    }
}
