package io.cairn.command;

import io.cairn.keyspace.Digits;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.collection.StreamId;
import org.jspecify.annotations.Nullable;

/** Ids of streams as clients write them. Redis: streamGenericParseIDOrReply and what is built on it, with string2ull's leniency. */
final class StreamIds {
    static final String INVALID = "ERR Invalid stream ID specified as stream command argument";

    /** Longer texts are no ids. */
    private static final int MAX_TEXT = 127;
    /** 2^64 / 10: beyond it one more digit does not fit. */
    private static final long MAX_TENTH = Long.divideUnsigned(-1, 10);

    private StreamIds() {}

    /** Reads {@code ms-seq} or {@code ms}; answers the error and returns false if it is neither. Redis: streamParseStrictIDOrReply. */
    static boolean isId(Call call, int i, StreamId out) {
        if (parse(call.args, i, out)) {
            return true;
        }
        call.reply().error(INVALID);
        return false;
    }

    /** As {@link #isId}, with - and + for the first and the last. Redis: streamParseIDOrReply. */
    static boolean isAnyId(Call call, int i, StreamId out) {
        if (new Text(call.args, i, 0).parse(out, 0, false, false)) {
            return true;
        }
        call.reply().error(INVALID);
        return false;
    }

    /** As {@link #isId}, without an answer. */
    static boolean parse(Args args, int i, StreamId out) {
        return new Text(args, i, 0).parse(out, 0, true, false);
    }

    /**
     * Reads the id of XADD, which may leave the sequence to the stream: {@code ms-*}.
     *
     * @return 1 for a whole id, 0 for one without a sequence, -1 after an error that was answered
     */
    static int newId(Call call, int i, StreamId out) {
        Text text = new Text(call.args, i, 0);
        if (!text.parse(out, 0, true, true)) {
            call.reply().error(INVALID);
            return -1;
        }
        return text.open ? 0 : 1;
    }

    /** The beginning of a range: -, +, an id, or one behind {@code (}, which is excluded. False after an error that was answered. */
    static boolean isStart(Call call, int i, StreamId out) {
        return isBound(call, i, out, 0, true);
    }

    /** The end of a range; without a sequence it is the last of its millisecond. False after an error that was answered. */
    static boolean isEnd(Call call, int i, StreamId out) {
        return isBound(call, i, out, -1, false);
    }

    /** Redis: streamParseIntervalIDOrReply. */
    private static boolean isBound(Call call, int i, StreamId out, long missing, boolean start) {
        boolean excluded = call.args.length(i) > 1 && Memory.getByte(call.args.address(i)) == '(';
        if (!new Text(call.args, i, excluded ? 1 : 0).parse(out, missing, excluded, false)) {
            call.reply().error(INVALID);
            return false;
        }
        if (excluded && !(start ? out.increment() : out.decrement())) {
            call.reply().error("ERR invalid " + (start ? "start" : "end") + " ID for the interval");
            return false;
        }
        return true;
    }

    /** The ids of the arguments from {@code from} on as pairs of longs, or null after an error that was answered. */
    static long @Nullable [] all(Call call, int from) {
        Args args = call.args;
        long[] ids = new long[2 * (args.count() - from)];
        StreamId id = new StreamId();
        for (int i = from; i < args.count(); i++) {
            if (!isId(call, i, id)) {
                return null;
            }
            ids[2 * (i - from)] = id.ms;
            ids[2 * (i - from) + 1] = id.sequence;
        }
        return ids;
    }

    /** An argument up to its first NUL, as C sees it. */
    private static final class Text {
        private final long address;
        private final int length;
        private final boolean tooLong;
        /** The sequence was given as a star. */
        private boolean open;

        Text(Args args, int i, int skip) {
            address = args.address(i) + skip;
            int whole = args.length(i) - skip;
            tooLong = whole > MAX_TEXT;
            int end = 0;
            while (!tooLong && end < whole && Memory.getByte(address + end) != 0) {
                end++;
            }
            length = end;
        }

        boolean parse(StreamId out, long missing, boolean strict, boolean star) {
            if (tooLong) {
                return false;
            }
            if (length == 1 && (is(0, '-') || is(0, '+'))) {
                long all = is(0, '+') ? -1 : 0;
                out.set(all, all);
                return !strict;
            }
            int dash = 0;
            while (dash < length && !is(dash, '-')) {
                dash++;
            }
            if (!number(out, true, 0, dash)) {
                return false;
            }
            if (dash == length) {
                out.sequence = missing;
                return true;
            }
            if (star && dash + 2 == length && is(dash + 1, '*')) {
                out.sequence = 0;
                open = true;
                return true;
            }
            return number(out, false, dash + 1, length);
        }

        private boolean is(int at, char c) {
            return Memory.getByte(address + at) == c;
        }

        /** Reads one of the two numbers. Redis: string2ull; what is no canonical number is left to C's strtoull. */
        private boolean number(StreamId out, boolean ms, int from, int to) {
            long value;
            if (Digits.fits(address + from, to - from)) {
                value = Digits.parse(address + from, to - from);
                if (value < 0) {
                    return false;
                }
            } else {
                int at = from;
                while (at < to && isSpace(Memory.getByte(address + at))) {
                    at++;
                }
                boolean negative = at < to && is(at, '-');
                if (negative || (at < to && is(at, '+'))) {
                    at++;
                }
                if (at == to) {
                    return false;
                }
                value = 0;
                for (; at < to; at++) {
                    int digit = Memory.getByte(address + at) - '0';
                    if (digit < 0
                            || digit > 9
                            || Long.compareUnsigned(value, MAX_TENTH) > 0
                            || Long.compareUnsigned(value * 10, -1L - digit) > 0) {
                        return false;
                    }
                    value = value * 10 + digit;
                }
                value = negative ? -value : value;
            }
            if (ms) {
                out.ms = value;
            } else {
                out.sequence = value;
            }
            return true;
        }

        private static boolean isSpace(byte c) {
            return c == ' ' || (c >= '\t' && c <= '\r');
        }
    }
}
