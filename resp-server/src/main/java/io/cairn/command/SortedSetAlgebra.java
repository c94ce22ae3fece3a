package io.cairn.command;

import io.cairn.keyspace.RealText;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.collection.SortedSet;
import io.cairn.keyspace.collection.SortedView;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Unions, intersections and differences of sorted sets and sets. Redis: zunionInterDiffGenericCommand. */
final class SortedSetAlgebra {
    private enum Operation {
        UNION,
        INTERSECTION,
        DIFFERENCE
    }

    private enum Aggregate {
        SUM,
        MIN,
        MAX;

        /** Redis: zunionInterAggregate. */
        double of(double target, double value) {
            return switch (this) {
                case SUM -> {
                    double sum = target + value;
                    // The sum of both infinities.
                    yield Double.isNaN(sum) ? 0 : sum;
                }
                case MIN -> value < target ? value : target;
                case MAX -> value > target ? value : target;
            };
        }
    }

    private SortedSetAlgebra() {}

    static List<Command> table() {
        KeySpec read = CountedKeys.at(1);
        KeySpec store = CountedKeys.behindDestination(2);
        String reading = "readonly @read @sortedset @slow";
        String storing = "write denyoom @write @sortedset @slow";
        return List.of(
                Command.data("zunion", -3, reading, read, call -> run(call, "zunion", Operation.UNION, false)),
                Command.data("zinter", -3, reading, read, call -> run(call, "zinter", Operation.INTERSECTION, false)),
                Command.data("zdiff", -3, reading, read, call -> run(call, "zdiff", Operation.DIFFERENCE, false)),
                Command.data("zintercard", -3, reading, read, SortedSetAlgebra::zintercard),
                Command.data(
                        "zunionstore", -4, storing, store, call -> run(call, "zunionstore", Operation.UNION, true)),
                Command.data(
                        "zinterstore",
                        -4,
                        storing,
                        store,
                        call -> run(call, "zinterstore", Operation.INTERSECTION, true)),
                Command.data(
                        "zdiffstore", -4, storing, store, call -> run(call, "zdiffstore", Operation.DIFFERENCE, true)));
    }

    private static void run(Call call, String name, Operation operation, boolean store) {
        int first = store ? 3 : 2;
        ScoredSource[] sources = sources(call, name, first);
        if (sources == null) {
            return;
        }
        SortedSet result = null;
        boolean taken = false;
        try {
            Options options = new Options(operation, store);
            if (!options.parse(call, first + sources.length, sources)) {
                return;
            }
            result = new SortedSet();
            combine(operation, options.aggregate, sources, new Result(result, store));
            if (!store) {
                SortedReplies.range(call.reply(), result, 0, result.size(), false, options.withScores);
            } else if (result.size() == 0) {
                SortedSetRanges.storeNothing(call);
            } else {
                long size = result.size();
                SortedSetChange.store(call, 1, result);
                taken = true;
                call.changed();
                call.event('z', name, 1);
                call.reply().number(size);
            }
        } finally {
            if (result != null && !taken) {
                result.release();
            }
            close(sources);
        }
    }

    /** The keys from an argument on, whose number is the argument before; null when an error was answered. */
    private static ScoredSource @Nullable [] sources(Call call, String name, int first) {
        Args args = call.args;
        if (!CounterCommands.isInteger(call, first - 1)) {
            return null;
        }
        long number = CountedKeys.number(args, first - 1);
        if (number < 1) {
            call.reply().error("ERR at least 1 input key is needed for '" + name + "' command");
            return null;
        }
        if (number > args.count() - first) {
            call.reply().error(ErrorText.SYNTAX);
            return null;
        }
        ScoredSource[] sources = new ScoredSource[(int) number];
        for (int i = 0; i < sources.length; i++) {
            Value value = new Value();
            ScoredSource source = call.find(first + i, value) ? ScoredSource.of(value) : ScoredSource.empty();
            if (source == null) {
                call.reply().error(ErrorText.WRONG_TYPE);
                close(sources);
                return null;
            }
            sources[i] = source;
        }
        return sources;
    }

    private static void close(ScoredSource[] sources) {
        for (ScoredSource source : sources) {
            if (source != null) {
                source.close();
            }
        }
    }

    private static void combine(Operation operation, Aggregate aggregate, ScoredSource[] sources, Result result) {
        if (operation != Operation.DIFFERENCE) {
            Arrays.sort(sources, Comparator.comparingLong(ScoredSource::size));
        }
        switch (operation) {
            case UNION -> {
                for (ScoredSource source : sources) {
                    source.forEach((member, length, score) -> {
                        result.merge(member, length, weighted(source.weight, score), aggregate);
                        return true;
                    });
                }
            }
            case INTERSECTION ->
                sources[0].forEach((member, length, score) -> {
                    double common = common(sources, aggregate, member, length, score);
                    if (!Double.isNaN(common)) {
                        result.add(member, length, common);
                    }
                    return true;
                });
            case DIFFERENCE ->
                sources[0].forEach((member, length, score) -> {
                    for (int i = 1; i < sources.length; i++) {
                        if (!Double.isNaN(sources[i].score(member, length))) {
                            return true;
                        }
                    }
                    result.add(member, length, score);
                    return true;
                });
        }
    }

    private static double weighted(double weight, double score) {
        double product = weight * score;
        return Double.isNaN(product) ? 0 : product;
    }

    /** The score of a member of the first source in the intersection; NaN if it is not in all others. */
    private static double common(ScoredSource[] sources, Aggregate aggregate, long member, int length, double first) {
        double score = weighted(sources[0].weight, first);
        for (int i = 1; i < sources.length; i++) {
            double there = sources[i].score(member, length);
            if (Double.isNaN(there)) {
                return Double.NaN;
            }
            score = aggregate.of(score, there * sources[i].weight);
        }
        return score;
    }

    /** ZINTERCARD numkeys key ... [LIMIT limit]. */
    private static void zintercard(Call call) {
        ScoredSource[] sources = sources(call, "zintercard", 2);
        if (sources == null) {
            return;
        }
        try {
            Args args = call.args;
            long limit = 0;
            for (int i = 2 + sources.length; i < args.count(); i += 2) {
                if (i + 1 == args.count() || !args.is(i, "limit")) {
                    call.reply().error(ErrorText.SYNTAX);
                    return;
                }
                limit = CountedKeys.number(args, i + 1);
                if (limit < 0) {
                    call.reply().error("ERR LIMIT can't be negative");
                    return;
                }
            }
            call.reply().number(intersections(sources, limit));
        } finally {
            close(sources);
        }
    }

    private static long intersections(ScoredSource[] sources, long limit) {
        Arrays.sort(sources, Comparator.comparingLong(ScoredSource::size));
        long[] count = {0};
        sources[0].forEach((member, length, score) -> {
            boolean everywhere = true;
            for (int i = 1; i < sources.length && everywhere; i++) {
                everywhere = !Double.isNaN(sources[i].score(member, length));
            }
            count[0] += everywhere ? 1 : 0;
            return limit == 0 || count[0] < limit;
        });
        return count[0];
    }

    /** [WEIGHTS weight ...] [AGGREGATE SUM|MIN|MAX] [WITHSCORES]. */
    private static final class Options {
        private final Operation operation;
        private final boolean store;
        private Aggregate aggregate = Aggregate.SUM;
        private boolean withScores;

        Options(Operation operation, boolean store) {
            this.operation = operation;
            this.store = store;
        }

        /** False when an error was answered. */
        boolean parse(Call call, int from, ScoredSource[] sources) {
            Args args = call.args;
            boolean aggregates = operation != Operation.DIFFERENCE;
            for (int i = from; i < args.count(); i++) {
                int left = args.count() - i;
                if (aggregates && left > sources.length && args.is(i, "weights")) {
                    for (ScoredSource source : sources) {
                        i++;
                        source.weight = RealText.parse(args.address(i), args.length(i));
                        if (Double.isNaN(source.weight)) {
                            call.reply().error("ERR weight value is not a float");
                            return false;
                        }
                    }
                } else if (aggregates && left >= 2 && args.is(i, "aggregate")) {
                    i++;
                    if (!aggregate(args, i)) {
                        call.reply().error(ErrorText.SYNTAX);
                        return false;
                    }
                } else if (!store && args.is(i, "withscores")) {
                    withScores = true;
                } else {
                    call.reply().error(ErrorText.SYNTAX);
                    return false;
                }
            }
            return true;
        }

        private boolean aggregate(Args args, int i) {
            if (args.is(i, "sum")) {
                aggregate = Aggregate.SUM;
            } else if (args.is(i, "min")) {
                aggregate = Aggregate.MIN;
            } else if (args.is(i, "max")) {
                aggregate = Aggregate.MAX;
            } else {
                return false;
            }
            return true;
        }
    }

    /** What comes out; scores of -0 become 0 in what is stored, see {@link SortedSetChange}. */
    private record Result(SortedSet set, boolean store) {
        void add(long member, int length, double score) {
            set.add(member, length, store ? score + 0.0 : score);
        }

        void merge(long member, int length, double score, Aggregate aggregate) {
            long at = set.find(member, length);
            if (at == SortedView.NONE) {
                add(member, length, score);
            } else {
                double merged = aggregate.of(set.score(at), score);
                set.setScore(at, store ? merged + 0.0 : merged);
            }
        }
    }
}
