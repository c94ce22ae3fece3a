package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.RealText;
import io.cairn.keyspace.collection.SortedRange;
import org.jspecify.annotations.Nullable;

/** The ends of ranges as commands give them: {@code 1.5 (2 -inf}, {@code [a (b - +}. */
final class SortedBounds {
    private SortedBounds() {}

    /** The range between two arguments; null if it is none, which is answered. */
    static @Nullable SortedRange parse(Call call, int min, int max, boolean byScore) {
        SortedRange range = byScore ? scores(call.args, min, max) : members(call.args, min, max);
        if (range == null) {
            call.reply()
                    .error(byScore ? "ERR min or max is not a float" : "ERR min or max not valid string range item");
        }
        return range;
    }

    /** Redis: zslParseRange. */
    private static @Nullable SortedRange scores(Args args, int min, int max) {
        double low = score(args, min);
        double high = score(args, max);
        return Double.isNaN(low) || Double.isNaN(high)
                ? null
                : new SortedRange.OfScores(low, startsWith(args, min, '('), high, startsWith(args, max, '('));
    }

    private static double score(Args args, int i) {
        int skipped = startsWith(args, i, '(') ? 1 : 0;
        return RealText.parseBound(args.address(i) + skipped, args.length(i) - skipped);
    }

    private static boolean startsWith(Args args, int i, char c) {
        return args.length(i) > 0 && Memory.getByte(args.address(i)) == c;
    }

    /** Redis: zslParseLexRange. */
    private static @Nullable SortedRange members(Args args, int min, int max) {
        SortedRange.Bound low = bound(args, min);
        SortedRange.Bound high = bound(args, max);
        return low == null || high == null ? null : new SortedRange.OfMembers(low, high);
    }

    private static SortedRange.@Nullable Bound bound(Args args, int i) {
        long address = args.address(i);
        int length = args.length(i);
        if (length == 0) {
            return null;
        }
        byte first = Memory.getByte(address);
        if (first == '(' || first == '[') {
            return new SortedRange.Bound(0, address + 1, length - 1, first == '(');
        }
        // C's string of this one character ends at the first NUL.
        boolean alone = length == 1 || Memory.getByte(address + 1) == 0;
        if (!alone || (first != '+' && first != '-')) {
            return null;
        }
        return new SortedRange.Bound(first == '+' ? 1 : -1, address, 0, true);
    }
}
