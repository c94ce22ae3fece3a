package io.cairn.command;

import io.cairn.keyspace.collection.StreamConsumer;
import io.cairn.keyspace.collection.StreamGroup;
import io.cairn.keyspace.collection.StreamId;
import io.cairn.keyspace.collection.StreamObject;
import io.cairn.keyspace.collection.StreamPending;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** XINFO and XPENDING. Redis: xinfoCommand, xpendingCommand. */
final class StreamInfoCommands {
    /** Entries that XINFO STREAM FULL shows of each list. */
    private static final long SHOWN = 10;

    private StreamInfoCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        KeySpec two = KeySpec.range(2, 2, 1);
        String words = "readonly @read @stream @slow";
        return List.of(
                Command.data("xinfo|consumers", 4, words, two, StreamInfoCommands::consumers),
                Command.data("xinfo|groups", 3, words, two, StreamInfoCommands::groups),
                Command.data("xinfo|stream", -3, words, two, StreamInfoCommands::stream),
                Command.session("xinfo|help", 2, "loading stale @stream @slow", StreamInfoCommands::help),
                Command.data("xpending", -3, words, one, StreamInfoCommands::xpending));
    }

    /** Finds the stream of argument 2 into {@code call.value}; answers the error. */
    private static boolean isThere(Call call) {
        if (call.find(2, call.value)) {
            return StreamCommands.isStream(call);
        }
        call.reply().error(ErrorText.NO_SUCH_KEY);
        return false;
    }

    private static void consumers(Call call) {
        if (!isThere(call)) {
            return;
        }
        StreamGroup group = StreamCommands.stream(call).group(call.args.bytes(3));
        if (group == null) {
            call.reply().error(StreamGroupCommands.noGroup(call.args, 3, 2));
            return;
        }
        Reply reply = call.reply();
        reply.array(group.consumers().size());
        for (StreamConsumer consumer : group.consumers()) {
            reply.map(3);
            reply.bulk("name");
            reply.bulk(consumer.name());
            reply.bulk("pending");
            reply.number(consumer.pending());
            reply.bulk("idle");
            reply.number(Math.max(0, call.now() - consumer.seen()));
        }
    }

    private static void groups(Call call) {
        if (!isThere(call)) {
            return;
        }
        StreamObject stream = StreamCommands.stream(call);
        Reply reply = call.reply();
        reply.array(stream.groups().size());
        try (StreamReplies replies = new StreamReplies(reply)) {
            for (StreamGroup group : stream.groups()) {
                reply.map(6);
                reply.bulk("name");
                reply.bulk(group.name());
                reply.bulk("consumers");
                reply.number(group.consumers().size());
                reply.bulk("pending");
                reply.number(group.pending());
                progress(reply, replies, stream, group);
            }
        }
    }

    /** Three pairs of a map: how far a group has read. */
    private static void progress(Reply reply, StreamReplies replies, StreamObject stream, StreamGroup group) {
        reply.bulk("last-delivered-id");
        replies.id(group.last());
        reply.bulk("entries-read");
        numberOrNil(reply, group.entriesRead() == StreamGroup.UNKNOWN ? null : (Long) group.entriesRead());
        reply.bulk("lag");
        numberOrNil(reply, stream.lag(group));
    }

    private static void numberOrNil(Reply reply, @Nullable Long number) {
        if (number == null) {
            reply.nil();
        } else {
            reply.number(number);
        }
    }

    /** XINFO STREAM key [FULL [COUNT n]]. Redis: xinfoReplyWithStreamInfo. */
    private static void stream(Call call) {
        Args args = call.args;
        if (!isThere(call)) {
            return;
        }
        boolean full = args.count() > 3;
        long count = SHOWN;
        if (full) {
            boolean counted = args.count() == 6;
            if ((args.count() != 4 && !counted) || !args.is(3, "full") || (counted && !args.is(4, "count"))) {
                call.reply().error(ErrorText.subcommand("XINFO", ErrorText.argument(args, 1)));
                return;
            }
            if (counted) {
                if (!CounterCommands.isInteger(call, 5)) {
                    return;
                }
                count = Decimal.parse(args.address(5), args.length(5));
                count = count < 0 ? SHOWN : count;
            }
        }
        StreamObject stream = StreamCommands.stream(call);
        Reply reply = call.reply();
        try (StreamReplies replies = new StreamReplies(reply)) {
            reply.map(full ? 9 : 10);
            figures(reply, replies, stream);
            if (full) {
                reply.bulk("entries");
                replies.range(stream, new StreamId(), StreamId.largest(), false, count);
                reply.bulk("groups");
                reply.array(stream.groups().size());
                for (StreamGroup group : stream.groups()) {
                    fullGroup(reply, replies, stream, group, count);
                }
            } else {
                reply.bulk("groups");
                reply.number(stream.groups().size());
                reply.bulk("first-entry");
                edge(reply, replies, stream, false);
                reply.bulk("last-entry");
                edge(reply, replies, stream, true);
            }
        }
    }

    private static void figures(Reply reply, StreamReplies replies, StreamObject stream) {
        reply.bulk("length");
        reply.number(stream.elements());
        reply.bulk("radix-tree-keys");
        reply.number(stream.nodes());
        reply.bulk("radix-tree-nodes");
        reply.number(stream.radixNodes());
        reply.bulk("last-generated-id");
        replies.id(stream.last());
        reply.bulk("max-deleted-entry-id");
        replies.id(stream.maxDeleted());
        reply.bulk("entries-added");
        reply.number(stream.entriesAdded());
        reply.bulk("recorded-first-entry-id");
        replies.id(stream.first());
    }

    private static void edge(Reply reply, StreamReplies replies, StreamObject stream, boolean last) {
        var at = stream.iterator().all(last);
        if (at.next()) {
            replies.entry(at);
        } else {
            reply.nil();
        }
    }

    private static void fullGroup(
            Reply reply, StreamReplies replies, StreamObject stream, StreamGroup group, long count) {
        reply.map(7);
        reply.bulk("name");
        reply.bulk(group.name());
        progress(reply, replies, stream, group);
        reply.bulk("pel-count");
        reply.number(group.pending());
        reply.bulk("pending");
        pending(reply, replies, group.walk(), shown(group.pending(), count), true);
        reply.bulk("consumers");
        reply.array(group.consumers().size());
        for (StreamConsumer consumer : group.consumers()) {
            reply.map(4);
            reply.bulk("name");
            reply.bulk(consumer.name());
            reply.bulk("seen-time");
            reply.number(consumer.seen());
            reply.bulk("pel-count");
            reply.number(consumer.pending());
            reply.bulk("pending");
            pending(reply, replies, group.walk(consumer), shown(consumer.pending(), count), false);
        }
    }

    private static int shown(long size, long count) {
        return (int) Math.min(Integer.MAX_VALUE, count == 0 ? size : Math.min(size, count));
    }

    private static void pending(Reply reply, StreamReplies replies, StreamPending at, int shown, boolean withConsumer) {
        reply.array(shown);
        StreamId id = new StreamId();
        at.first();
        for (int i = 0; i < shown; i++) {
            reply.array(withConsumer ? 4 : 3);
            at.id(id);
            replies.id(id);
            if (withConsumer) {
                reply.bulk(at.consumer().name());
            }
            reply.number(at.delivered());
            reply.number(at.deliveries());
            at.next();
        }
    }

    /** Which pending entries XPENDING is to show. */
    private static final class Wanted {
        private final StreamId start = new StreamId();
        private final StreamId end = new StreamId();
        private long minIdle;
        private long count;
        /** Argument with the name of the only consumer, 0 for all. */
        private int consumerAt;

        /** Reads the arguments; null after an error that was answered. */
        static @Nullable Wanted parse(Call call) {
            Args args = call.args;
            Wanted wanted = new Wanted();
            int from = 3;
            if (args.is(3, "idle")) {
                if (!CounterCommands.isInteger(call, 4)) {
                    return null;
                }
                wanted.minIdle = Decimal.parse(args.address(4), args.length(4));
                if (args.count() < 8) {
                    call.reply().error(ErrorText.SYNTAX);
                    return null;
                }
                from = 5;
            }
            if (!CounterCommands.isInteger(call, from + 2)) {
                return null;
            }
            wanted.count = Decimal.parse(args.address(from + 2), args.length(from + 2));
            if (!StreamIds.isStart(call, from, wanted.start) || !StreamIds.isEnd(call, from + 1, wanted.end)) {
                return null;
            }
            wanted.consumerAt = from + 3 < args.count() ? from + 3 : 0;
            return wanted;
        }

        /** Goes on to the next entry that is wanted, from the one it is at; false if there is none. */
        boolean find(StreamPending at, StreamId id, long now) {
            while (at.there()) {
                at.id(id);
                if (id.compareTo(end) > 0) {
                    return false;
                }
                if (minIdle == 0 || now - at.delivered() >= minIdle) {
                    return true;
                }
                at.next();
            }
            return false;
        }
    }

    /** XPENDING key group [[IDLE ms] start end count [consumer]]. */
    private static void xpending(Call call) {
        Args args = call.args;
        boolean summary = args.count() == 3;
        if (!summary && (args.count() < 6 || args.count() > 9)) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        Wanted wanted = summary ? null : Wanted.parse(call);
        if (!summary && wanted == null) {
            return;
        }
        boolean there = call.find(1, call.value);
        if (there && !StreamCommands.isStream(call)) {
            return;
        }
        StreamGroup group = StreamGroupCommands.groupOf(call, there);
        if (group == null) {
            return;
        }
        try (StreamReplies replies = new StreamReplies(call.reply())) {
            if (wanted == null) {
                summary(call.reply(), replies, group);
            } else {
                range(call, replies, group, wanted);
            }
        }
    }

    private static void summary(Reply reply, StreamReplies replies, StreamGroup group) {
        reply.array(4);
        reply.number(group.pending());
        if (group.pending() == 0) {
            reply.nil();
            reply.nil();
            reply.nilArray();
            return;
        }
        StreamPending at = group.walk();
        StreamId id = new StreamId();
        at.first();
        at.id(id);
        replies.id(id);
        at.last();
        at.id(id);
        replies.id(id);
        int busy = 0;
        for (StreamConsumer consumer : group.consumers()) {
            busy += consumer.pending() > 0 ? 1 : 0;
        }
        reply.array(busy);
        for (StreamConsumer consumer : group.consumers()) {
            if (consumer.pending() > 0) {
                reply.array(2);
                reply.bulk(consumer.name());
                reply.bulkNumber(consumer.pending());
            }
        }
    }

    private static void range(Call call, StreamReplies replies, StreamGroup group, Wanted wanted) {
        Reply reply = call.reply();
        StreamPending at;
        if (wanted.consumerAt == 0) {
            at = group.walk();
        } else {
            StreamConsumer consumer = group.consumer(call.args.bytes(wanted.consumerAt));
            if (consumer == null) {
                reply.array(0);
                return;
            }
            at = group.walk(consumer);
        }
        StreamId id = new StreamId();
        int found = 0;
        at.seek(wanted.start);
        while (found < wanted.count && wanted.find(at, id, call.now())) {
            found++;
            at.next();
        }
        reply.array(found);
        at.seek(wanted.start);
        for (int i = 0; i < found && wanted.find(at, id, call.now()); i++) {
            reply.array(4);
            replies.id(id);
            reply.bulk(at.consumer().name());
            reply.number(Math.max(0, call.now() - at.delivered()));
            reply.number(at.deliveries());
            at.next();
        }
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "XINFO",
                "CONSUMERS <key> <groupname>",
                "    The consumers of a group.",
                "GROUPS <key>",
                "    The consumer groups of a stream.",
                "STREAM <key> [FULL [COUNT <count>]",
                "    A stream in figures.");
    }
}
