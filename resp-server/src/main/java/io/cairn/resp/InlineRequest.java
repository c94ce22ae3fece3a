package io.cairn.resp;

import io.cairn.command.Args;
import io.cairn.keyspace.Memory;

/** Splits an inline request into arguments, unquoting them where they lie (Redis: sdssplitargs). */
final class InlineRequest {
    private InlineRequest() {}

    /** Adds the arguments of the line to {@code args}; false when its quotes are unbalanced. */
    static boolean split(long line, int length, Args args) {
        long end = line + length;
        long at = line;
        while (true) {
            while (at < end && space(Memory.getByte(at))) {
                at++;
            }
            // sdssplitargs works on a C string: a NUL ends it.
            if (at >= end || Memory.getByte(at) == 0) {
                return true;
            }
            at = argument(at, end, args);
            if (at < 0) {
                return false;
            }
        }
    }

    /** Reads one argument; returns where it ended, or -1. */
    private static long argument(long from, long end, Args args) {
        long at = from;
        long to = from;
        byte quote = 0;
        while (true) {
            byte b = at < end ? Memory.getByte(at) : 0;
            if (quote == '"' && b == '\\' && at + 1 < end && Memory.getByte(at + 1) != 0) {
                int hex = hexByte(at, end);
                Memory.putByte(to++, hex >= 0 ? (byte) hex : escaped(Memory.getByte(at + 1)));
                at += hex >= 0 ? 4 : 2;
            } else if (quote == '\'' && b == '\\' && at + 1 < end && Memory.getByte(at + 1) == '\'') {
                Memory.putByte(to++, (byte) '\'');
                at += 2;
            } else if (quote != 0 && b == quote) {
                // A closing quote must be followed by a space or nothing at all.
                if (at + 1 < end && Memory.getByte(at + 1) != 0 && !space(Memory.getByte(at + 1))) {
                    return -1;
                }
                args.add(from, (int) (to - from));
                return at + 1;
            } else if (b == 0) {
                if (quote != 0) {
                    return -1;
                }
                args.add(from, (int) (to - from));
                return at;
            } else if (quote == 0 && space(b)) {
                args.add(from, (int) (to - from));
                return at + 1;
            } else if (quote == 0 && (b == '"' || b == '\'')) {
                quote = b;
                at++;
            } else {
                Memory.putByte(to++, b);
                at++;
            }
        }
    }

    private static boolean space(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }

    /** The value of a \xHH escape at {@code at}, or -1. */
    private static int hexByte(long at, long end) {
        if (at + 3 >= end || Memory.getByte(at + 1) != 'x') {
            return -1;
        }
        int high = Character.digit(Memory.getByte(at + 2), 16);
        int low = Character.digit(Memory.getByte(at + 3), 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    private static byte escaped(byte b) {
        return switch (b) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> b;
        };
    }
}
