package io.cairn.command;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Strings as bits. Redis: bitops.c. */
final class BitmapCommands {
    /** Results of this size and more become the value's block without a copy. */
    private static final int LARGE_BYTES = 64 * 1024;

    private static final String BAD_BIT = "ERR bit is not an integer or out of range";

    private BitmapCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String reads = "readonly @read @bitmap @slow";
        String writes = "write denyoom @write @bitmap @slow";
        return List.of(
                Command.data("setbit", 4, writes, one, BitmapCommands::setbit),
                Command.data("getbit", 3, "readonly fast @read @bitmap @fast", one, BitmapCommands::getbit),
                Command.data("bitcount", -2, reads, one, BitmapCommands::bitcount),
                Command.data("bitpos", -3, reads, one, BitmapCommands::bitpos),
                Command.data("bitop", -4, writes, KeySpec.range(2, -1, 1), BitmapCommands::bitop),
                Command.data("bitfield", -2, writes, one, call -> BitfieldCommand.run(call, false)),
                Command.data(
                        "bitfield_ro",
                        -2,
                        "readonly fast @read @bitmap @fast",
                        one,
                        call -> BitfieldCommand.run(call, true)));
    }

    private static void setbit(Call call) {
        Args args = call.args;
        long offset = offset(call, 2, 0);
        if (offset < 0) {
            return;
        }
        if (args.length(3) != 1 || (Memory.getByte(args.address(3)) & ~1) != '0') {
            call.reply().error(BAD_BIT);
            return;
        }
        int bit = Memory.getByte(args.address(3)) - '0';
        boolean there = StringCommands.find(call, 1);
        if (there && !StringCommands.isString(call)) {
            return;
        }
        int length = there ? RangeCommands.length(call.value) : 0;
        int needed = Math.max(length, (int) (offset >> 3) + 1);
        int old = 0;
        if (offset >> 3 < length) {
            try (StringBytes bytes = new StringBytes(call.value)) {
                old = Bits.get(bytes.address, offset);
            }
        }
        if (needed != length || bit != old) {
            call.database().resize(args.address(1), args.length(1), call.now(), needed, call.value);
            Bits.set(call.value.address, offset, bit);
            call.changed();
            call.event('$', "setbit", 1);
        } else {
            StringCommands.unshare(call, 1);
        }
        call.reply().number(old);
    }

    private static void getbit(Call call) {
        long offset = offset(call, 2, 0);
        if (offset < 0) {
            return;
        }
        if (!call.find(1, call.value)) {
            call.reply().number(0);
        } else if (StringCommands.isString(call)) {
            try (StringBytes bytes = new StringBytes(call.value)) {
                call.reply().number(offset >> 3 < bytes.length ? Bits.get(bytes.address, offset) : 0);
            }
        }
    }

    /**
     * The bit offset at an argument; answers the error and returns -1. Redis: getBitOffsetFromArgument.
     *
     * @param width of what a leading # counts in, 0 if there may be none
     */
    static long offset(Call call, int i, int width) {
        long address = call.args.address(i);
        int length = call.args.length(i);
        boolean counted = width > 0 && length > 0 && Memory.getByte(address) == '#';
        int skip = counted ? 1 : 0;
        if (Decimal.fits(address + skip, length - skip)) {
            // An overflow is Redis's: where it ends up is looked at, not how it came there.
            long offset = Decimal.parse(address + skip, length - skip) * (counted ? width : 1);
            if (offset >= 0 && offset >> 3 < RangeCommands.MAX_STRING) {
                return offset;
            }
        }
        call.reply().error("ERR bit offset is not an integer or out of range");
        return -1;
    }

    /** BITCOUNT key [start end [BYTE | BIT]]. */
    private static void bitcount(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().number(0);
            return;
        }
        if (!StringCommands.isString(call)) {
            return;
        }
        Args args = call.args;
        try (StringBytes bytes = new StringBytes(call.value)) {
            long total = bytes.length;
            long start = 0;
            long end = total - 1;
            boolean bits = false;
            if (args.count() == 4 || args.count() == 5) {
                if (!CounterCommands.isInteger(call, 2) || !CounterCommands.isInteger(call, 3)) {
                    return;
                }
                start = Decimal.parse(args.address(2), args.length(2));
                end = Decimal.parse(args.address(3), args.length(3));
                if (start < 0 && end < 0 && start > end) {
                    call.reply().number(0);
                    return;
                }
                int unit = args.count() == 5 ? unit(call, 4) : 0;
                if (unit < 0) {
                    return;
                }
                bits = unit == 1;
                total = bits ? total * 8 : total;
                start = first(start, total);
                end = last(end, total);
            } else if (args.count() != 2) {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
            long count = 0;
            if (start <= end) {
                count = Bits.count(bytes.address, bits ? start : start * 8, bits ? end : end * 8 + 7);
            }
            call.reply().number(count);
        }
    }

    /** BITPOS key bit [start [end [BYTE | BIT]]]. */
    private static void bitpos(Call call) {
        Args args = call.args;
        if (!CounterCommands.isInteger(call, 2)) {
            return;
        }
        long bit = Decimal.parse(args.address(2), args.length(2));
        if (bit != 0 && bit != 1) {
            call.reply().error("ERR The bit argument must be 1 or 0.");
            return;
        }
        if (!call.find(1, call.value)) {
            call.reply().number(bit == 1 ? -1 : 0);
            return;
        }
        if (!StringCommands.isString(call)) {
            return;
        }
        try (StringBytes bytes = new StringBytes(call.value)) {
            bitpos(call, bytes, bit == 1);
        }
    }

    private static void bitpos(Call call, StringBytes bytes, boolean one) {
        Args args = call.args;
        int count = args.count();
        long total = bytes.length;
        long start = 0;
        long end = total - 1;
        boolean bits = false;
        if (count > 6) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        if (count > 3) {
            if (!CounterCommands.isInteger(call, 3)) {
                return;
            }
            int unit = count == 6 ? unit(call, 5) : 0;
            if (unit < 0 || (count > 4 && !CounterCommands.isInteger(call, 4))) {
                return;
            }
            bits = unit == 1;
            total = bits ? total * 8 : total;
            start = first(Decimal.parse(args.address(3), args.length(3)), total);
            end = count > 4 ? last(Decimal.parse(args.address(4), args.length(4)), total) : end;
        }
        if (start > end) {
            call.reply().number(-1);
            return;
        }
        long found = Bits.find(bytes.address, bits ? start : start * 8, bits ? end : end * 8 + 7, one);
        // Without an end the string goes on with zeros for ever.
        call.reply().number(found < 0 && !one && count < 5 ? total * 8 : found);
    }

    /** 1 for BIT, 0 for BYTE; answers the error and returns -1. */
    private static int unit(Call call, int i) {
        if (call.args.is(i, "bit")) {
            return 1;
        }
        if (call.args.is(i, "byte")) {
            return 0;
        }
        call.reply().error(ErrorText.SYNTAX);
        return -1;
    }

    private static long first(long start, long total) {
        return start < 0 ? Math.max(0, total + start) : start;
    }

    private static long last(long end, long total) {
        return Math.min(total - 1, end < 0 ? Math.max(0, total + end) : end);
    }

    /** BITOP operation destination source [source ...]. */
    private static void bitop(Call call) {
        Args args = call.args;
        int operation = args.is(1, "and") ? '&' : args.is(1, "or") ? '|' : args.is(1, "xor") ? '^' : 0;
        if (args.is(1, "not")) {
            operation = '~';
        }
        if (operation == 0) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        if (operation == '~' && args.count() != 4) {
            call.reply().error("ERR BITOP NOT must be called with a single source key.");
            return;
        }
        int sources = args.count() - 3;
        long[] addresses = new long[sources];
        int[] lengths = new int[sources];
        NativeBlock digits = NativeBlock.allocate(sources * Decimal.MAX_LENGTH);
        NativeBlock result = null;
        int longest = 0;
        try {
            for (int i = 0; i < sources; i++) {
                if (call.find(i + 3, call.value)) {
                    if (!StringCommands.isString(call)) {
                        return;
                    }
                    boolean number = call.value.encoding == Value.INT;
                    addresses[i] = number ? digits.address() + (long) i * Decimal.MAX_LENGTH : call.value.address;
                    lengths[i] = number ? Decimal.write(call.value.number, addresses[i]) : call.value.length;
                    longest = Math.max(longest, lengths[i]);
                }
            }
            if (longest > 0) {
                result = NativeBlock.allocate(longest);
                compute(operation, addresses, lengths, result.address(), longest);
            }
            storeResult(call, result, longest);
        } finally {
            digits.release();
            if (result != null) {
                result.release();
            }
        }
        call.reply().number(longest);
    }

    private static void compute(int operation, long[] addresses, int[] lengths, long result, int longest) {
        if (lengths[0] > 0) {
            Memory.copy(addresses[0], result, lengths[0]);
        }
        Memory.zero(result + lengths[0], longest - lengths[0]);
        if (operation == '~') {
            combine('^', result, 0, longest);
        }
        for (int i = 1; i < addresses.length; i++) {
            combine(operation, result, addresses[i], lengths[i]);
            if (operation == '&') {
                Memory.zero(result + lengths[i], longest - lengths[i]);
            }
        }
    }

    /** Combines {@code length} bytes into those at {@code result}; with ones if {@code with} is 0. */
    private static void combine(int operation, long result, long with, int length) {
        int at = 0;
        for (; at + 8 <= length; at += 8) {
            long other = with == 0 ? -1 : Memory.getLong(with + at);
            Memory.putLong(result + at, combine(operation, Memory.getLong(result + at), other));
        }
        for (; at < length; at++) {
            long other = with == 0 ? -1 : Memory.getByte(with + at);
            Memory.putByte(result + at, (byte) combine(operation, Memory.getByte(result + at), other));
        }
    }

    private static long combine(int operation, long a, long b) {
        return operation == '&' ? a & b : operation == '|' ? a | b : a ^ b;
    }

    private static void storeResult(Call call, @Nullable NativeBlock result, int length) {
        long key = call.args.address(2);
        int keyLength = call.args.length(2);
        if (result == null) {
            // Redis does not ask here whether the key is expired.
            if (call.database().drop(key, keyLength, call.now()) != Database.ABSENT) {
                call.changed();
                call.event('g', "del", 2);
            }
            return;
        }
        if (length >= LARGE_BYTES) {
            StringCommands.storeBlock(call.database(), key, keyLength, result, length, 0);
        } else {
            call.database().putString(key, keyLength, result.address(), length, Value.RAW, 0);
        }
        call.changed();
        call.event('$', "set", 2);
    }
}
