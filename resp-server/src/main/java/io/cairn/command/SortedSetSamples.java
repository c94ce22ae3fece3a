package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.RealText;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.collection.Chance;
import io.cairn.keyspace.collection.Listpack;
import io.cairn.keyspace.collection.SortedSet;
import io.cairn.keyspace.collection.SortedView;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** ZRANDMEMBER and ZSCAN. */
final class SortedSetSamples {
    /** So many distinct ranks are remembered one by one; more in a bit per member. */
    private static final int FEW = 1000;
    /** Most members with scores in one reply. */
    private static final long MOST = Integer.MAX_VALUE / 2;

    private SortedSetSamples() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String words = "readonly @read @sortedset @slow";
        return List.of(
                Command.data("zrandmember", -2, words, one, SortedSetSamples::zrandmember),
                Command.data("zscan", -3, words, one, SortedSetSamples::zscan));
    }

    /** ZRANDMEMBER key [count [WITHSCORES]]. */
    private static void zrandmember(Call call) {
        Args args = call.args;
        Reply reply = call.reply();
        if (args.count() == 2) {
            try (SortedView set = SortedReplies.find(call, 1, reply::nil)) {
                if (set != null) {
                    long at = set.at(new Chance(call.seed()).below((int) set.size()));
                    reply.bulk(set.member(at), set.length(at));
                }
            }
            return;
        }
        if (!CounterCommands.isInteger(call, 2)) {
            return;
        }
        long count = Decimal.parse(args.address(2), args.length(2));
        if (count == Long.MIN_VALUE) {
            reply.error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
            return;
        }
        if (args.count() > 4 || (args.count() == 4 && !args.is(3, "withscores"))) {
            reply.error(ErrorText.SYNTAX);
            return;
        }
        boolean scores = args.count() == 4;
        // Redis takes more than we could ever answer, too, and never ends.
        if (count < -MOST || (scores && count > Long.MAX_VALUE / 2)) {
            reply.error("ERR value is out of range");
            return;
        }
        try (SortedView set = SortedReplies.find(call, 1, () -> reply.array(0))) {
            if (set != null) {
                sample(call, set, count, scores);
            }
        }
    }

    /** Redis: zrandmemberWithCountCommand. */
    private static void sample(Call call, SortedView set, long count, boolean scores) {
        Reply reply = call.reply();
        Chance chance = new Chance(call.seed());
        long size = set.size();
        if (count >= size) {
            SortedReplies.range(reply, set, size - 1, size, true, scores);
            return;
        }
        SortedReplies.begin(reply, Math.abs(count), scores);
        if (count < 0) {
            for (long left = -count; left > 0; left--) {
                SortedReplies.pair(reply, set, set.at(chance.below((int) size)), scores);
            }
        } else if (count > size / 3) {
            // One after another: each has the chance that is left for it.
            long wanted = count;
            long at = set.first();
            for (long left = size; wanted > 0; left--) {
                if (chance.below((int) left) < wanted) {
                    SortedReplies.pair(reply, set, at, scores);
                    wanted--;
                }
                at = set.next(at);
            }
        } else {
            distinct(reply, set, count, scores, chance);
        }
    }

    private static void distinct(Reply reply, SortedView set, long count, boolean scores, Chance chance) {
        Set<Long> few = new HashSet<>();
        BitSet many = new BitSet();
        long size = set.size();
        for (long left = count; left > 0; ) {
            long rank = chance.below((int) size);
            boolean taken;
            if (count <= FEW) {
                taken = !few.add(rank);
            } else {
                taken = many.get((int) rank);
                many.set((int) rank);
            }
            if (!taken) {
                SortedReplies.pair(reply, set, set.at(rank), scores);
                left--;
            }
        }
    }

    /** ZSCAN key cursor [MATCH pattern] [COUNT n]. Redis: scanGenericCommand. */
    private static void zscan(Call call) {
        Args args = call.args;
        Long cursor = ScanCommands.cursor(args.text(2));
        if (cursor == null) {
            call.reply().error("ERR invalid cursor");
            return;
        }
        Runnable nothing = () -> {
            call.reply().array(2);
            call.reply().bulk("0");
            call.reply().array(0);
        };
        try (SortedView set = SortedReplies.find(call, 1, nothing)) {
            if (set != null) {
                scan(call, set, cursor);
            }
        }
    }

    private static void scan(Call call, SortedView set, long cursor) {
        Args args = call.args;
        long count = 10;
        GlobPattern pattern = null;
        for (int i = 3; i < args.count(); i += 2) {
            if (i + 1 < args.count() && args.is(i, "count")) {
                if (!CounterCommands.isInteger(call, i + 1)) {
                    return;
                }
                count = Decimal.parse(args.address(i + 1), args.length(i + 1));
                if (count < 1) {
                    call.reply().error(ErrorText.SYNTAX);
                    return;
                }
            } else if (i + 1 < args.count() && args.is(i, "match")) {
                pattern = new GlobPattern(args.bytes(i + 1), false);
            } else {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
        }
        GlobPattern wanted = pattern == null || pattern.matchesAll() ? null : pattern;
        List<byte[]> found = new ArrayList<>();
        long next = 0;
        if (call.value.encoding == Value.OBJECT) {
            SortedSet large = (SortedSet) Objects.requireNonNull(call.value.object);
            next = large.scan(cursor, count, at -> take(large, at, wanted, RealText.of(large.score(at)), found));
        } else {
            long lp = call.value.address;
            for (long at = set.first(); at != SortedView.NONE; at = set.next(at)) {
                take(set, at, wanted, text(lp, Listpack.next(lp, (int) at)), found);
            }
        }
        Reply reply = call.reply();
        reply.array(2);
        reply.bulk(Long.toUnsignedString(next));
        reply.array(found.size());
        found.forEach(reply::bulk);
    }

    /** A score as the listpack has it: of whole numbers all digits. */
    private static String text(long lp, int at) {
        return Listpack.isNumber(lp, at)
                ? Long.toString(Listpack.number(lp, at))
                : new String(
                        Memory.bytes(Listpack.address(lp, at), Listpack.length(lp, at)),
                        java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    private static void take(SortedView set, long at, @Nullable GlobPattern pattern, String score, List<byte[]> found) {
        if (pattern == null || pattern.matches(set.member(at), set.length(at))) {
            found.add(Memory.bytes(set.member(at), set.length(at)));
            found.add(score.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        }
    }
}
