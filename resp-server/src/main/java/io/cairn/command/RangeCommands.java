package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import java.util.List;

/** Parts of strings. Redis: appendCommand, strlenCommand, setrangeCommand, getrangeCommand. */
final class RangeCommands {
    /** Longest string, in bytes. Redis: proto-max-bulk-len, at its default. */
    static final int MAX_STRING = 512 * 1024 * 1024;

    private RangeCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        String reads = "readonly @read @string @slow";
        return List.of(
                Command.data("append", 3, "write denyoom fast @write @string @fast", one, RangeCommands::append),
                Command.data("strlen", 2, "readonly fast @read @string @fast", one, RangeCommands::strlen),
                Command.data("setrange", 4, "write denyoom @write @string @slow", one, RangeCommands::setrange),
                Command.data("getrange", 4, reads, one, RangeCommands::getrange),
                Command.data("substr", 4, reads, one, RangeCommands::getrange));
    }

    private static void append(Call call) {
        Args args = call.args;
        if (!StringCommands.find(call, 1)) {
            StringCommands.store(call, 1, 2, 0);
            call.changed();
            call.event('$', "append", 1);
            call.reply().number(args.length(2));
            return;
        }
        if (!StringCommands.isString(call)) {
            return;
        }
        int old = length(call.value);
        int added = args.length(2);
        if (isTooLong(call, old, added)) {
            return;
        }
        call.database().resize(args.address(1), args.length(1), call.now(), old + added, call.value);
        Memory.copy(args.address(2), call.value.address + old, added);
        call.changed();
        call.event('$', "append", 1);
        call.reply().number(old + added);
    }

    private static void strlen(Call call) {
        if (!call.find(1, call.value)) {
            call.reply().number(0);
        } else if (StringCommands.isString(call)) {
            call.reply().number(length(call.value));
        }
    }

    private static void setrange(Call call) {
        Args args = call.args;
        if (!CounterCommands.isInteger(call, 2)) {
            return;
        }
        long offset = Decimal.parse(args.address(2), args.length(2));
        if (offset < 0) {
            call.reply().error("ERR offset is out of range");
            return;
        }
        int added = args.length(3);
        int old = 0;
        if (StringCommands.find(call, 1)) {
            if (!StringCommands.isString(call)) {
                return;
            }
            old = length(call.value);
        }
        if (added == 0) {
            call.reply().number(old);
            return;
        }
        if (isTooLong(call, offset, added)) {
            return;
        }
        int length = Math.max(old, (int) offset + added);
        call.database().resize(args.address(1), args.length(1), call.now(), length, call.value);
        Memory.copy(args.address(3), call.value.address + offset, added);
        call.changed();
        call.event('$', "setrange", 1);
        call.reply().number(length);
    }

    private static void getrange(Call call) {
        Args args = call.args;
        if (!CounterCommands.isInteger(call, 2) || !CounterCommands.isInteger(call, 3)) {
            return;
        }
        long start = Decimal.parse(args.address(2), args.length(2));
        long end = Decimal.parse(args.address(3), args.length(3));
        if (!call.find(1, call.value)) {
            replyEmpty(call);
            return;
        }
        if (!StringCommands.isString(call)) {
            return;
        }
        int length = length(call.value);
        if (start < 0 && end < 0 && start > end) {
            replyEmpty(call);
            return;
        }
        start = Math.max(0, start < 0 ? length + start : start);
        end = Math.min(length - 1, Math.max(0, end < 0 ? length + end : end));
        if (start > end || length == 0) {
            replyEmpty(call);
        } else {
            replyRange(call, (int) start, (int) (end - start + 1));
        }
    }

    private static void replyRange(Call call, int from, int length) {
        Value value = call.value;
        if (value.encoding == Value.INT) {
            byte[] part = new byte[length];
            System.arraycopy(Decimal.bytes(value.number), from, part, 0, length);
            call.reply().bulk(part);
        } else if (value.block != null) {
            call.reply().bulk(value.block, from, length);
        } else {
            call.reply().bulk(value.address + from, length);
        }
    }

    private static void replyEmpty(Call call) {
        call.reply().bulk(0L, 0);
    }

    /** Length in bytes of a string value. */
    static int length(Value value) {
        return value.encoding == Value.INT ? Decimal.length(value.number) : value.length;
    }

    /** True, with the error answered, if a string of {@code size + added} bytes is too long. Redis: checkStringLength. */
    private static boolean isTooLong(Call call, long size, int added) {
        if (size <= MAX_STRING - added) {
            return false;
        }
        call.reply().error(ErrorText.STRING_TOO_LONG);
        return true;
    }
}
