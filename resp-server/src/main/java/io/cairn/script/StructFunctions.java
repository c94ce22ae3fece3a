package io.cairn.script;

import party.iroiro.luajava.lua51.Lua51Natives;

/** The table {@code struct}: values packed as C lays them out, with lua_struct's formats and errors. */
final class StructFunctions {
    private static final int MAX_INTEGER = 32;
    private static final int MAX_ALIGN = 8;
    private static final double TWO_63 = 0x1p63;
    private static final double TWO_64 = 0x1p64;

    private final LuaState state;
    private final Lua51Natives natives;
    private final Bytes out = new Bytes();

    StructFunctions(LuaState state) {
        this.state = state;
        this.natives = state.natives;
    }

    void fill(LuaState.Table to) {
        to.function("pack", this::pack);
        to.function("unpack", this::unpack);
        to.function("size", this::size);
    }

    /** A format that is being read. */
    private final class Format {
        private final long l;
        private final byte[] text;
        private int at;
        private boolean big;
        private int align = 1;

        Format(long l) {
            this.l = l;
            state.checkString(l, 1);
            text = state.bytes(l, 1);
        }

        boolean hasMore() {
            return at < text.length && text[at] != 0;
        }

        char next() {
            return (char) (text[at++] & 0xff);
        }

        private boolean digit() {
            return at < text.length && text[at] >= '0' && text[at] <= '9';
        }

        private int number(int otherwise) {
            if (!digit()) {
                return otherwise;
            }
            long number = 0;
            while (digit()) {
                number = number * 10 + (text[at++] - '0');
                if (number > Integer.MAX_VALUE) {
                    throw LuaError.message("integral size overflow");
                }
            }
            return (int) number;
        }

        int sizeOf(char option) {
            return switch (option) {
                case 'B', 'b', 'x' -> 1;
                case 'H', 'h' -> 2;
                case 'L', 'l', 'T', 'd' -> 8;
                case 'f' -> 4;
                case 'c' -> number(1);
                case 'i', 'I' -> {
                    int size = number(4);
                    if (size > MAX_INTEGER) {
                        throw LuaError.message("integral size " + size + " is larger than limit of " + MAX_INTEGER);
                    }
                    yield size;
                }
                default -> 0;
            };
        }

        /** Bytes until an element of a size is aligned at a position. */
        int padding(long position, char option, int size) {
            if (size == 0 || option == 'c') {
                return 0;
            }
            int unit = Math.min(size, align);
            return (int) ((unit - (position & (unit - 1))) & (unit - 1));
        }

        void control(char option) {
            switch (option) {
                case ' ' -> {}
                case '>' -> big = true;
                case '<' -> big = false;
                case '!' -> {
                    int a = number(MAX_ALIGN);
                    if (Integer.bitCount(a) != 1) {
                        throw LuaError.message("alignment " + a + " is not a power of 2");
                    }
                    align = a;
                }
                default -> throw state.argumentError(l, 1, "invalid format option '" + option + "'");
            }
        }
    }

    /** {@code (unsigned long) value} of C on x86-64; negative values go by way of a signed one. */
    private static long toUnsigned(double value) {
        if (value < TWO_63) {
            return CNumbers.toLong(value);
        }
        return value < TWO_64 ? (long) (value - TWO_63) ^ Long.MIN_VALUE : 0;
    }

    private int pack(long l) {
        Format format = new Format(l);
        natives.lua_pushnil(l); // What is missing is nil, as lua_struct has it.
        out.clear();
        int argument = 2;
        while (format.hasMore()) {
            char option = format.next();
            int size = format.sizeOf(option);
            for (int i = format.padding(out.length(), option, size); i > 0; i--) {
                out.put(0);
            }
            switch (option) {
                case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I' -> {
                    long value = toUnsigned(state.checkNumber(l, argument++));
                    if (format.big) {
                        out.big(value, size);
                    } else {
                        out.little(value, size);
                    }
                }
                case 'x' -> out.put(0);
                case 'f' -> real(format, Float.floatToRawIntBits((float) state.checkNumber(l, argument++)), size);
                case 'd' -> real(format, Double.doubleToRawLongBits(state.checkNumber(l, argument++)), size);
                case 'c', 's' -> {
                    state.checkString(l, argument);
                    byte[] bytes = state.bytes(l, argument++);
                    int count = size == 0 ? bytes.length : size;
                    if (bytes.length < count) {
                        throw state.argumentError(l, argument, "string too short");
                    }
                    out.put(bytes, count);
                    if (option == 's') {
                        out.put(0);
                    }
                }
                default -> format.control(option);
            }
        }
        out.push(state, l);
        return 1;
    }

    private void real(Format format, long bits, int size) {
        if (format.big) {
            out.big(bits, size);
        } else {
            out.little(bits, size);
        }
    }

    private static double integer(byte[] data, int at, int size, boolean big, boolean signed) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value = value << 8 | (data[big ? at + i : at + size - 1 - i] & 0xff);
        }
        if (!signed) {
            return value >= 0 ? value : unsigned(value);
        }
        // C shifts by the size modulo 64.
        long mask = -1L << ((size * 8 - 1) & 63);
        return (value & mask) != 0 ? value | mask : value;
    }

    /** A double of the 64 bits as an unsigned number, rounded once. */
    private static double unsigned(long value) {
        return value >= 0 ? value : ((value >>> 1) | (value & 1)) * 2.0;
    }

    private int unpack(long l) {
        Format format = new Format(l);
        state.checkString(l, 2);
        byte[] data = state.bytes(l, 2);
        long start = natives.lua_gettop(l) < 3 || natives.lua_type(l, 3) == LuaState.NIL
                ? 1
                : CNumbers.toLong(state.checkNumber(l, 3));
        if (start == 0) {
            throw state.argumentError(l, 3, "offset must be 1 or greater");
        }
        // A negative offset is a large unsigned one in C.
        long at = start < 0 ? Long.MAX_VALUE : start - 1;
        int results = 0;
        while (format.hasMore()) {
            char option = format.next();
            int size = format.sizeOf(option);
            at += at == Long.MAX_VALUE ? 0 : format.padding(at, option, size);
            if (size > data.length || at > data.length - size) {
                throw state.argumentError(l, 2, "data string too short");
            }
            if (natives.lua_checkstack(l, 5) == 0) {
                throw LuaError.message("stack overflow (too many results)");
            }
            int from = (int) at;
            switch (option) {
                case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I' -> {
                    natives.lua_pushnumber(l, integer(data, from, size, format.big, Character.isLowerCase(option)));
                    results++;
                }
                case 'x' -> {}
                case 'f', 'd' -> {
                    long bits = bits(data, from, size, format.big);
                    natives.lua_pushnumber(
                            l, option == 'd' ? Double.longBitsToDouble(bits) : Float.intBitsToFloat((int) bits));
                    results++;
                }
                case 'c' -> {
                    if (size == 0) {
                        if (results == 0 || natives.lua_isnumber(l, -1) == 0) {
                            throw LuaError.message("format 'c0' needs a previous size");
                        }
                        double wanted = natives.lua_tonumber(l, -1);
                        natives.lua_pop(l, 1);
                        results--;
                        if (!(wanted >= 0 && wanted <= data.length - at)) {
                            throw state.argumentError(l, 2, "data string too short");
                        }
                        size = (int) wanted;
                    }
                    slice(l, data, from, size);
                    results++;
                }
                case 's' -> {
                    int end = from;
                    while (end < data.length && data[end] != 0) {
                        end++;
                    }
                    if (end == data.length) {
                        throw LuaError.message("unfinished string in data");
                    }
                    slice(l, data, from, end - from);
                    size = end - from + 1;
                    results++;
                }
                default -> format.control(option);
            }
            at += size;
        }
        natives.lua_pushnumber(l, at + 1.0);
        return results + 1;
    }

    private static long bits(byte[] data, int at, int size, boolean big) {
        long bits = 0;
        for (int i = 0; i < size; i++) {
            bits = bits << 8 | (data[big ? at + i : at + size - 1 - i] & 0xff);
        }
        return bits;
    }

    private void slice(long l, byte[] data, int from, int length) {
        Constants one = state.constants();
        one.add(data, from, length);
        one.pushOne(l);
    }

    private int size(long l) {
        Format format = new Format(l);
        long at = 0;
        while (format.hasMore()) {
            char option = format.next();
            int size = format.sizeOf(option);
            at += format.padding(at, option, size);
            if (option == 's') {
                throw state.argumentError(l, 1, "option 's' has no fixed size");
            }
            if (option == 'c' && size == 0) {
                throw state.argumentError(l, 1, "option 'c0' has no fixed size");
            }
            if (!Character.isLetterOrDigit(option) || option > 'z') {
                format.control(option);
            }
            at += size;
        }
        natives.lua_pushnumber(l, (double) at);
        return 1;
    }
}
