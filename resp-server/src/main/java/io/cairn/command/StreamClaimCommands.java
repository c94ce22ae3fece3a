package io.cairn.command;

import io.cairn.keyspace.collection.StreamConsumer;
import io.cairn.keyspace.collection.StreamGroup;
import io.cairn.keyspace.collection.StreamId;
import io.cairn.keyspace.collection.StreamObject;
import io.cairn.keyspace.collection.StreamPending;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Taking over pending entries: XCLAIM and XAUTOCLAIM. Redis: xclaimCommand, xautoclaimCommand. */
final class StreamClaimCommands {
    /** Redis: XAUTOCLAIM looks at so many pending entries for each that it may claim. */
    private static final int ATTEMPTS = 10;
    /** Redis keeps 16 bytes for each entry that may be claimed, and refuses what its allocator cannot have. */
    private static final long TOO_MANY = 1L << 43;

    private StreamClaimCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String words = "write fast @write @stream @fast";
        return List.of(
                Command.data("xclaim", -6, words, one, StreamClaimCommands::xclaim),
                Command.data("xautoclaim", -6, words, one, StreamClaimCommands::xautoclaim));
    }

    /** Ids as pairs of longs. */
    private static final class Ids {
        private long[] ids = new long[16];
        private int length;

        void add(StreamId id) {
            if (length == ids.length) {
                ids = Arrays.copyOf(ids, length * 2);
            }
            ids[length++] = id.ms;
            ids[length++] = id.sequence;
        }

        int count() {
            return length / 2;
        }

        void get(int i, StreamId id) {
            id.set(ids[2 * i], ids[2 * i + 1]);
        }
    }

    /** A number with an error text of its own; false after it was answered. */
    private static boolean isNumber(Call call, int i, String error) {
        if (Decimal.fits(call.args.address(i), call.args.length(i))) {
            return true;
        }
        call.reply().error(error);
        return false;
    }

    private static long number(Call call, int i) {
        return Decimal.parse(call.args.address(i), call.args.length(i));
    }

    private static void answer(Call call, StreamObject stream, Ids claimed, boolean justId, StreamReplies replies) {
        call.reply().array(claimed.count());
        StreamId id = new StreamId();
        for (int i = 0; i < claimed.count(); i++) {
            claimed.get(i, id);
            if (justId || !replies.entry(stream, id)) {
                replies.id(id);
            }
        }
    }

    /** Options of XCLAIM. */
    private static final class Options {
        private long minIdle;
        private int idsEnd = 5;
        private final Ids ids = new Ids();
        private final StreamId last = new StreamId();
        private boolean force;
        private boolean justId;
        private long delivered = -1;
        private long retries = -1;

        static @Nullable Options parse(Call call) {
            Options options = new Options();
            if (!isNumber(call, 4, "ERR Invalid min-idle-time argument for XCLAIM")) {
                return null;
            }
            options.minIdle = Math.max(0, number(call, 4));
            StreamId id = new StreamId();
            while (options.idsEnd < call.args.count() && StreamIds.parse(call.args, options.idsEnd, id)) {
                options.ids.add(id);
                options.idsEnd++;
            }
            return options.parseRest(call) ? options : null;
        }

        private boolean parseRest(Call call) {
            Args args = call.args;
            for (int i = idsEnd; i < args.count(); i++) {
                boolean more = i + 1 < args.count();
                if (args.is(i, "force")) {
                    force = true;
                } else if (args.is(i, "justid")) {
                    justId = true;
                } else if (more && args.is(i, "idle")) {
                    i++;
                    if (!isNumber(call, i, "ERR Invalid IDLE option argument for XCLAIM")) {
                        return false;
                    }
                    delivered = call.now() - number(call, i);
                } else if (more && args.is(i, "time")) {
                    i++;
                    if (!isNumber(call, i, "ERR Invalid TIME option argument for XCLAIM")) {
                        return false;
                    }
                    delivered = number(call, i);
                } else if (more && args.is(i, "retrycount")) {
                    i++;
                    if (!isNumber(call, i, "ERR Invalid RETRYCOUNT option argument for XCLAIM")) {
                        return false;
                    }
                    retries = number(call, i);
                } else if (more && args.is(i, "lastid")) {
                    i++;
                    if (!StreamIds.isId(call, i, last)) {
                        return false;
                    }
                } else {
                    call.reply().error("ERR Unrecognized XCLAIM option '" + ErrorText.argument(args, i) + "'");
                    return false;
                }
            }
            if (delivered < 0 || delivered > call.now()) {
                delivered = call.now();
            }
            return true;
        }
    }

    /** XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME ms] [RETRYCOUNT n] [FORCE] [JUSTID] [LASTID id]. */
    private static void xclaim(Call call) {
        boolean there = call.find(1, call.value);
        if (there && !StreamCommands.isStream(call)) {
            return;
        }
        StreamGroup group = StreamGroupCommands.groupOf(call, there);
        if (group == null) {
            return;
        }
        Options options = Options.parse(call);
        if (options == null) {
            return;
        }
        StreamObject stream = StreamCommands.stream(call);
        Ids claimed = new Ids();
        StreamEffects effects = call.isFollowed() ? new StreamEffects(call, 1, 2, group) : null;
        try (StreamChange change = new StreamChange(call, 1)) {
            if (options.last.compareTo(group.last()) > 0) {
                change.begin();
                group.last().set(options.last);
                if (effects != null) {
                    effects.lastId();
                }
            }
            claim(call, group, options, change, claimed, effects);
        }
        try (StreamReplies replies = new StreamReplies(call.reply())) {
            answer(call, stream, claimed, options.justId, replies);
        }
    }

    private static void claim(
            Call call,
            StreamGroup group,
            Options options,
            StreamChange change,
            Ids claimed,
            @Nullable StreamEffects effects) {
        StreamConsumer consumer = null;
        StreamId id = new StreamId();
        StreamPending at = group.walk();
        for (int i = 0; i < options.ids.count(); i++) {
            options.ids.get(i, id);
            boolean pending = group.isPending(id);
            if (!change.stream.contains(id)) {
                if (pending) {
                    change.begin();
                    group.acknowledge(id);
                    if (effects != null) {
                        effects.acknowledged(id);
                    }
                }
                continue;
            }
            long deliveries = 1;
            if (pending) {
                at.seek(id);
                deliveries = at.deliveries();
                if (options.minIdle > 0 && call.now() - at.delivered() < options.minIdle) {
                    continue;
                }
            } else if (!options.force) {
                continue;
            }
            change.begin();
            if (consumer == null) {
                consumer = StreamGroupCommands.consumer(call, group, 3, change);
            }
            if (options.retries >= 0) {
                deliveries = options.retries;
            } else if (!options.justId) {
                deliveries++;
            }
            group.assign(id, consumer, options.delivered, deliveries);
            if (effects != null) {
                effects.claimed(id, call.args.bytes(3));
            }
            claimed.add(id);
        }
    }

    /** XAUTOCLAIM key group consumer min-idle-time start [COUNT n] [JUSTID]. */
    private static void xautoclaim(Call call) {
        Args args = call.args;
        boolean there = call.find(1, call.value);
        if (!isNumber(call, 4, "ERR Invalid min-idle-time argument for XAUTOCLAIM")) {
            return;
        }
        long minIdle = Math.max(0, number(call, 4));
        StreamId start = new StreamId();
        if (!StreamIds.isStart(call, 5, start)) {
            return;
        }
        long count = 100;
        boolean justId = false;
        for (int i = 6; i < args.count(); i++) {
            if (args.is(i, "count") && i + 1 < args.count()) {
                i++;
                if (!isNumber(call, i, "ERR COUNT must be > 0")) {
                    return;
                }
                count = number(call, i);
                if (count < 1 || count > Long.MAX_VALUE / 16) {
                    call.reply().error("ERR COUNT must be > 0");
                    return;
                }
            } else if (args.is(i, "justid")) {
                justId = true;
            } else {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
        }
        if (there && !StreamCommands.isStream(call)) {
            return;
        }
        StreamGroup group = StreamGroupCommands.groupOf(call, there);
        if (group == null) {
            return;
        }
        if (count > TOO_MANY) {
            call.reply().error("ERR Insufficient memory, failed allocating transient memory, COUNT too high.");
            return;
        }
        claimIdle(call, group, minIdle, start, count, justId);
    }

    private static void claimIdle(
            Call call, StreamGroup group, long minIdle, StreamId start, long limit, boolean justId) {
        StreamObject stream = StreamCommands.stream(call);
        Ids claimed = new Ids();
        Ids deleted = new Ids();
        StreamId id = new StreamId();
        StreamPending at = group.walk();
        at.seek(start);
        StreamEffects effects = call.isFollowed() ? new StreamEffects(call, 1, 2, group) : null;
        try (StreamChange change = new StreamChange(call, 1)) {
            StreamConsumer consumer = null;
            long count = limit;
            for (long attempts = limit * ATTEMPTS; attempts > 0 && count > 0 && at.there(); attempts--) {
                at.id(id);
                if (!stream.contains(id)) {
                    change.begin();
                    group.acknowledge(id);
                    if (effects != null) {
                        effects.acknowledged(id);
                    }
                    deleted.add(id);
                    at.seek(id);
                    count--;
                    continue;
                }
                if (minIdle == 0 || call.now() - at.delivered() >= minIdle) {
                    change.begin();
                    if (consumer == null) {
                        consumer = StreamGroupCommands.consumer(call, group, 3, change);
                    }
                    group.assign(id, consumer, call.now(), at.deliveries() + (justId ? 0 : 1));
                    if (effects != null) {
                        effects.claimed(id, call.args.bytes(3));
                    }
                    claimed.add(id);
                    count--;
                }
                at.next();
            }
        }
        if (at.there()) {
            at.id(id);
        } else {
            id.set(0, 0);
        }
        call.reply().array(3);
        try (StreamReplies replies = new StreamReplies(call.reply())) {
            replies.id(id);
            answer(call, stream, claimed, justId, replies);
            answer(call, stream, deleted, true, replies);
        }
    }
}
