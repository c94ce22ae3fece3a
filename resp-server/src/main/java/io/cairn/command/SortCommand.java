package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.RealText;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.ListCursor;
import io.cairn.keyspace.collection.SetReader;
import io.cairn.keyspace.collection.SortedView;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * SORT key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC|DESC] [ALPHA] [STORE destination], and SORT_RO without STORE. Redis: sort.c.
 *
 * <p>What it stores depends on elements and values alone: equal elements keep the order of a list; in a set or sorted set the smaller comes first.
 * Text is compared byte by byte, whatever the locale.
 */
final class SortCommand {
    private SortCommand() {}

    /** {@code cluster}: patterns are refused, for their keys may lie elsewhere; else they name any key, and every stripe is locked. */
    static List<Command> table(boolean cluster) {
        String words = "movablekeys @set @sortedset @list @slow @dangerous ";
        KeySpec writes = new KeySpec(1, 1, 1, new Keys(true, !cluster));
        KeySpec reads = new KeySpec(1, 1, 1, new Keys(false, !cluster));
        return List.of(
                Command.data("sort", -2, words + "write denyoom @write", writes, call -> sort(call, cluster, true)),
                Command.data("sort_ro", -2, words + "readonly @read", reads, call -> sort(call, cluster, false)));
    }

    /** Redis: sortGetKeys. */
    private record Keys(boolean stores, boolean patterns) implements KeySpec.Finder {
        /** Patterns name keys that nobody knows before. */
        @Override
        public boolean wholeKeyspace() {
            return patterns;
        }

        @Override
        public int[] positions(Args args) {
            int destination = 0;
            for (int i = 2; stores && i < args.count(); i++) {
                if (args.is(i, "limit")) {
                    i += 2;
                } else if (args.is(i, "get") || args.is(i, "by")) {
                    i++;
                } else if (args.is(i, "store") && i + 1 < args.count()) {
                    // The last one counts.
                    destination = i + 1;
                }
            }
            return destination == 0 ? new int[] {1} : new int[] {1, destination};
        }
    }

    /** What the arguments say; {@code by} and {@code store} are arguments, 0 for none. */
    private static final class Options {
        boolean descending;
        boolean alphabetical;
        boolean unsorted;
        long offset;
        long limit = -1;
        int by;
        int store;
        int[] gets = new int[0];
    }

    private static void sort(Call call, boolean cluster, boolean stores) {
        Options options = parse(call, cluster, stores);
        if (options == null) {
            return;
        }
        Value source = call.value;
        boolean there = call.find(1, source);
        if (there && source.type != ValueType.LIST && source.type != ValueType.SET && source.type != ValueType.ZSET) {
            call.reply().error(ErrorText.WRONG_TYPE);
            return;
        }
        if (options.unsorted && there && source.type == ValueType.SET && (options.store != 0 || call.isScripted())) {
            // The order of a set is nobody's business and must not be stored.
            options.unsorted = false;
            options.alphabetical = true;
            options.by = 0;
        }
        int all = there ? size(source) : 0;
        int start = (int) Math.min(Math.max(options.offset, 0), all);
        long limit = Math.min(Math.max(options.limit, -1), all);
        int end = (int) Math.min(limit < 0 ? all : start + limit, all);
        boolean range = options.unsorted && there && source.type != ValueType.SET;
        int loaded = range ? Math.max(0, end - start) : all;
        try (SortItems items = new SortItems(loaded);
                SortPattern pattern = new SortPattern(call)) {
            if (there) {
                load(items, source, options, range ? start : 0, loaded);
            }
            if (range) {
                end -= start;
                start = 0;
            }
            if (!options.unsorted && !weigh(items, pattern, options)) {
                call.reply().error("ERR One or more scores can't be converted into double");
                return;
            }
            if (!options.unsorted) {
                boolean ordered = there && source.type == ValueType.LIST;
                items.sort(options.alphabetical, options.by != 0, options.descending, ordered);
            }
            if (options.store == 0) {
                reply(call, items, pattern, options, start, Math.max(start, end));
            } else {
                store(call, items, pattern, options, start, Math.max(start, end));
            }
        }
    }

    private static @Nullable Options parse(Call call, boolean cluster, boolean stores) {
        Args args = call.args;
        Options options = new Options();
        for (int i = 2; i < args.count(); i++) {
            int left = args.count() - i - 1;
            if (args.is(i, "asc")) {
                options.descending = false;
            } else if (args.is(i, "desc")) {
                options.descending = true;
            } else if (args.is(i, "alpha")) {
                options.alphabetical = true;
            } else if (args.is(i, "limit") && left >= 2) {
                if (!CounterCommands.isInteger(call, i + 1) || !CounterCommands.isInteger(call, i + 2)) {
                    return null;
                }
                options.offset = Decimal.parse(args.address(i + 1), args.length(i + 1));
                options.limit = Decimal.parse(args.address(i + 2), args.length(i + 2));
                i += 2;
            } else if (stores && args.is(i, "store") && left >= 1) {
                options.store = ++i;
            } else if (args.is(i, "by") && left >= 1) {
                options.by = ++i;
                if (!SortPattern.hasStar(args, i)) {
                    options.unsorted = true;
                } else if (cluster) {
                    call.reply().error("ERR BY option of SORT denied in Cluster mode.");
                    return null;
                }
            } else if (args.is(i, "get") && left >= 1) {
                if (cluster) {
                    call.reply().error("ERR GET option of SORT denied in Cluster mode.");
                    return null;
                }
                options.gets = Arrays.copyOf(options.gets, options.gets.length + 1);
                options.gets[options.gets.length - 1] = ++i;
            } else {
                call.reply().error(ErrorText.SYNTAX);
                return null;
            }
        }
        return options;
    }

    private static int size(Value source) {
        return switch (source.type) {
            case LIST -> (int) ListCursor.count(source);
            case SET -> SetReader.size(source);
            default -> {
                try (SortedView view = SortedReplies.view(source)) {
                    yield (int) view.size();
                }
            }
        };
    }

    /** Loads elements in the order of the source; backwards if that is the order asked for. */
    private static void load(SortItems items, Value source, Options options, int start, int number) {
        boolean backwards = options.unsorted && options.descending;
        long from = backwards ? size(source) - 1L - start : start;
        switch (source.type) {
            case LIST -> items.addList(source, from, number, backwards);
            case SET -> items.addSet(source);
            default -> items.addSorted(source, from, number, backwards);
        }
    }

    /** Gives each element what it is sorted by; false if that is no number and should be. */
    private static boolean weigh(SortItems items, SortPattern pattern, Options options) {
        boolean numbers = true;
        for (int item = 0; item < items.count(); item++) {
            boolean weighed = options.by != 0;
            if (weighed && !pattern.lookUp(options.by, items.address(item), items.length(item))) {
                continue;
            }
            if (options.alphabetical) {
                if (weighed) {
                    items.setWeight(item, pattern.address(), pattern.length());
                }
                continue;
            }
            double score = weighed
                    ? number(pattern.address(), pattern.length())
                    : number(items.address(item), items.length(item));
            numbers &= !Double.isNaN(score);
            items.setScore(item, score);
        }
        return numbers;
    }

    /** As C's strtod reads it: up to the first NUL, space before it is fine, nothing is 0. NaN for what is no number or out of range. */
    private static double number(long bytes, int length) {
        int end = 0;
        while (end < length && Memory.getByte(bytes + end) != 0) {
            end++;
        }
        if (end == 0) {
            return 0;
        }
        int start = 0;
        while (start < end && isSpace(Memory.getByte(bytes + start))) {
            start++;
        }
        return RealText.parse(bytes + start, end - start);
    }

    private static boolean isSpace(byte c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    private static void reply(Call call, SortItems items, SortPattern pattern, Options options, int start, int end) {
        Reply reply = call.reply();
        reply.array(Math.multiplyExact(end - start, Math.max(1, options.gets.length)));
        for (int place = start; place < end; place++) {
            int item = items.at(place);
            if (options.gets.length == 0) {
                reply.bulk(items.address(item), items.length(item));
            }
            for (int get : options.gets) {
                if (pattern.lookUp(get, items.address(item), items.length(item))) {
                    reply.bulk(pattern.address(), pattern.length());
                } else {
                    reply.nil();
                }
            }
        }
    }

    private static void store(Call call, SortItems items, SortPattern pattern, Options options, int start, int end) {
        int key = options.store;
        if (end == start) {
            if (call.database().remove(call.args.address(key), call.args.length(key), call.now())) {
                call.changed();
                call.event('g', "del", key);
            }
            call.reply().number(0);
            return;
        }
        ListEdit list = ListEdit.create(call, key);
        for (int place = start; place < end; place++) {
            int item = items.at(place);
            if (options.gets.length == 0) {
                list.push(true, items.address(item), items.length(item));
            }
            for (int get : options.gets) {
                boolean found = pattern.lookUp(get, items.address(item), items.length(item));
                list.push(true, found ? pattern.address() : 0, found ? pattern.length() : 0);
            }
        }
        long stored = list.count();
        list.commit();
        call.changed();
        call.event('l', "sortstore", key);
        call.reply().number(stored);
    }
}
