package io.cairn.script;

import io.cairn.keyspace.Memory;
import party.iroiro.luajava.lua51.Lua51Natives;

/** cjson.encode. lua_cjson: json_append_data. */
final class JsonEncoder {
    private static final byte[] HEX = "0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    private static final int DELETE = 0x7f;

    private final LuaState state;
    private final Lua51Natives natives;
    private final JsonFunctions.Settings settings;
    private final Bytes out = new Bytes();

    JsonEncoder(LuaState state, JsonFunctions.Settings settings) {
        this.state = state;
        this.natives = state.natives;
        this.settings = settings;
    }

    int run(long l) {
        if (natives.lua_gettop(l) != 1) {
            throw state.argumentError(l, 1, "expected 1 argument");
        }
        out.clear();
        value(l, 0);
        out.push(state, l);
        return 1;
    }

    private void value(long l, int depth) {
        switch (natives.lua_type(l, -1)) {
            case LuaState.STRING -> string(l, -1);
            case LuaState.NUMBER -> number(l, -1);
            case LuaState.BOOLEAN -> out.put(natives.lua_toboolean(l, -1) != 0 ? "true" : "false");
            case LuaState.TABLE -> table(l, depth + 1);
            case LuaState.NIL -> out.put("null");
            case LuaState.LIGHT_USERDATA -> {
                if (natives.lua_touserdata(l, -1) != 0) {
                    throw refused(l, -1, "type not supported");
                }
                out.put("null");
            }
            default -> throw refused(l, -1, "type not supported");
        }
    }

    private LuaError refused(long l, int index, String reason) {
        return LuaError.message("Cannot serialise " + natives.luaL_typename(l, index) + ": " + reason);
    }

    private void string(long l, int index) {
        int length = state.length(l, index);
        long address = state.address(l, index);
        out.put('"');
        for (int i = 0; i < length; i++) {
            int c = Memory.getByte(address + i) & 0xff;
            switch (c) {
                case '"' -> out.put("\\\"");
                case '\\' -> out.put("\\\\");
                case '/' -> out.put("\\/");
                case '\b' -> out.put("\\b");
                case '\t' -> out.put("\\t");
                case '\n' -> out.put("\\n");
                case '\f' -> out.put("\\f");
                case '\r' -> out.put("\\r");
                default -> {
                    if (c < ' ' || c == DELETE) {
                        out.put("\\u00").put(HEX[c >> 4]).put(HEX[c & 0xf]);
                    } else {
                        out.put(c);
                    }
                }
            }
        }
        out.put('"');
    }

    private void number(long l, int index) {
        double value = natives.lua_tonumber(l, index);
        boolean invalid = Double.isNaN(value) || Double.isInfinite(value);
        if (invalid && settings.encodeInvalid == 0) {
            throw refused(l, index, "must not be NaN or Inf");
        }
        if (invalid && settings.encodeInvalid == 2) {
            out.put("null");
        } else if (Double.isNaN(value)) {
            out.put("nan");
        } else {
            out.put(CFormat.g(value, settings.precision));
        }
    }

    private void table(long l, int depth) {
        if (depth > settings.encodeDepth || natives.lua_checkstack(l, 6) == 0) {
            throw LuaError.message("Cannot serialise, excessive nesting (" + depth + ")");
        }
        int size = arraySize(l);
        if (size > 0) {
            array(l, depth, size);
        } else {
            object(l, depth);
        }
    }

    /** Elements of the table on top, or -1 when it is no array. */
    private int arraySize(long l) {
        int max = 0;
        int items = 0;
        natives.lua_pushnil(l);
        while (natives.lua_next(l, -2) != 0) {
            natives.lua_pop(l, 1);
            double key = natives.lua_type(l, -1) == LuaState.NUMBER ? natives.lua_tonumber(l, -1) : 0;
            if (!(key >= 1) || Math.floor(key) != key) {
                natives.lua_pop(l, 1);
                return -1;
            }
            if (key > max) {
                // An int in C: what does not fit becomes the smallest one.
                max = key > Integer.MAX_VALUE ? Integer.MIN_VALUE : (int) key;
            }
            items++;
        }
        if (settings.sparseRatio > 0 && max > items * settings.sparseRatio && max > settings.sparseSafe) {
            if (!settings.sparseConvert) {
                throw refused(l, -1, "excessively sparse array");
            }
            return -1;
        }
        return max;
    }

    private void array(long l, int depth, int size) {
        out.put('[');
        for (int i = 1; i <= size; i++) {
            if (i > 1) {
                out.put(',');
            }
            natives.lua_rawgeti(l, -1, i);
            value(l, depth);
            natives.lua_pop(l, 1);
        }
        out.put(']');
    }

    private void object(long l, int depth) {
        out.put('{');
        boolean first = true;
        natives.lua_pushnil(l);
        while (natives.lua_next(l, -2) != 0) {
            if (!first) {
                out.put(',');
            }
            first = false;
            int type = natives.lua_type(l, -2);
            if (type == LuaState.NUMBER) {
                out.put('"');
                number(l, -2);
                out.put("\":");
            } else if (type == LuaState.STRING) {
                string(l, -2);
                out.put(':');
            } else {
                throw refused(l, -2, "table key must be a number or string");
            }
            value(l, depth);
            natives.lua_pop(l, 1);
        }
        out.put('}');
    }
}
