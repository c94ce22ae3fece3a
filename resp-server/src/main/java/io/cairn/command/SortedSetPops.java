package io.cairn.command;

import io.cairn.keyspace.collection.SortedView;
import java.util.List;

/** Members with the lowest or highest scores, taken out. Redis: genericZpopCommand. */
final class SortedSetPops {
    private SortedSetPops() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String words = "write fast @write @sortedset @fast";
        return List.of(
                Command.data("zpopmin", -2, words, one, call -> zpop(call, false)),
                Command.data("zpopmax", -2, words, one, call -> zpop(call, true)),
                Command.data("zmpop", -4, "write @write @sortedset @slow", CountedKeys.at(1), SortedSetPops::zmpop));
    }

    private static void zpop(Call call, boolean max) {
        Args args = call.args;
        if (args.count() > 3) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        boolean counted = args.count() == 3;
        long count = 1;
        if (counted) {
            count = Decimal.fits(args.address(2), args.length(2)) ? Decimal.parse(args.address(2), args.length(2)) : -1;
            if (count < 0) {
                call.reply().error("ERR value is out of range, must be positive");
                return;
            }
        }
        if (!pop(call, 1, 1, max, count, false, counted && call.reply().resp3())) {
            call.reply().array(0);
        }
    }

    /** ZMPOP numkeys key ... MIN|MAX [COUNT count]. */
    private static void zmpop(Call call) {
        long count = parseMultiPop(call, 1);
        if (count < 0) {
            return;
        }
        int keys = (int) CountedKeys.number(call.args, 1);
        if (!popFirst(call, 2, keys, call.args.is(2 + keys, "max"), count)) {
            call.reply().nilArray();
        }
    }

    /**
     * Checks the arguments of ZMPOP and BZMPOP from {@code numkeys} on, which is argument {@code at}: the keys follow it, then MIN or MAX.
     *
     * @return the count, 1 if none is given; -1 if an error was answered
     */
    static long parseMultiPop(Call call, int at) {
        Args args = call.args;
        long keys = CountedKeys.number(args, at);
        if (keys < 1) {
            call.reply().error("ERR numkeys should be greater than 0");
            return -1;
        }
        if (keys >= args.count() - at - 1) {
            call.reply().error(ErrorText.SYNTAX);
            return -1;
        }
        int where = at + 1 + (int) keys;
        if (!args.is(where, "max") && !args.is(where, "min")) {
            call.reply().error(ErrorText.SYNTAX);
            return -1;
        }
        long count = -1;
        for (int i = where + 1; i < args.count(); i += 2) {
            if (count != -1 || !args.is(i, "count") || i + 1 == args.count()) {
                call.reply().error(ErrorText.SYNTAX);
                return -1;
            }
            count = CountedKeys.number(args, i + 1);
            if (count < 1) {
                call.reply().error("ERR count should be greater than 0");
                return -1;
            }
        }
        return count == -1 ? 1 : count;
    }

    /**
     * ZMPOP and BZMPOP: pops up to {@code count} members of the first of {@code keys} keys, from argument {@code first} on, that is there.
     *
     * @return false if none was there and nothing was answered; true if members, or that a key has another type, were
     */
    static boolean popFirst(Call call, int first, int keys, boolean max, long count) {
        return pop(call, first, keys, max, count, true, true);
    }

    /** BZPOPMIN and BZPOPMAX: as {@link #popFirst}, of one member, answered as key, member, score. */
    static boolean popOne(Call call, int first, int keys, boolean max) {
        return pop(call, first, keys, max, 1, true, false);
    }

    private static boolean pop(
            Call call, int first, int keys, boolean max, long count, boolean withKey, boolean nested) {
        int key = first;
        while (key < first + keys && !StringCommands.find(call, key)) {
            key++;
        }
        if (key == first + keys) {
            return false;
        }
        boolean gone;
        try (SortedSetChange set = SortedSetChange.open(call, key)) {
            if (set == null) {
                call.wrongType();
                return true;
            }
            if (count == 0) {
                call.reply().array(0);
                return true;
            }
            SortedView view = set.view();
            long number = Math.min(count, view.size());
            answer(call, key, view, max, number, withKey, nested);
            set.removeRange(max ? view.size() - number : 0, number);
            if (withKey && call.isFollowed()) {
                byte[][] counted = nested ? new byte[][] {Effects.number(number)} : new byte[0][];
                call.instead(max ? "ZPOPMAX" : "ZPOPMIN", key, counted);
            }
            gone = set.finish();
        }
        call.event('z', max ? "zpopmax" : "zpopmin", key);
        if (gone) {
            call.event('g', "del", key);
        }
        return true;
    }

    private static void answer(
            Call call, int key, SortedView view, boolean max, long number, boolean withKey, boolean nested) {
        Reply reply = call.reply();
        int members = Math.toIntExact(number);
        if (withKey) {
            reply.array(nested ? 2 : 2 * members + 1);
            reply.bulk(call.args.address(key), call.args.length(key));
        }
        if (nested || !withKey) {
            reply.array(nested ? members : 2 * members);
        }
        long at = max ? view.last() : view.first();
        for (int i = 0; i < members; i++) {
            if (nested) {
                reply.array(2);
            }
            reply.bulk(view.member(at), view.length(at));
            reply.real(view.score(at));
            at = max ? view.previous(at) : view.next(at);
        }
    }
}
