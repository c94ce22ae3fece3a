package io.cairn.command;

import io.cairn.keyspace.collection.Chance;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;

/** Places chosen by chance, for HRANDFIELD and SRANDMEMBER. */
final class RandomPlaces {
    /** Most elements that are answered again and again; Redis takes any number, and then never ends. */
    static final long MOST = Integer.MAX_VALUE / 2;
    /** One of so many or more places: a bit for each place takes less than a set. */
    private static final int SPARSE = 256;

    private RandomPlaces() {}

    /** {@code count} different places below {@code size}, ascending, each choice as likely (Floyd's algorithm). */
    static int[] distinct(Chance chance, int size, int count) {
        if (count > size / SPARSE) {
            BitSet chosen = new BitSet(size);
            for (int last = size - count; last < size; last++) {
                int place = chance.below(last + 1);
                chosen.set(chosen.get(place) ? last : place);
            }
            return chosen.stream().toArray();
        }
        Set<Integer> chosen = new HashSet<>();
        for (int last = size - count; last < size; last++) {
            int place = chance.below(last + 1);
            if (!chosen.add(place)) {
                chosen.add(last);
            }
        }
        return chosen.stream().mapToInt(place -> place).sorted().toArray();
    }

    /**
     * Argument {@code i} as a count that may be negative; answers the error and returns Long.MIN_VALUE. Redis: getRangeLongFromObjectOrReply with
     * -LONG_MAX, LONG_MAX.
     */
    static long count(Call call, int i) {
        if (!CounterCommands.isInteger(call, i)) {
            return Long.MIN_VALUE;
        }
        long count = Decimal.parse(call.args.address(i), call.args.length(i));
        if (count == Long.MIN_VALUE) {
            call.reply()
                    .error(
                            "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
        }
        return count;
    }
}
