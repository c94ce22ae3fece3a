package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.SetBuilder;
import io.cairn.keyspace.collection.SetReader;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Sets with each other: SINTER, SUNION, SDIFF and what stores them. Redis: sinterGenericCommand, sunionDiffGenericCommand. The order of a result follows
 * from the orders of its sources, so that a stored one is the same on all replicas.
 */
final class SetAlgebra {
    private SetAlgebra() {}

    static List<Command> table() {
        KeySpec all = KeySpec.range(1, -1, 1);
        String reads = "readonly @read @set @slow";
        String stores = "write denyoom @write @set @slow";
        return List.of(
                Command.data("sinter", -2, reads, all, call -> sinter(call, 1, 0)),
                Command.data("sinterstore", -3, stores, all, call -> sinter(call, 2, 1)),
                Command.data(
                        "sintercard",
                        -3,
                        "readonly movablekeys @read @set @slow",
                        CountedKeys.at(1),
                        SetAlgebra::sintercard),
                Command.data("sunion", -2, reads, all, call -> sunion(call, 1, 0)),
                Command.data("sunionstore", -3, stores, all, call -> sunion(call, 2, 1)),
                Command.data("sdiff", -2, reads, all, call -> sdiff(call, 1, 0)),
                Command.data("sdiffstore", -3, stores, all, call -> sdiff(call, 2, 1)));
    }

    static boolean sameKey(Args args, int one, int other) {
        return args.length(one) == args.length(other)
                && Memory.same(args.address(one), args.address(other), args.length(one));
    }

    /** The sets at arguments {@code from} to {@code to - 1}, null for each that is absent; null when the error was answered. */
    private static @Nullable List<@Nullable Value> find(Call call, int from, int to) {
        List<@Nullable Value> sets = new ArrayList<>();
        for (int i = from; i < to; i++) {
            Value set = new Value();
            if (!call.find(i, set)) {
                sets.add(null);
            } else if (TypeCheck.is(call, set, ValueType.SET)) {
                sets.add(set);
            } else {
                return null;
            }
        }
        return sets;
    }

    /** Readers of the sets that are there, which one close closes. */
    private static final class Readers implements AutoCloseable {
        private final List<SetReader> all = new ArrayList<>();

        Readers(List<@Nullable Value> sets) {
            for (Value set : sets) {
                if (set != null) {
                    all.add(new SetReader(set));
                }
            }
        }

        @Override
        public void close() {
            all.forEach(SetReader::close);
        }
    }

    /** SINTER and SINTERSTORE, which has its destination at argument {@code target}. */
    private static void sinter(Call call, int from, int target) {
        List<@Nullable Value> sets = find(call, from, call.args.count());
        if (sets == null) {
            return;
        }
        if (sets.contains(null)) {
            answer(call, target, null, new BitSet(), "sinterstore");
            return;
        }
        try (Readers readers = new Readers(sets)) {
            BitSet chosen = new BitSet();
            SetReader smallest = intersect(readers, chosen, Long.MAX_VALUE);
            answer(call, target, smallest, chosen, "sinterstore");
        }
    }

    /** SINTERCARD numkeys key [key ...] [LIMIT limit]. */
    private static void sintercard(Call call) {
        Args args = call.args;
        long keys = CountedKeys.number(args, 1);
        if (keys < 1) {
            call.reply().error("ERR numkeys should be greater than 0");
            return;
        }
        if (keys > args.count() - 2) {
            call.reply().error("ERR Number of keys can't be greater than number of args");
            return;
        }
        int end = (int) keys + 2;
        long limit = 0;
        for (int i = end; i < args.count(); i += 2) {
            if (!args.is(i, "limit") || i + 1 == args.count()) {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
            limit = CountedKeys.number(args, i + 1);
            if (limit < 0) {
                call.reply().error("ERR LIMIT can't be negative");
                return;
            }
        }
        List<@Nullable Value> sets = find(call, 2, end);
        if (sets == null) {
            return;
        }
        if (sets.contains(null)) {
            call.reply().number(0);
            return;
        }
        try (Readers readers = new Readers(sets)) {
            BitSet chosen = new BitSet();
            intersect(readers, chosen, limit == 0 ? Long.MAX_VALUE : limit);
            call.reply().number(chosen.cardinality());
        }
    }

    /** Sets the bits of the members' places in the smallest set, which it returns; the first of several that are as small. */
    private static SetReader intersect(Readers readers, BitSet chosen, long limit) {
        List<SetReader> bySize = new ArrayList<>(readers.all);
        bySize.sort(Comparator.comparingInt(SetReader::size));
        SetReader smallest = bySize.get(0);
        long found = 0;
        for (int place = 0; found < limit && smallest.next(); place++) {
            boolean everywhere = true;
            for (int i = 1; i < bySize.size() && everywhere; i++) {
                everywhere = bySize.get(i).contains(smallest);
            }
            if (everywhere) {
                chosen.set(place);
                found++;
            }
        }
        smallest.rewind();
        return smallest;
    }

    /** SDIFF and SDIFFSTORE. */
    private static void sdiff(Call call, int from, int target) {
        Args args = call.args;
        List<@Nullable Value> sets = find(call, from, args.count());
        if (sets == null) {
            return;
        }
        boolean empty = sets.get(0) == null;
        for (int i = from + 1; i < args.count() && !empty; i++) {
            empty = sameKey(args, from, i);
        }
        if (empty) {
            answer(call, target, null, new BitSet(), "sdiffstore");
            return;
        }
        try (Readers readers = new Readers(sets)) {
            SetReader first = readers.all.get(0);
            List<SetReader> others = readers.all.subList(1, readers.all.size());
            BitSet chosen = subtract(first, others);
            answer(call, target, first, chosen, "sdiffstore");
        }
    }

    /** The places in the first set of what is in no other. Either way of finding them chooses the same. */
    private static BitSet subtract(SetReader first, List<SetReader> others) {
        BitSet left = new BitSet(first.size());
        left.set(0, first.size());
        long lookingUpFirst = 0;
        long lookingUpOthers = 0;
        for (SetReader other : others) {
            lookingUpFirst += first.size();
            lookingUpOthers += other.size();
        }
        if (lookingUpFirst <= lookingUpOthers) {
            for (int place = 0; first.next(); place++) {
                for (SetReader other : others) {
                    if (other.contains(first)) {
                        left.clear(place);
                        break;
                    }
                }
            }
            first.rewind();
        } else {
            for (SetReader other : others) {
                while (other.next()) {
                    int place = first.placeOf(other);
                    if (place >= 0) {
                        left.clear(place);
                    }
                }
            }
        }
        return left;
    }

    /** SUNION and SUNIONSTORE. */
    private static void sunion(Call call, int from, int target) {
        List<@Nullable Value> sets = find(call, from, call.args.count());
        if (sets == null) {
            return;
        }
        try (Readers readers = new Readers(sets);
                SetBuilder union = new SetBuilder(call.keyspace.dataLimits().setIntegers())) {
            for (SetReader set : readers.all) {
                while (set.next()) {
                    union.add(set.member().address(), set.member().length());
                }
            }
            if (target > 0) {
                store(call, target, union, "sunionstore");
                return;
            }
            call.reply().set(union.size());
            try (SetReader result = union.reader()) {
                while (result.next()) {
                    call.reply().bulk(result.member().address(), result.member().length());
                }
            }
        }
    }

    /** Answers or stores the chosen members of a set. */
    private static void answer(Call call, int target, @Nullable SetReader from, BitSet chosen, String event) {
        if (target == 0) {
            call.reply().set(chosen.cardinality());
            for (int i = chosen.nextSetBit(0); i >= 0; i = chosen.nextSetBit(i + 1)) {
                SetReader reader = Objects.requireNonNull(from);
                reader.seek(i);
                call.reply().bulk(reader.member().address(), reader.member().length());
            }
            return;
        }
        try (SetBuilder result = new SetBuilder(call.keyspace.dataLimits().setIntegers())) {
            for (int i = chosen.nextSetBit(0); i >= 0; i = chosen.nextSetBit(i + 1)) {
                SetReader reader = Objects.requireNonNull(from);
                reader.seek(i);
                result.add(reader.member().address(), reader.member().length());
            }
            store(call, target, result, event);
        }
    }

    /** Stores a result, whatever was there; an empty one removes the key. */
    private static void store(Call call, int target, SetBuilder result, String event) {
        long key = call.args.address(target);
        int keyLength = call.args.length(target);
        int size = result.size();
        if (size > 0) {
            result.store(call.database(), key, keyLength, 0);
            call.changed();
            call.reply().number(size);
            call.event('s', event, target);
            return;
        }
        call.reply().number(0);
        if (call.database().remove(key, keyLength, call.now())) {
            call.changed();
            call.event('g', "del", target);
        }
    }
}
