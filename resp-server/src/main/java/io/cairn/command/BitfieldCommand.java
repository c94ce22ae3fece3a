package io.cairn.command;

import io.cairn.keyspace.Memory;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** BITFIELD and BITFIELD_RO: a string as integers of any width at any bit. Redis: bitfieldGeneric. */
final class BitfieldCommand {
    private static final String BAD_TYPE =
            "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not" + " supported but i64 is.";

    private enum Kind {
        GET,
        SET,
        INCRBY
    }

    private enum Overflow {
        WRAP,
        SAT,
        FAIL
    }

    /** {@code width} 1 to 64 bits, {@code offset} in bits; {@code operand} is the value to set or the increment. */
    private record Operation(Kind kind, boolean signed, int width, long offset, long operand, Overflow overflow) {}

    private BitfieldCommand() {}

    static void run(Call call, boolean readonly) {
        List<Operation> operations = parse(call);
        if (operations == null) {
            return;
        }
        long highest = -1;
        for (Operation operation : operations) {
            if (operation.kind != Kind.GET) {
                highest = Math.max(highest, operation.offset + operation.width - 1);
            }
        }
        if (highest < 0) {
            read(call, operations);
        } else if (readonly) {
            call.reply().error("ERR BITFIELD_RO only supports the GET subcommand");
        } else {
            write(call, operations, (int) (highest >> 3) + 1);
        }
    }

    /** The operations; null when an error was answered. */
    private static @Nullable List<Operation> parse(Call call) {
        Args args = call.args;
        List<Operation> operations = new ArrayList<>();
        Overflow overflow = Overflow.WRAP;
        int i = 2;
        while (i < args.count()) {
            int left = args.count() - i - 1;
            if (args.is(i, "overflow") && left >= 1) {
                Overflow named = overflow(args, i + 1);
                if (named == null) {
                    call.reply().error("ERR Invalid OVERFLOW type specified");
                    return null;
                }
                overflow = named;
                i += 2;
                continue;
            }
            Kind kind = kind(args, i, left);
            if (kind == null) {
                call.reply().error(ErrorText.SYNTAX);
                return null;
            }
            int width = width(args, i + 1);
            if (width == 0) {
                call.reply().error(BAD_TYPE);
                return null;
            }
            long offset = BitmapCommands.offset(call, i + 2, width);
            if (offset < 0) {
                return null;
            }
            long operand = 0;
            if (kind != Kind.GET) {
                if (!CounterCommands.isInteger(call, i + 3)) {
                    return null;
                }
                operand = Decimal.parse(args.address(i + 3), args.length(i + 3));
            }
            boolean signed = Memory.getByte(args.address(i + 1)) == 'i';
            operations.add(new Operation(kind, signed, width, offset, operand, overflow));
            i += kind == Kind.GET ? 3 : 4;
        }
        return operations;
    }

    private static @Nullable Kind kind(Args args, int i, int left) {
        if (args.is(i, "get") && left >= 2) {
            return Kind.GET;
        }
        if (left < 3) {
            return null;
        }
        return args.is(i, "set") ? Kind.SET : args.is(i, "incrby") ? Kind.INCRBY : null;
    }

    private static @Nullable Overflow overflow(Args args, int i) {
        if (args.is(i, "wrap")) {
            return Overflow.WRAP;
        }
        return args.is(i, "sat") ? Overflow.SAT : args.is(i, "fail") ? Overflow.FAIL : null;
    }

    /** The width that a type like i16 or u8 names, 0 if it is none. Redis: getBitfieldTypeFromArgument. */
    private static int width(Args args, int i) {
        long address = args.address(i);
        int length = args.length(i);
        // Redis takes what stands before the first NUL.
        for (int at = 0; at < length; at++) {
            if (Memory.getByte(address + at) == 0) {
                length = at;
            }
        }
        byte sign = length == 0 ? 0 : Memory.getByte(address);
        if ((sign != 'i' && sign != 'u') || !Decimal.fits(address + 1, length - 1)) {
            return 0;
        }
        long width = Decimal.parse(address + 1, length - 1);
        return width >= 1 && width <= (sign == 'i' ? 64 : 63) ? (int) width : 0;
    }

    private static void read(Call call, List<Operation> operations) {
        if (!call.find(1, call.value)) {
            call.reply().array(operations.size());
            operations.forEach(operation -> call.reply().number(0));
            return;
        }
        if (!StringCommands.isString(call)) {
            return;
        }
        try (StringBytes bytes = new StringBytes(call.value)) {
            call.reply().array(operations.size());
            for (Operation operation : operations) {
                call.reply().number(value(operation, bytes.address, bytes.length));
            }
        }
    }

    private static long value(Operation operation, long address, long length) {
        long bits = Bits.field(address, length, operation.offset, operation.width);
        return operation.signed ? extended(bits, operation.width) : bits;
    }

    private static long extended(long bits, int width) {
        return bits << (64 - width) >> (64 - width);
    }

    /** {@code needed} bytes are the least the string must have; it gets them even if no operation then changes it. */
    private static void write(Call call, List<Operation> operations, int needed) {
        Args args = call.args;
        boolean there = StringCommands.find(call, 1);
        if (there && !StringCommands.isString(call)) {
            return;
        }
        int old = there ? RangeCommands.length(call.value) : 0;
        long version = there ? call.value.version : 0;
        boolean grown = needed > old;
        long[] answers = new long[operations.size()];
        boolean[] failed = new boolean[operations.size()];
        boolean changed = false;
        call.database().resize(args.address(1), args.length(1), call.now(), Math.max(old, needed), call.value);
        long address = call.value.address;
        for (int i = 0; i < answers.length; i++) {
            Operation operation = operations.get(i);
            long before = value(operation, address, call.value.length);
            if (operation.kind == Kind.GET) {
                answers[i] = before;
                continue;
            }
            boolean increment = operation.kind == Kind.INCRBY;
            long start = increment ? before : operation.operand;
            long amount = increment ? operation.operand : 0;
            int over = operation.signed
                    ? signedOverflow(start, amount, operation.width)
                    : unsignedOverflow(start, amount, operation.width);
            if (over != 0 && operation.overflow == Overflow.FAIL) {
                failed[i] = true;
                continue;
            }
            long after = over == 0 ? start + amount : limited(operation, start + amount, over);
            answers[i] = increment ? after : before;
            Bits.setField(address, operation.offset, operation.width, after);
            changed |= grown || before != after;
        }
        if (changed) {
            call.event('$', "setbit", 1);
        }
        if (changed || grown) {
            call.changed();
        } else {
            call.database().setVersion(args.address(1), args.length(1), version);
        }
        call.reply().array(answers.length);
        for (int i = 0; i < answers.length; i++) {
            if (failed[i]) {
                call.reply().nil();
            } else {
                call.reply().number(answers[i]);
            }
        }
    }

    /** 1 if the sum is above what the type holds, -1 if below, 0 if it fits. Redis: checkSignedBitfieldOverflow. */
    private static int signedOverflow(long value, long amount, int width) {
        long max = width == 64 ? Long.MAX_VALUE : (1L << (width - 1)) - 1;
        long min = -max - 1;
        if (value > max) {
            return 1;
        }
        if (value < min) {
            return -1;
        }
        if (amount > 0 && value > max - amount) {
            return 1;
        }
        return amount < 0 && value < min - amount ? -1 : 0;
    }

    /**
     * As {@link #signedOverflow} for up to 63 bits without a sign; a negative value to set counts as above all. Redis:
     * checkUnsignedBitfieldOverflow.
     */
    private static int unsignedOverflow(long value, long amount, int width) {
        long max = (1L << width) - 1;
        if (value < 0 || value > max || (amount > 0 && amount > max - value)) {
            return 1;
        }
        return amount < 0 && amount < -value ? -1 : 0;
    }

    private static long limited(Operation operation, long sum, int over) {
        int width = operation.width;
        if (operation.overflow == Overflow.WRAP) {
            return operation.signed ? extended(sum, width) : sum & ((1L << width) - 1);
        }
        if (!operation.signed) {
            return over > 0 ? (1L << width) - 1 : 0;
        }
        long max = width == 64 ? Long.MAX_VALUE : (1L << (width - 1)) - 1;
        return over > 0 ? max : -max - 1;
    }
}
