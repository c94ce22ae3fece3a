package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import java.util.Arrays;
import java.util.List;

/**
 * LCS key1 key2 [LEN] [IDX] [MINMATCHLEN n] [WITHMATCHLEN]: the longest common subsequence, by the textbook table of
 * (length + 1) x (length + 1) numbers in native memory, at most proto-max-bulk-len bytes of it. Redis: lcsCommand.
 */
final class LcsCommand {
    private LcsCommand() {}

    static List<Command> table() {
        return List.of(
                Command.data("lcs", -3, "readonly @read @string @slow", KeySpec.range(1, 2, 1), LcsCommand::lcs));
    }

    private static void lcs(Call call) {
        boolean first = call.find(1, call.value);
        boolean second = call.find(2, call.other);
        if ((first && call.value.type != ValueType.STRING) || (second && call.other.type != ValueType.STRING)) {
            call.reply().error("ERR The specified keys must contain string values");
            return;
        }
        Options options = new Options();
        if (!options.parse(call)) {
            return;
        }
        NativeBlock digits = NativeBlock.allocate(2 * Decimal.MAX_LENGTH);
        try {
            Text a = text(first, call.value, digits.address());
            Text b = text(second, call.other, digits.address() + Decimal.MAX_LENGTH);
            run(call, options, a, b);
        } finally {
            digits.release();
        }
    }

    private static Text text(boolean there, Value value, long scratch) {
        if (!there) {
            return new Text(scratch, 0);
        }
        return value.encoding == Value.INT
                ? new Text(scratch, Decimal.write(value.number, scratch))
                : new Text(value.address, value.length);
    }

    private static void run(Call call, Options options, Text a, Text b) {
        long bytes = 4 * (a.length + 1L) * (b.length + 1L);
        if (bytes > RangeCommands.MAX_STRING) {
            call.reply().error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
            return;
        }
        NativeBlock memory;
        try {
            memory = NativeBlock.allocate((int) bytes);
        } catch (OutOfMemoryError e) {
            call.reply().error("ERR Insufficient memory, failed allocating transient memory for LCS");
            return;
        }
        try {
            Table table = new Table(memory.address(), b.length + 1L);
            fill(table, a, b);
            int length = table.get(a.length, b.length);
            if (options.len) {
                call.reply().number(length);
            } else {
                walk(call, options, table, a, b, length);
            }
        } finally {
            memory.release();
        }
    }

    private static void fill(Table table, Text a, Text b) {
        for (int i = 0; i <= a.length; i++) {
            for (int j = 0; j <= b.length; j++) {
                int common;
                if (i == 0 || j == 0) {
                    common = 0;
                } else if (a.at(i - 1) == b.at(j - 1)) {
                    common = table.get(i - 1, j - 1) + 1;
                } else {
                    common = Math.max(table.get(i - 1, j), table.get(i, j - 1));
                }
                table.set(i, j, common);
            }
        }
    }

    /** Walks the table backwards, collecting the subsequence and its ranges, and answers one of the two. */
    private static void walk(Call call, Options options, Table table, Text a, Text b, int length) {
        byte[] result = new byte[length];
        Ranges ranges = new Ranges();
        int left = length;
        // aStart == a.length says that no range is open.
        int aStart = a.length;
        int aEnd = 0;
        int bStart = 0;
        int bEnd = 0;
        int i = a.length;
        int j = b.length;
        while (i > 0 && j > 0) {
            boolean emit = false;
            if (a.at(i - 1) == b.at(j - 1)) {
                result[left - 1] = a.at(i - 1);
                if (aStart == a.length) {
                    aStart = i - 1;
                    aEnd = i - 1;
                    bStart = j - 1;
                    bEnd = j - 1;
                } else if (aStart == i && bStart == j) {
                    aStart--;
                    bStart--;
                } else {
                    emit = true;
                }
                emit |= aStart == 0 || bStart == 0;
                left--;
                i--;
                j--;
            } else {
                if (table.get(i - 1, j) > table.get(i, j - 1)) {
                    i--;
                } else {
                    j--;
                }
                emit = aStart != a.length;
            }
            if (emit) {
                if (options.minMatch == 0 || aEnd - aStart + 1L >= options.minMatch) {
                    ranges.add(aStart, aEnd, bStart, bEnd);
                }
                aStart = a.length;
            }
        }
        if (options.idx) {
            ranges.reply(call.reply(), length, options.withMatchLen);
        } else {
            call.reply().bulk(result);
        }
    }

    private record Text(long address, int length) {
        byte at(int i) {
            return Memory.getByte(address + i);
        }
    }

    private record Table(long address, long width) {
        int get(int i, int j) {
            return Memory.getInt(address + 4 * (i * width + j));
        }

        void set(int i, int j, int value) {
            Memory.putInt(address + 4 * (i * width + j), value);
        }
    }

    private static final class Options {
        boolean len;
        boolean idx;
        boolean withMatchLen;
        long minMatch;

        /** False when an error was answered. */
        boolean parse(Call call) {
            Args args = call.args;
            for (int i = 3; i < args.count(); i++) {
                if (args.is(i, "idx")) {
                    idx = true;
                } else if (args.is(i, "len")) {
                    len = true;
                } else if (args.is(i, "withmatchlen")) {
                    withMatchLen = true;
                } else if (args.is(i, "minmatchlen") && i + 1 < args.count()) {
                    i++;
                    if (!CounterCommands.isInteger(call, i)) {
                        return false;
                    }
                    minMatch = Math.max(0, Decimal.parse(args.address(i), args.length(i)));
                } else {
                    call.reply().error(ErrorText.SYNTAX);
                    return false;
                }
            }
            if (len && idx) {
                call.reply().error("ERR If you want both the length and indexes, please just use IDX.");
                return false;
            }
            return true;
        }
    }

    /** Matching ranges, four numbers each, in the order found (from the end). */
    private static final class Ranges {
        private int[] numbers = new int[16];
        private int count;

        void add(int aStart, int aEnd, int bStart, int bEnd) {
            if (count + 4 > numbers.length) {
                numbers = Arrays.copyOf(numbers, numbers.length * 2);
            }
            numbers[count++] = aStart;
            numbers[count++] = aEnd;
            numbers[count++] = bStart;
            numbers[count++] = bEnd;
        }

        void reply(Reply reply, int length, boolean withMatchLen) {
            reply.map(2);
            reply.bulk("matches");
            reply.array(count / 4);
            for (int i = 0; i < count; i += 4) {
                reply.array(withMatchLen ? 3 : 2);
                reply.array(2);
                reply.number(numbers[i]);
                reply.number(numbers[i + 1]);
                reply.array(2);
                reply.number(numbers[i + 2]);
                reply.number(numbers[i + 3]);
                if (withMatchLen) {
                    reply.number(numbers[i + 1] - numbers[i] + 1L);
                }
            }
            reply.bulk("len");
            reply.number(length);
        }
    }
}
