package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Strings as numbers. Redis: incrDecrCommand, incrbyfloatCommand. */
final class CounterCommands {
    private CounterCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String words = "write denyoom fast @write @string @fast";
        return List.of(
                Command.data("incr", 2, words, one, call -> add(call, 1)),
                Command.data("decr", 2, words, one, call -> add(call, -1)),
                Command.data("incrby", 3, words, one, CounterCommands::incrby),
                Command.data("decrby", 3, words, one, CounterCommands::decrby),
                Command.data("incrbyfloat", 3, words, one, CounterCommands::incrbyfloat));
    }

    private static void incrby(Call call) {
        if (isInteger(call, 2)) {
            add(call, Decimal.parse(call.args.address(2), call.args.length(2)));
        }
    }

    private static void decrby(Call call) {
        if (!isInteger(call, 2)) {
            return;
        }
        long decrement = Decimal.parse(call.args.address(2), call.args.length(2));
        if (decrement == Long.MIN_VALUE) {
            call.reply().error("ERR decrement would overflow");
            return;
        }
        add(call, -decrement);
    }

    private static void add(Call call, long increment) {
        Value value = call.value;
        long old = 0;
        long expireAt = 0;
        boolean inPlace = false;
        if (StringCommands.find(call, 1)) {
            if (!StringCommands.isString(call)) {
                return;
            }
            inPlace = value.encoding == Value.INT;
            if (inPlace) {
                old = value.number;
            } else if (Decimal.fits(value.address, value.length)) {
                old = Decimal.parse(value.address, value.length);
            } else {
                call.reply().error(ErrorText.NOT_AN_INTEGER);
                return;
            }
            expireAt = value.expireAt;
        }
        long sum = old + increment;
        // The sum has neither operand's sign only if it overflowed (Hacker's Delight 2-13).
        if (((old ^ sum) & (increment ^ sum)) < 0) {
            call.reply().error("ERR increment or decrement would overflow");
            return;
        }
        if (inPlace) {
            call.database().replaceNumber(value, sum);
        } else {
            call.database().putNumber(call.args.address(1), call.args.length(1), sum, expireAt);
        }
        call.changed();
        call.event('$', "incrby", 1);
        call.reply().number(sum);
    }

    private static void incrbyfloat(Call call) {
        LongDouble old = LongDouble.of(0);
        long expireAt = 0;
        if (StringCommands.find(call, 1)) {
            if (!StringCommands.isString(call)) {
                return;
            }
            old = number(call.value);
            expireAt = call.value.expireAt;
        }
        LongDouble increment = LongDouble.parse(call.args.bytes(2));
        if (old == null || increment == null) {
            call.reply().error(ErrorText.NOT_A_FLOAT);
            return;
        }
        LongDouble sum = old.plus(increment);
        if (sum == null) {
            call.reply().error("ERR increment would produce NaN or Infinity");
            return;
        }
        byte[] text = sum.text();
        NativeBlock scratch = NativeBlock.allocate(text.length);
        try {
            Memory.copy(text, 0, scratch.address(), text.length);
            call.database()
                    .putString(
                            call.args.address(1),
                            call.args.length(1),
                            scratch.address(),
                            text.length,
                            Value.BYTES,
                            expireAt);
        } finally {
            scratch.release();
        }
        call.changed();
        if (call.isFollowed()) {
            call.instead("SET", 1, text, Effects.text("KEEPTTL"));
        }
        call.event('$', "incrbyfloat", 1);
        call.reply().bulk(text);
    }

    private static @Nullable LongDouble number(Value value) {
        if (value.encoding == Value.INT) {
            return LongDouble.of(value.number);
        }
        // Longer than any number: not worth a copy.
        return value.length > LongDouble.MAX_TEXT ? null : LongDouble.parse(Memory.bytes(value.address, value.length));
    }

    /** True if argument {@code i} is a canonical long; otherwise answers the error. */
    static boolean isInteger(Call call, int i) {
        if (Decimal.fits(call.args.address(i), call.args.length(i))) {
            return true;
        }
        call.reply().error(ErrorText.NOT_AN_INTEGER);
        return false;
    }
}
