package io.cairn.script;

/** Notes MessagePack as Lua values. Redis: mp_decode_to_lua_type. */
final class MsgpackReader {
    /** Lua's stack has some 8,000 slots, of which a nested table takes two and a value of a stream one. */
    private static final int MAX_VALUES = 7_900;

    private final Tape tape;
    private final byte[] input;
    private int at;
    private int slots;

    MsgpackReader(Tape tape, byte[] input, int offset) {
        this.tape = tape;
        this.input = input;
        this.at = offset;
    }

    int left() {
        return input.length - at;
    }

    int position() {
        return at;
    }

    private void need(long bytes) {
        if (left() < bytes) {
            throw LuaError.message("Missing bytes in input.");
        }
    }

    /** The big-endian number behind the type byte. */
    private long number(int size) {
        need(1L + size);
        long value = 0;
        for (int i = 1; i <= size; i++) {
            value = value << 8 | (input[at + i] & 0xff);
        }
        return value;
    }

    private void push(double value, int size) {
        tape.number(value);
        at += 1 + size;
    }

    /** Notes the next value of the stream. */
    void next() {
        value();
        slots++;
    }

    private void value() {
        need(1);
        if (slots > MAX_VALUES) {
            throw LuaError.message(
                    "stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)");
        }
        int type = input[at] & 0xff;
        switch (type) {
            case 0xcc -> push((double) number(1), 1);
            case 0xcd -> push((double) number(2), 2);
            case 0xce -> push((double) number(4), 4);
            case 0xcf -> push((double) number(8), 8);
            case 0xd0 -> push((byte) number(1), 1);
            case 0xd1 -> push((short) number(2), 2);
            case 0xd2 -> push((int) number(4), 4);
            case 0xd3 -> push((double) number(8), 8);
            case 0xc0 -> {
                tape.note(Tape.NIL, 0);
                at++;
            }
            case 0xc2, 0xc3 -> {
                tape.note(Tape.BOOLEAN, type & 1);
                at++;
            }
            case 0xca -> push(Float.intBitsToFloat((int) number(4)), 4);
            case 0xcb -> push(Double.longBitsToDouble(number(8)), 8);
            case 0xd9 -> string(number(1), 2);
            case 0xda -> string(number(2), 3);
            case 0xdb -> string(number(4), 5);
            case 0xdc -> array(number(2), 3);
            case 0xdd -> array(number(4), 5);
            case 0xde -> map(number(2), 3);
            case 0xdf -> map(number(4), 5);
            default -> small(type);
        }
    }

    private void small(int type) {
        if ((type & 0x80) == 0) {
            push(type, 0);
        } else if ((type & 0xe0) == 0xe0) {
            push((byte) type, 0);
        } else if ((type & 0xe0) == 0xa0) {
            string(type & 0x1f, 1);
        } else if ((type & 0xf0) == 0x90) {
            array(type & 0xf, 1);
        } else if ((type & 0xf0) == 0x80) {
            map(type & 0xf, 1);
        } else {
            throw LuaError.message("Bad data format in input.");
        }
    }

    private void string(long length, int header) {
        need(header + length);
        tape.string(Tape.STRING, input, at + header, (int) length);
        at += header + (int) length;
    }

    private void array(long size, int header) {
        at += header;
        tape.note(Tape.ARRAY, size);
        elements(size);
    }

    private void map(long pairs, int header) {
        at += header;
        tape.note(Tape.MAP, pairs);
        elements(2 * pairs);
    }

    private void elements(long count) {
        slots += 2;
        for (long i = 0; i < count; i++) {
            value();
        }
        slots -= 2;
    }
}
