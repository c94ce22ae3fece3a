package io.cairn.script;

import java.util.Arrays;
import party.iroiro.luajava.lua51.Lua51Natives;

/**
 * Values on their way into Lua: noted one after another, aggregates before their elements, then built at once. Strings
 * go through the state's {@link Constants}, two calls for all of them.
 */
final class Tape {
    static final byte STRING = 1;
    /** The value has the bits of a double. */
    static final byte NUMBER = 2;

    static final byte BOOLEAN = 3;
    static final byte NIL = 4;
    /** cjson.null. */
    static final byte NULL_POINTER = 5;
    /** The value is the number of elements. */
    static final byte ARRAY = 6;
    /** The value is the number of pairs. */
    static final byte MAP = 7;
    /** A table whose keys are the elements. */
    static final byte SET = 8;
    /** Tables of one field, a string: {@code ok}. */
    static final byte STATUS = 9;
    /** {@code err}. */
    static final byte ERROR = 10;
    /** {@code big_number}. */
    static final byte BIG_NUMBER = 11;
    /** {@code verbatim_string}. */
    static final byte VERBATIM = 12;
    /** {@code double}. */
    static final byte REAL = 13;
    /** {@code map}, of pairs. */
    static final byte MAP_FIELD = 14;
    /** {@code set}. */
    static final byte SET_FIELD = 15;

    private static final int INITIAL = 64;

    private final LuaState state;
    private final Lua51Natives natives;
    private Constants strings;
    private byte[] kinds = new byte[INITIAL];
    private long[] values = new long[INITIAL];
    private int count;

    private int at;
    private int string;

    Tape(LuaState state) {
        this.state = state;
        this.natives = state.natives;
        this.strings = state.constants();
    }

    void clear() {
        strings = state.constants();
        count = 0;
        if (kinds.length > 1 << 16) {
            kinds = new byte[INITIAL];
            values = new long[INITIAL];
        }
    }

    boolean isEmpty() {
        return count == 0;
    }

    byte first() {
        return kinds[0];
    }

    /** Notes a value; its index, for {@link #size}. */
    int note(byte kind, long value) {
        if (count == kinds.length) {
            kinds = Arrays.copyOf(kinds, count * 2);
            values = Arrays.copyOf(values, count * 2);
        }
        kinds[count] = kind;
        values[count] = value;
        return count++;
    }

    /** Sets the size of an aggregate that was noted before it was known. */
    void size(int index, long value) {
        values[index] = value;
    }

    void number(double value) {
        note(NUMBER, Double.doubleToRawLongBits(value));
    }

    void string(byte kind, long address, int length) {
        strings.add(address, length);
        note(kind, 0);
    }

    void string(byte kind, byte[] bytes, int offset, int length) {
        strings.add(bytes, offset, length);
        note(kind, 0);
    }

    void string(byte kind, byte[] bytes) {
        string(kind, bytes, 0, bytes.length);
    }

    /** Pushes the value, or all values when several were noted at the top. */
    void push(long l) {
        natives.lua_checkstack(l, 8);
        if (onlyStrings()) {
            strings.pushTable(l);
            return;
        }
        at = 0;
        string = 0;
        if (strings.count() == 1) {
            strings.pushOne(l);
        } else if (strings.count() > 1) {
            strings.pushTable(l);
        } else {
            natives.lua_pushnil(l);
        }
        int all = natives.lua_gettop(l);
        while (at < count) {
            value(l, all);
        }
        natives.lua_remove(l, all);
    }

    /** True for a flat array of strings: it is the table that brings them. */
    private boolean onlyStrings() {
        if (kinds[0] != ARRAY || values[0] != strings.count() || values[0] != count - 1) {
            return false;
        }
        for (int i = 1; i < count; i++) {
            if (kinds[i] != STRING) {
                return false;
            }
        }
        return true;
    }

    private void string(long l, int all) {
        if (strings.count() == 1) {
            natives.lua_pushvalue(l, all);
        } else {
            natives.lua_rawgeti(l, all, ++string);
        }
    }

    private void value(long l, int all) {
        if (natives.lua_checkstack(l, 8) == 0) {
            throw LuaError.message("stack overflow (too many nested or returned values)");
        }
        byte kind = kinds[at];
        long value = values[at++];
        switch (kind) {
            case STRING -> string(l, all);
            case NUMBER -> natives.lua_pushnumber(l, Double.longBitsToDouble(value));
            case BOOLEAN -> natives.lua_pushboolean(l, (int) value);
            case NIL -> natives.lua_pushnil(l);
            case NULL_POINTER -> natives.lua_pushlightuserdata(l, 0);
            case ARRAY -> {
                natives.lua_createtable(l, (int) Math.min(value, count), 0);
                for (int i = 1; i <= value; i++) {
                    value(l, all);
                    natives.lua_rawseti(l, -2, i);
                }
            }
            case MAP -> pairs(l, all, value);
            case SET -> elements(l, all, value);
            case STATUS -> stringField(l, all, "ok");
            case ERROR -> {
                stringField(l, all, "err");
                natives.lua_pushboolean(l, 1);
                natives.lua_setfield(l, -2, "ignore_error_stats_update");
            }
            case BIG_NUMBER -> stringField(l, all, "big_number");
            case VERBATIM -> {
                natives.lua_createtable(l, 0, 1);
                stringField(l, all, "string");
                natives.lua_pushstring(l, "txt");
                natives.lua_setfield(l, -2, "format");
                natives.lua_setfield(l, -2, "verbatim_string");
            }
            case REAL -> {
                natives.lua_createtable(l, 0, 1);
                natives.lua_pushnumber(l, Double.longBitsToDouble(value));
                natives.lua_setfield(l, -2, "double");
            }
            case MAP_FIELD -> {
                natives.lua_createtable(l, 0, 1);
                pairs(l, all, value);
                natives.lua_setfield(l, -2, "map");
            }
            case SET_FIELD -> {
                natives.lua_createtable(l, 0, 1);
                elements(l, all, value);
                natives.lua_setfield(l, -2, "set");
            }
            default -> throw new IllegalStateException("kind " + kind);
        }
    }

    private void stringField(long l, int all, String name) {
        natives.lua_createtable(l, 0, 2);
        string(l, all);
        natives.lua_setfield(l, -2, name);
    }

    private void pairs(long l, int all, long pairs) {
        natives.lua_createtable(l, 0, 0);
        for (long i = 0; i < pairs; i++) {
            value(l, all);
            value(l, all);
            set(l);
        }
    }

    private void elements(long l, int all, long size) {
        natives.lua_createtable(l, 0, 0);
        for (long i = 0; i < size; i++) {
            value(l, all);
            natives.lua_pushboolean(l, 1);
            set(l);
        }
    }

    /** Sets the pair on top of the stack in the table below it. */
    private void set(long l) {
        int type = natives.lua_type(l, -2);
        if (type == LuaState.NIL) {
            throw LuaError.plain("table index is nil");
        }
        if (type == LuaState.NUMBER && Double.isNaN(natives.lua_tonumber(l, -2))) {
            throw LuaError.plain("table index is NaN");
        }
        natives.lua_rawset(l, -3);
    }
}
