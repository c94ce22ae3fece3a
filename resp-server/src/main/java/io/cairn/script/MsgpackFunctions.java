package io.cairn.script;

import party.iroiro.luajava.lua51.Lua51Natives;

/** The table {@code cmsgpack}: MessagePack as lua_cmsgpack writes and reads it. */
final class MsgpackFunctions {
    /** Tables nested deeper become nil. */
    private static final int MAX_NESTING = 16;

    private final LuaState state;
    private final Lua51Natives natives;
    private final Bytes out = new Bytes();
    private final Tape tape;

    MsgpackFunctions(LuaState state) {
        this.state = state;
        this.natives = state.natives;
        this.tape = new Tape(state);
    }

    void fill(LuaState.Table to) {
        to.function("pack", this::pack);
        to.function("unpack", l -> unpack(l, 0, 0));
        to.function("unpack_one", l -> {
            long offset = optional(l, 2, 0);
            natives.lua_settop(l, 1);
            return unpack(l, 1, offset);
        });
        to.function("unpack_limit", l -> {
            long limit = CNumbers.toLong(state.checkNumber(l, 2));
            long offset = optional(l, 3, 0);
            natives.lua_settop(l, 1);
            return unpack(l, limit, offset);
        });
        to.text("_NAME", "cmsgpack");
        to.text("_VERSION", "lua-cmsgpack 0.4.0");
        to.text("_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo");
        to.text("_DESCRIPTION", "MessagePack C implementation for Lua");
    }

    private long optional(long l, int index, long otherwise) {
        return natives.lua_gettop(l) < index || natives.lua_type(l, index) == LuaState.NIL
                ? otherwise
                : CNumbers.toLong(state.checkNumber(l, index));
    }

    // ---- packing

    private int pack(long l) {
        int count = natives.lua_gettop(l);
        if (count == 0) {
            throw state.argumentError(l, 0, "MessagePack pack needs input.");
        }
        out.clear();
        for (int i = 1; i <= count; i++) {
            natives.lua_checkstack(l, 3);
            natives.lua_pushvalue(l, i);
            value(l, 0);
            natives.lua_pop(l, 1);
        }
        out.push(state, l);
        return 1;
    }

    /** Packs the value on top of the stack, which stays there. */
    private void value(long l, int level) {
        int type = natives.lua_type(l, -1);
        switch (type) {
            case LuaState.STRING -> string(state.bytes(l, -1));
            case LuaState.BOOLEAN -> out.put(natives.lua_toboolean(l, -1) != 0 ? 0xc3 : 0xc2);
            case LuaState.NUMBER -> number(natives.lua_tonumber(l, -1));
            case LuaState.TABLE -> {
                if (level == MAX_NESTING) {
                    out.put(0xc0);
                } else {
                    table(l, level);
                }
            }
            default -> out.put(0xc0);
        }
    }

    private void string(byte[] bytes) {
        int length = bytes.length;
        if (length < 32) {
            out.put(0xa0 | length);
        } else if (length <= 0xff) {
            out.put(0xd9).put(length);
        } else if (length <= 0xffff) {
            out.put(0xda).big(length, 2);
        } else {
            out.put(0xdb).big(length, 4);
        }
        out.put(bytes);
    }

    private void number(double value) {
        long integer = CNumbers.toLong(value);
        if (value == (double) integer && !Double.isInfinite(value)) {
            integer(integer);
        } else if (value == (double) (float) value) {
            out.put(0xca).big(Float.floatToRawIntBits((float) value) & 0xFFFFFFFFL, 4);
        } else {
            out.put(0xcb).big(Double.doubleToRawLongBits(value), 8);
        }
    }

    private void integer(long n) {
        if (n >= 0) {
            if (n <= 127) {
                out.put((int) n);
            } else if (n <= 0xff) {
                out.put(0xcc).big(n, 1);
            } else if (n <= 0xffff) {
                out.put(0xcd).big(n, 2);
            } else if (n <= 0xffffffffL) {
                out.put(0xce).big(n, 4);
            } else {
                out.put(0xcf).big(n, 8);
            }
        } else if (n >= -32) {
            out.put((int) n);
        } else if (n >= Byte.MIN_VALUE) {
            out.put(0xd0).big(n, 1);
        } else if (n >= Short.MIN_VALUE) {
            out.put(0xd1).big(n, 2);
        } else if (n >= Integer.MIN_VALUE) {
            out.put(0xd2).big(n, 4);
        } else {
            out.put(0xd3).big(n, 8);
        }
    }

    private void header(int few, int two, long size) {
        if (size <= 15) {
            out.put(few | (int) size);
        } else if (size <= 65_535) {
            out.put(two).big(size, 2);
        } else {
            out.put(two + 1).big(size, 4);
        }
    }

    private void table(long l, int level) {
        if (natives.lua_checkstack(l, 6) == 0) {
            throw LuaError.message("stack overflow (in function mp_encode_lua_table)");
        }
        long size = arraySize(l);
        if (size >= 0) {
            header(0x90, 0xdc, size);
            for (int i = 1; i <= size; i++) {
                natives.lua_rawgeti(l, -1, i);
                value(l, level + 1);
                natives.lua_pop(l, 1);
            }
            return;
        }
        long pairs = 0;
        natives.lua_pushnil(l);
        while (natives.lua_next(l, -2) != 0) {
            natives.lua_pop(l, 1);
            pairs++;
        }
        header(0x80, 0xde, pairs);
        natives.lua_pushnil(l);
        while (natives.lua_next(l, -2) != 0) {
            natives.lua_pushvalue(l, -2);
            value(l, level + 1);
            natives.lua_pop(l, 1);
            value(l, level + 1);
            natives.lua_pop(l, 1);
        }
    }

    /** Elements of the table on top when its keys are exactly 1 to n, else -1. */
    private long arraySize(long l) {
        int top = natives.lua_gettop(l);
        long count = 0;
        double max = 0;
        natives.lua_pushnil(l);
        while (natives.lua_next(l, -2) != 0) {
            natives.lua_pop(l, 1);
            double key = natives.lua_type(l, -1) == LuaState.NUMBER ? natives.lua_tonumber(l, -1) : 0;
            if (!(key > 0) || key != (int) key) {
                natives.lua_settop(l, top);
                return -1;
            }
            max = Math.max(max, key);
            count++;
        }
        return max == count ? count : -1;
    }

    // ---- unpacking

    private int unpack(long l, long limit, long offset) {
        state.checkString(l, 1);
        byte[] input = state.bytes(l, 1);
        if (offset < 0 || limit < 0) {
            throw LuaError.message(
                    "Invalid request to unpack with offset of " + (int) offset + " and limit of " + input.length + ".");
        }
        if (offset > input.length) {
            throw LuaError.message("Start offset " + (int) offset + " greater than input length " + input.length + ".");
        }
        boolean all = limit == 0 && offset == 0;
        tape.clear();
        MsgpackReader reader = new MsgpackReader(tape, input, (int) offset);
        long most = all ? Integer.MAX_VALUE : limit;
        int count = 0;
        while (reader.left() > 0 && count < most) {
            reader.next();
            count++;
        }
        if (count > 0) {
            tape.push(l);
        }
        if (!all) {
            natives.lua_checkstack(l, 3);
            natives.lua_pushnumber(l, reader.left() == 0 ? -1 : reader.position());
            natives.lua_insert(l, 2);
            count++;
        }
        natives.lua_checkstack(l, 2);
        return count;
    }
}
