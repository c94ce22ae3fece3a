package io.cairn.command;

import io.cairn.keyspace.collection.SortedRange;
import io.cairn.keyspace.collection.SortedSet;
import io.cairn.keyspace.collection.SortedView;
import java.util.List;

/** ZRANGE, its older relatives and ZRANGESTORE. Redis: zrangeGenericCommand. */
final class SortedSetRanges {
    private enum Type {
        AUTO,
        RANK,
        SCORE,
        MEMBER
    }

    private SortedSetRanges() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String read = "readonly @read @sortedset @slow";
        return List.of(
                Command.data("zrange", -4, read, one, call -> new Range(call, 1, Type.AUTO, false, true).run()),
                Command.data("zrevrange", -4, read, one, call -> new Range(call, 1, Type.RANK, true, false).run()),
                Command.data(
                        "zrangebyscore", -4, read, one, call -> new Range(call, 1, Type.SCORE, false, false).run()),
                Command.data(
                        "zrevrangebyscore", -4, read, one, call -> new Range(call, 1, Type.SCORE, true, false).run()),
                Command.data("zrangebylex", -4, read, one, call -> new Range(call, 1, Type.MEMBER, false, false).run()),
                Command.data(
                        "zrevrangebylex", -4, read, one, call -> new Range(call, 1, Type.MEMBER, true, false).run()),
                Command.data(
                        "zrangestore",
                        -5,
                        "write denyoom @write @sortedset @slow",
                        KeySpec.range(1, 2, 1),
                        call -> new Range(call, 2, Type.AUTO, false, true).run()));
    }

    /** One call: source, minimum and maximum are the arguments from {@code key} on. */
    private static final class Range {
        private final Call call;
        private final int key;
        private final boolean store;
        private final boolean mayChoose;
        private Type type;
        private boolean reverse;
        private boolean withScores;
        private long offset;
        private long limit = -1;
        /** What of the set is wanted: ranks, the first and after the last. */
        private long from;

        private long to;

        /** @param mayChoose type and direction may be given as options */
        Range(Call call, int key, Type type, boolean reverse, boolean mayChoose) {
            this.call = call;
            this.key = key;
            this.store = key == 2;
            this.type = type;
            this.reverse = reverse;
            this.mayChoose = mayChoose;
        }

        void run() {
            if (!options() || conflict()) {
                return;
            }
            Args args = call.args;
            boolean swapped = reverse && type != Type.RANK;
            int min = swapped ? key + 2 : key + 1;
            int max = swapped ? key + 1 : key + 2;
            SortedRange range = null;
            if (type == Type.RANK) {
                if (!CounterCommands.isInteger(call, min) || !CounterCommands.isInteger(call, max)) {
                    return;
                }
            } else {
                range = SortedBounds.parse(call, min, max, type == Type.SCORE);
                if (range == null) {
                    return;
                }
            }
            try (SortedView set = SortedReplies.find(call, key, this::none)) {
                if (set == null) {
                    return;
                }
                if (range == null) {
                    ranks(
                            set.size(),
                            Decimal.parse(args.address(min), args.length(min)),
                            Decimal.parse(args.address(max), args.length(max)));
                } else {
                    limited(set, range);
                }
                answer(set);
            }
        }

        /** False when an error was answered. */
        private boolean options() {
            Args args = call.args;
            for (int i = key + 3; i < args.count(); i++) {
                if (!store && args.is(i, "withscores")) {
                    withScores = true;
                } else if (args.is(i, "limit") && i + 2 < args.count()) {
                    if (!CounterCommands.isInteger(call, i + 1) || !CounterCommands.isInteger(call, i + 2)) {
                        return false;
                    }
                    offset = Decimal.parse(args.address(i + 1), args.length(i + 1));
                    limit = Decimal.parse(args.address(i + 2), args.length(i + 2));
                    i += 2;
                } else if (mayChoose && !reverse && args.is(i, "rev")) {
                    reverse = true;
                } else if (mayChoose && type == Type.AUTO && args.is(i, "bylex")) {
                    type = Type.MEMBER;
                } else if (mayChoose && type == Type.AUTO && args.is(i, "byscore")) {
                    type = Type.SCORE;
                } else {
                    call.reply().error(ErrorText.SYNTAX);
                    return false;
                }
            }
            if (type == Type.AUTO) {
                type = Type.RANK;
            }
            return true;
        }

        private boolean conflict() {
            if (limit != -1 && type == Type.RANK) {
                call.reply()
                        .error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
                return true;
            }
            if (withScores && type == Type.MEMBER) {
                call.reply().error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
                return true;
            }
            return false;
        }

        /** Redis: genericZrangebyrankCommand. */
        private void ranks(long size, long start, long end) {
            long first = Math.max(0, start < 0 ? size + start : start);
            long last = Math.min(size - 1, end < 0 ? size + end : end);
            if (first > last) {
                return;
            }
            from = reverse ? size - 1 - last : first;
            to = reverse ? size - first : last + 1;
        }

        /** Redis: genericZrangebyscoreCommand, genericZrangebylexCommand. */
        private void limited(SortedView set, SortedRange range) {
            from = set.countBelow(range);
            to = Math.max(from, set.countUpTo(range));
            // A negative offset passes over everything.
            long skipped = offset < 0 ? to - from : Math.min(offset, to - from);
            if (reverse) {
                to -= skipped;
            } else {
                from += skipped;
            }
            if (limit >= 0 && limit < to - from) {
                if (reverse) {
                    from = to - limit;
                } else {
                    to = from + limit;
                }
            }
        }

        private void none() {
            if (store) {
                storeNothing(call);
            } else {
                call.reply().array(0);
            }
        }

        private void answer(SortedView set) {
            if (!store) {
                SortedReplies.range(call.reply(), set, reverse ? to - 1 : from, to - from, reverse, withScores);
                return;
            }
            if (to == from) {
                storeNothing(call);
                return;
            }
            SortedSet result = new SortedSet();
            boolean taken = false;
            try {
                // From the end: each then goes before all others.
                long at = set.at(to - 1);
                for (long rank = to; rank > from; rank--) {
                    result.add(set.member(at), set.length(at), set.score(at));
                    at = set.previous(at);
                }
                SortedSetChange.store(call, 1, result);
                taken = true;
            } finally {
                if (!taken) {
                    result.release();
                }
            }
            call.changed();
            call.event('z', "zrangestore", 1);
            call.reply().number(to - from);
        }
    }

    /** The result that was to be stored under the key of argument 1 is empty: the key goes. */
    static void storeNothing(Call call) {
        storeNothing(call, 1);
    }

    static void storeNothing(Call call, int key) {
        if (call.database().remove(call.args.address(key), call.args.length(key), call.now())) {
            call.changed();
            call.event('g', "del", key);
        }
        call.reply().number(0);
    }
}
