package io.cairn.command;

import io.cairn.keyspace.RealText;
import io.cairn.keyspace.collection.SortedRange;
import io.cairn.keyspace.collection.SortedView;
import java.util.List;

/** Sorted sets member by member, and ranges that are counted or removed. Redis: t_zset.c. */
final class SortedSetCommands {
    private static final int NX = 1;
    private static final int XX = 2;
    private static final int GT = 4;
    private static final int LT = 8;
    private static final int CH = 16;
    private static final int INCR = 32;

    /** What adding one member came to. */
    private static final int NOTHING = 0;

    private static final int ADDED = 1;
    private static final int UPDATED = 2;
    private static final int SAME = 3;
    private static final int NOT_A_NUMBER = 4;

    private SortedSetCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String write = "write denyoom fast @write @sortedset @fast";
        String remove = "write @write @sortedset @slow";
        String read = "readonly fast @read @sortedset @fast";
        return List.of(
                Command.data("zadd", -4, write, one, call -> zadd(call, 0)),
                Command.data("zincrby", 4, write, one, call -> zadd(call, INCR)),
                Command.data("zrem", -3, "write fast @write @sortedset @fast", one, SortedSetCommands::zrem),
                Command.data("zremrangebyrank", 4, remove, one, SortedSetCommands::zremrangebyrank),
                Command.data("zremrangebyscore", 4, remove, one, call -> removeRange(call, "zremrangebyscore", true)),
                Command.data("zremrangebylex", 4, remove, one, call -> removeRange(call, "zremrangebylex", false)),
                Command.data("zcard", 2, read, one, SortedSetCommands::zcard),
                Command.data("zscore", 3, read, one, SortedSetCommands::zscore),
                Command.data("zmscore", -3, read, one, SortedSetCommands::zmscore),
                Command.data("zrank", -3, read, one, call -> rank(call, false, "zrank")),
                Command.data("zrevrank", -3, read, one, call -> rank(call, true, "zrevrank")),
                Command.data("zcount", 4, read, one, call -> count(call, true)),
                Command.data("zlexcount", 4, read, one, call -> count(call, false)));
    }

    /** ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member ..., ZINCRBY key increment member. Redis: zaddGenericCommand. */
    private static void zadd(Call call, int given) {
        Args args = call.args;
        int options = given;
        int first = 2;
        for (; first < args.count(); first++) {
            int option = option(args, first);
            if (option == 0) {
                break;
            }
            options |= option;
        }
        int pairs = (args.count() - first) / 2;
        if (pairs == 0 || (args.count() - first) % 2 != 0) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        if (conflict(call, options, pairs)) {
            return;
        }
        double[] scores = new double[pairs];
        for (int i = 0; i < pairs; i++) {
            scores[i] = RealText.parse(args.address(first + 2 * i), args.length(first + 2 * i));
            if (Double.isNaN(scores[i])) {
                call.reply().error(ErrorText.NOT_A_FLOAT);
                return;
            }
        }
        add(call, options, scores, first + 1, 2);
    }

    private static int option(Args args, int i) {
        if (args.length(i) > 4) {
            return 0;
        }
        return args.is(i, "nx")
                ? NX
                : args.is(i, "xx")
                        ? XX
                        : args.is(i, "ch")
                                ? CH
                                : args.is(i, "incr") ? INCR : args.is(i, "gt") ? GT : args.is(i, "lt") ? LT : 0;
    }

    private static boolean conflict(Call call, int options, int pairs) {
        boolean nx = (options & NX) != 0;
        boolean gt = (options & GT) != 0;
        boolean lt = (options & LT) != 0;
        String error = null;
        if (nx && (options & XX) != 0) {
            error = "ERR XX and NX options at the same time are not compatible";
        } else if ((gt && nx) || (lt && nx) || (gt && lt)) {
            error = "ERR GT, LT, and/or NX options at the same time are not compatible";
        } else if ((options & INCR) != 0 && pairs > 1) {
            error = "ERR INCR option supports a single increment-element pair";
        }
        if (error != null) {
            call.reply().error(error);
        }
        return error != null;
    }

    /** GEOADD, whose options are some of ZADD's. */
    static void addAll(Call call, boolean nx, boolean xx, boolean ch, double[] scores, int member, int step) {
        add(call, (nx ? NX : 0) | (xx ? XX : 0) | (ch ? CH : 0), scores, member, step);
    }

    /** Adds the members of every {@code step}-th argument from {@code member} on to the set of argument 1. */
    private static void add(Call call, int options, double[] scores, int member, int step) {
        Args args = call.args;
        boolean incr = (options & INCR) != 0;
        int added = 0;
        int updated = 0;
        int last = NOTHING;
        double score = 0;
        try (SortedSetChange set = SortedSetChange.open(call, 1)) {
            if (set == null) {
                return;
            }
            for (int i = 0; i < scores.length && (set.existed() || (options & XX) == 0); i++) {
                long address = args.address(member + i * step);
                int length = args.length(member + i * step);
                long at = set.view().find(address, length);
                score = scores[i];
                if (incr && at != SortedView.NONE && (options & NX) == 0) {
                    score += set.view().score(at);
                }
                last = addOne(set, options, score, at, address, length);
                if (last == NOT_A_NUMBER) {
                    call.reply().error("ERR resulting score is not a number (NaN)");
                    return;
                }
                added += last == ADDED ? 1 : 0;
                updated += last == UPDATED ? 1 : 0;
            }
            set.finish();
        }
        if (added + updated > 0) {
            call.event('z', incr ? "zincr" : "zadd", 1);
        }
        if (!incr) {
            call.reply().number((options & CH) != 0 ? added + updated : added);
        } else if (last == NOTHING) {
            call.reply().nil();
        } else {
            call.reply().real(score);
        }
    }

    /** Redis: zsetAdd. */
    private static int addOne(SortedSetChange set, int options, double score, long at, long member, int length) {
        if (at == SortedView.NONE) {
            if ((options & XX) != 0) {
                return NOTHING;
            }
            set.add(member, length, score);
            return ADDED;
        }
        if ((options & NX) != 0) {
            return NOTHING;
        }
        if (Double.isNaN(score)) {
            return NOT_A_NUMBER;
        }
        double old = set.view().score(at);
        if (((options & LT) != 0 && score >= old) || ((options & GT) != 0 && score <= old)) {
            return NOTHING;
        }
        if (score == old) {
            return SAME;
        }
        set.setScore(at, member, length, score);
        return UPDATED;
    }

    private static void zrem(Call call) {
        Args args = call.args;
        int removed = 0;
        boolean gone;
        try (SortedSetChange set = SortedSetChange.open(call, 1)) {
            if (set == null) {
                return;
            }
            for (int i = 2; i < args.count() && set.view().size() > 0; i++) {
                long at = set.view().find(args.address(i), args.length(i));
                if (at != SortedView.NONE) {
                    set.remove(at);
                    removed++;
                }
            }
            gone = set.finish();
        }
        removed(call, "zrem", removed, gone);
    }

    /** Tells of members that were removed, and answers how many. */
    private static void removed(Call call, String event, long removed, boolean gone) {
        if (removed > 0) {
            call.event('z', event, 1);
        }
        if (gone) {
            call.event('g', "del", 1);
        }
        call.reply().number(removed);
    }

    private static void zremrangebyrank(Call call) {
        if (!CounterCommands.isInteger(call, 2) || !CounterCommands.isInteger(call, 3)) {
            return;
        }
        Args args = call.args;
        long start = Decimal.parse(args.address(2), args.length(2));
        long end = Decimal.parse(args.address(3), args.length(3));
        long number = 0;
        boolean gone;
        try (SortedSetChange set = SortedSetChange.open(call, 1)) {
            if (set == null) {
                return;
            }
            long size = set.view().size();
            long from = Math.max(0, start < 0 ? size + start : start);
            long to = Math.min(size - 1, end < 0 ? size + end : end);
            if (from <= to) {
                number = to - from + 1;
                set.removeRange(from, number);
            }
            gone = set.finish();
        }
        removed(call, "zremrangebyrank", number, gone);
    }

    private static void removeRange(Call call, String event, boolean byScore) {
        SortedRange range = SortedBounds.parse(call, 2, 3, byScore);
        if (range == null) {
            return;
        }
        long number;
        boolean gone;
        try (SortedSetChange set = SortedSetChange.open(call, 1)) {
            if (set == null) {
                return;
            }
            long from = set.view().countBelow(range);
            number = Math.max(0, set.view().countUpTo(range) - from);
            if (number > 0) {
                set.removeRange(from, number);
            }
            gone = set.finish();
        }
        removed(call, event, number, gone);
    }

    private static void zcard(Call call) {
        try (SortedView set = SortedReplies.find(call, 1, () -> call.reply().number(0))) {
            if (set != null) {
                call.reply().number(set.size());
            }
        }
    }

    private static void count(Call call, boolean byScore) {
        SortedRange range = SortedBounds.parse(call, 2, 3, byScore);
        if (range == null) {
            return;
        }
        try (SortedView set = SortedReplies.find(call, 1, () -> call.reply().number(0))) {
            if (set != null) {
                call.reply().number(Math.max(0, set.countUpTo(range) - set.countBelow(range)));
            }
        }
    }

    private static void zscore(Call call) {
        try (SortedView set = SortedReplies.find(call, 1, () -> call.reply().nil())) {
            if (set != null) {
                score(call, set, 2);
            }
        }
    }

    private static void score(Call call, SortedView set, int member) {
        long at = set.find(call.args.address(member), call.args.length(member));
        if (at == SortedView.NONE) {
            call.reply().nil();
        } else {
            call.reply().real(set.score(at));
        }
    }

    private static void zmscore(Call call) {
        int members = call.args.count() - 2;
        Runnable none = () -> {
            call.reply().array(members);
            for (int i = 0; i < members; i++) {
                call.reply().nil();
            }
        };
        try (SortedView set = SortedReplies.find(call, 1, none)) {
            if (set != null) {
                call.reply().array(members);
                for (int i = 0; i < members; i++) {
                    score(call, set, 2 + i);
                }
            }
        }
    }

    /** ZRANK key member [WITHSCORE], which is of Redis 7.2. */
    private static void rank(Call call, boolean reverse, String name) {
        Args args = call.args;
        if (args.count() > 4) {
            call.reply().error(ErrorText.arity(name));
            return;
        }
        boolean withScore = args.count() == 4;
        if (withScore && !args.is(3, "withscore")) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        Reply reply = call.reply();
        Runnable none = withScore ? reply::nilArray : reply::nil;
        try (SortedView set = SortedReplies.find(call, 1, none)) {
            if (set == null) {
                return;
            }
            long at = set.find(args.address(2), args.length(2));
            if (at == SortedView.NONE) {
                none.run();
                return;
            }
            if (withScore) {
                reply.array(2);
            }
            reply.number(reverse ? set.size() - 1 - set.rank(at) : set.rank(at));
            if (withScore) {
                reply.real(set.score(at));
            }
        }
    }
}
