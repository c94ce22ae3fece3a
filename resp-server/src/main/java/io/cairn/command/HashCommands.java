package io.cairn.command;

import io.cairn.keyspace.Digits;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.Chance;
import io.cairn.keyspace.collection.ElementText;
import io.cairn.keyspace.collection.HashReader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Hashes. Redis: t_hash.c. */
final class HashCommands {
    private HashCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String adds = "write denyoom fast @write @hash @fast";
        String fast = "readonly fast @read @hash @fast";
        String slow = "readonly @read @hash @slow";
        return List.of(
                Command.data("hset", -4, adds, one, call -> hset(call, false)),
                Command.data("hmset", -4, adds, one, call -> hset(call, true)),
                Command.data("hsetnx", 4, adds, one, HashCommands::hsetnx),
                Command.data("hincrby", 4, adds, one, HashCommands::hincrby),
                Command.data("hincrbyfloat", 4, adds, one, HashCommands::hincrbyfloat),
                Command.data("hdel", -3, "write fast @write @hash @fast", one, HashCommands::hdel),
                Command.data("hget", 3, fast, one, HashCommands::hget),
                Command.data("hmget", -3, fast, one, HashCommands::hmget),
                Command.data("hlen", 2, fast, one, HashCommands::hlen),
                Command.data("hstrlen", 3, fast, one, call -> lookUp(call, true)),
                Command.data("hexists", 3, fast, one, call -> lookUp(call, false)),
                Command.data("hkeys", 2, slow, one, call -> all(call, true, false)),
                Command.data("hvals", 2, slow, one, call -> all(call, false, true)),
                Command.data("hgetall", 2, slow, one, call -> all(call, true, true)),
                Command.data("hrandfield", -2, slow, one, HashCommands::hrandfield),
                Command.data("hscan", -3, slow, one, ElementScan::hscan));
    }

    /** HSET and HMSET key field value [field value ...]. Redis: hsetCommand. */
    private static void hset(Call call, boolean many) {
        Args args = call.args;
        if (args.count() % 2 != 0) {
            call.reply().error(ErrorText.arity(many ? "hmset" : "hset"));
            return;
        }
        int created = 0;
        try (HashChange hash = HashChange.of(call)) {
            if (hash == null) {
                return;
            }
            hash.expect(2, args.count());
            for (int i = 2; i < args.count(); i += 2) {
                if (hash.put(i, args.address(i + 1), args.length(i + 1))) {
                    created++;
                }
            }
            hash.end();
        }
        if (many) {
            call.reply().ok();
        } else {
            call.reply().number(created);
        }
        call.event('h', "hset", 1);
    }

    private static void hsetnx(Call call) {
        try (HashChange hash = HashChange.of(call);
                ElementText old = new ElementText()) {
            if (hash == null) {
                return;
            }
            if (hash.get(2, old)) {
                call.reply().number(0);
                return;
            }
            hash.put(2, call.args.address(3), call.args.length(3));
            hash.end();
        }
        call.reply().number(1);
        call.event('h', "hset", 1);
    }

    private static void hincrby(Call call) {
        if (!CounterCommands.isInteger(call, 3)) {
            return;
        }
        long increment = Decimal.parse(call.args.address(3), call.args.length(3));
        long sum;
        try (HashChange hash = HashChange.of(call);
                ElementText text = new ElementText()) {
            if (hash == null) {
                return;
            }
            long old = 0;
            if (hash.get(2, text)) {
                if (!Digits.fits(text.address(), text.length())) {
                    call.reply().error("ERR hash value is not an integer");
                    return;
                }
                old = Digits.parse(text.address(), text.length());
            }
            sum = old + increment;
            // The sum has neither operand's sign only if it overflowed (Hacker's Delight 2-13).
            if (((old ^ sum) & (increment ^ sum)) < 0) {
                call.reply().error("ERR increment or decrement would overflow");
                return;
            }
            text.set(sum);
            hash.replace(2, text.address(), text.length());
            hash.end();
        }
        call.reply().number(sum);
        call.event('h', "hincrby", 1);
    }

    private static void hincrbyfloat(Call call) {
        LongDouble increment = LongDouble.parse(call.args.bytes(3));
        if (increment == null) {
            call.reply().error(ErrorText.NOT_A_FLOAT);
            return;
        }
        if (increment.isInfinite()) {
            call.reply().error("ERR value is NaN or Infinity");
            return;
        }
        byte[] result;
        try (HashChange hash = HashChange.of(call);
                ElementText text = new ElementText()) {
            if (hash == null) {
                return;
            }
            LongDouble old = LongDouble.of(0);
            if (hash.get(2, text)) {
                // Longer than any number: not worth a copy.
                old = text.length() > LongDouble.MAX_TEXT
                        ? null
                        : LongDouble.parse(Memory.bytes(text.address(), text.length()));
                if (old == null) {
                    call.reply().error("ERR hash value is not a float");
                    return;
                }
            }
            LongDouble sum = old.plus(increment);
            if (sum == null) {
                call.reply().error("ERR increment would produce NaN or Infinity");
                return;
            }
            result = sum.text();
            NativeBlock block = NativeBlock.allocate(result.length);
            try {
                Memory.copy(result, 0, block.address(), result.length);
                hash.replace(2, block.address(), result.length);
            } finally {
                block.release();
            }
            hash.end();
        }
        if (call.isFollowed()) {
            call.instead("HSET", 1, call.args.bytes(2), result);
        }
        call.reply().bulk(result);
        call.event('h', "hincrbyfloat", 1);
    }

    private static void hdel(Call call) {
        int deleted = 0;
        boolean emptied = false;
        try (HashChange hash = HashChange.of(call)) {
            if (hash == null) {
                return;
            }
            for (int i = 2; hash.there() && i < call.args.count() && !emptied; i++) {
                if (hash.remove(i)) {
                    deleted++;
                }
                emptied = hash.size() == 0;
            }
            hash.end();
        }
        call.reply().number(deleted);
        if (deleted > 0) {
            call.event('h', "hdel", 1);
        }
        if (emptied) {
            call.event('g', "del", 1);
        }
    }

    private static void hget(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().nil();
        } else if (TypeCheck.is(call, call.value, ValueType.HASH)) {
            try (ElementText text = new ElementText()) {
                replyField(call, 2, text);
            }
        }
    }

    private static void hmget(Call call) {
        boolean there = call.find(1, call.value);
        if (there && !TypeCheck.is(call, call.value, ValueType.HASH)) {
            return;
        }
        call.reply().array(call.args.count() - 2);
        try (ElementText text = new ElementText()) {
            for (int i = 2; i < call.args.count(); i++) {
                if (there) {
                    replyField(call, i, text);
                } else {
                    call.reply().nil();
                }
            }
        }
    }

    /** The value of a field of the hash found, unless it is expired. Redis: hashTypeGetValue. */
    private static boolean get(Call call, int field, ElementText text) {
        return !hides(call, field)
                && HashReader.get(call.value, call.args.address(field), call.args.length(field), text);
    }

    /** Whether a field of the hash found is expired, which is then remembered as a read that an expiry decided. */
    static boolean hides(Call call, int field) {
        long expireAt = HashReader.expiry(call.value, call.args.address(field), call.args.length(field));
        if (expireAt == 0 || expireAt > call.expiryTime()) {
            return false;
        }
        call.database().hidElement(expireAt);
        return true;
    }

    /** Redis: addHashFieldToReply. */
    private static void replyField(Call call, int field, ElementText text) {
        if (get(call, field, text)) {
            bulk(call.reply(), text);
        } else {
            call.reply().nil();
        }
    }

    private static void bulk(Reply reply, ElementText text) {
        reply.bulk(text.address(), text.length());
    }

    /** Fields that are expired count until they are removed, as in Redis. */
    private static void hlen(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().number(0);
        } else if (TypeCheck.is(call, call.value, ValueType.HASH)) {
            call.reply().number(HashReader.size(call.value));
        }
    }

    /** HSTRLEN and HEXISTS. */
    private static void lookUp(Call call, boolean length) {
        if (!call.find(1, call.value)) {
            call.reply().number(0);
        } else if (TypeCheck.is(call, call.value, ValueType.HASH)) {
            try (ElementText text = new ElementText()) {
                boolean there = get(call, 2, text);
                int value = length ? text.length() : 1;
                call.reply().number(there ? value : 0);
            }
        }
    }

    /** HKEYS, HVALS, HGETALL. Redis: genericHgetallCommand. */
    private static void all(Call call, boolean fields, boolean values) {
        Reply reply = call.reply();
        boolean there = call.find(1, call.value);
        if (there && !TypeCheck.is(call, call.value, ValueType.HASH)) {
            return;
        }
        if (!there) {
            head(reply, 0, fields && values);
            return;
        }
        try (HashReader reader = new HashReader(call.value, call.now())) {
            head(reply, reader.live(), fields && values);
            while (reader.next()) {
                if (fields) {
                    bulk(reply, reader.field());
                }
                if (values) {
                    bulk(reply, reader.value());
                }
            }
            call.database().hidElement(reader.hidden());
        }
    }

    private static void head(Reply reply, int size, boolean map) {
        if (map) {
            reply.map(size);
        } else {
            reply.array(size);
        }
    }

    /** HRANDFIELD key [count [WITHVALUES]]. Redis: hrandfieldCommand. */
    private static void hrandfield(Call call) {
        Args args = call.args;
        Reply reply = call.reply();
        if (args.count() == 2) {
            if (!call.find(1, call.value)) {
                reply.nil();
            } else if (TypeCheck.is(call, call.value, ValueType.HASH)) {
                try (LiveFields live = new LiveFields(call)) {
                    if (live.size() == 0) {
                        reply.nil();
                    } else {
                        bulk(
                                reply,
                                live.seek(new Chance(call.seed()).below(live.size()))
                                        .field());
                    }
                }
            }
            return;
        }
        long count = RandomPlaces.count(call, 2);
        if (count == Long.MIN_VALUE) {
            return;
        }
        if (args.count() > 4 || (args.count() == 4 && !args.is(3, "withvalues"))) {
            reply.error(ErrorText.SYNTAX);
            return;
        }
        boolean values = args.count() == 4;
        if (count < -RandomPlaces.MOST || (values && count > Long.MAX_VALUE / 2)) {
            reply.error("ERR value is out of range");
            return;
        }
        if (!call.find(1, call.value)) {
            reply.array(0);
        } else if (TypeCheck.is(call, call.value, ValueType.HASH)) {
            try (LiveFields live = new LiveFields(call)) {
                sample(reply, new Chance(call.seed()), live, count, values);
            }
        }
    }

    /** Redis: hrandfieldWithCountCommand. */
    private static void sample(Reply reply, Chance chance, LiveFields live, long count, boolean values) {
        int size = live.size();
        long answered = size == 0 ? 0 : count < 0 ? -count : Math.min(count, size);
        reply.array((int) (values && !reply.resp3() ? 2 * answered : answered));
        if (answered == 0) {
            return;
        }
        if (count < 0) {
            for (long i = 0; i < answered; i++) {
                pair(reply, live.seek(chance.below(size)), values);
            }
        } else if (answered == size) {
            for (int i = 0; i < size; i++) {
                pair(reply, live.seek(i), values);
            }
        } else {
            for (int place : RandomPlaces.distinct(chance, size, (int) answered)) {
                pair(reply, live.seek(place), values);
            }
        }
    }

    /** The fields of the hash found that are not expired, by their place among themselves: all of them, or a list of places while some are expired. */
    private static final class LiveFields implements AutoCloseable {
        private final HashReader reader;
        private final int @Nullable [] places;
        private final int size;

        LiveFields(Call call) {
            reader = new HashReader(call.value, call.now());
            size = reader.live();
            places = size == reader.size() ? null : places(reader, size);
            call.database().hidElement(reader.hidden());
        }

        private static int[] places(HashReader reader, int size) {
            int[] places = new int[size];
            for (int i = 0; reader.next(); i++) {
                places[i] = reader.place();
            }
            return places;
        }

        int size() {
            return size;
        }

        HashReader seek(int index) {
            reader.seek(places == null ? index : places[index]);
            return reader;
        }

        @Override
        public void close() {
            reader.close();
        }
    }

    private static void pair(Reply reply, HashReader reader, boolean values) {
        if (values && reply.resp3()) {
            reply.array(2);
        }
        bulk(reply, reader.field());
        if (values) {
            bulk(reply, reader.value());
        }
    }
}
