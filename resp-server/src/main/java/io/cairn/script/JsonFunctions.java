package io.cairn.script;

import party.iroiro.luajava.lua51.Lua51Natives;

/** The table {@code cjson}: lua_cjson's results, settings and errors. */
final class JsonFunctions {
    /** What scripts may set; lasts until SCRIPT FLUSH, as in Redis. */
    static final class Settings {
        boolean sparseConvert;
        int sparseRatio = 2;
        int sparseSafe = 10;
        int encodeDepth = 1000;
        int decodeDepth = 1000;
        /** 0 refuse, 1 as C prints them, 2 null. */
        int encodeInvalid;

        boolean decodeInvalid = true;
        int precision = 14;
        boolean keepBuffer = true;
    }

    private static final String[] OFF_ON = {"off", "on"};
    private static final String[] OFF_ON_NULL = {"off", "on", "null"};

    private final LuaState state;
    private final Lua51Natives natives;

    JsonFunctions(LuaState state) {
        this.state = state;
        this.natives = state.natives;
    }

    void fill(LuaState.Table to) {
        Settings settings = new Settings();
        JsonEncoder encoder = new JsonEncoder(state, settings);
        to.function("encode", encoder::run);
        to.function("decode", l -> new JsonDecoder(state, l, settings).run());
        to.function("encode_sparse_array", l -> {
            arguments(l, 3);
            settings.sparseConvert = choice(l, 1, settings.sparseConvert ? 1 : 0, OFF_ON) == 1;
            settings.sparseRatio = integer(l, 2, settings.sparseRatio, 0, Integer.MAX_VALUE);
            settings.sparseSafe = integer(l, 3, settings.sparseSafe, 0, Integer.MAX_VALUE);
            return 3;
        });
        to.function("encode_max_depth", l -> {
            arguments(l, 1);
            settings.encodeDepth = integer(l, 1, settings.encodeDepth, 1, Integer.MAX_VALUE);
            return 1;
        });
        to.function("decode_max_depth", l -> {
            arguments(l, 1);
            settings.decodeDepth = integer(l, 1, settings.decodeDepth, 1, Integer.MAX_VALUE);
            return 1;
        });
        to.function("encode_number_precision", l -> {
            arguments(l, 1);
            settings.precision = integer(l, 1, settings.precision, 1, 14);
            return 1;
        });
        to.function("encode_keep_buffer", l -> {
            arguments(l, 1);
            settings.keepBuffer = choice(l, 1, settings.keepBuffer ? 1 : 0, OFF_ON) == 1;
            return 1;
        });
        to.function("encode_invalid_numbers", l -> {
            arguments(l, 1);
            settings.encodeInvalid = choice(l, 1, settings.encodeInvalid, OFF_ON_NULL);
            return 1;
        });
        to.function("decode_invalid_numbers", l -> {
            arguments(l, 1);
            settings.decodeInvalid = choice(l, 1, settings.decodeInvalid ? 1 : 0, OFF_ON) == 1;
            return 1;
        });
        to.function("new", this::another);
        to.nullPointer("null");
        to.text("_NAME", "cjson");
        to.text("_VERSION", "2.1.0");
    }

    /** A table with settings of its own. */
    private int another(long l) {
        natives.lua_checkstack(l, 6);
        natives.lua_createtable(l, 0, 16);
        if (l == state.main) {
            fill(state.new Table());
            return 1;
        }
        // Tables are filled on the main thread's stack.
        natives.lua_pop(l, 1);
        natives.lua_checkstack(state.main, 6);
        natives.lua_createtable(state.main, 0, 16);
        fill(state.new Table());
        natives.lua_xmove(state.main, l, 1);
        return 1;
    }

    /** At most so many arguments; missing ones become nil. */
    private void arguments(long l, int most) {
        if (natives.lua_gettop(l) > most) {
            throw state.argumentError(l, most + 1, "found too many arguments");
        }
        natives.lua_settop(l, most);
    }

    private int integer(long l, int index, int setting, int min, int max) {
        int value = setting;
        if (natives.lua_type(l, index) != LuaState.NIL) {
            value = (int) CNumbers.toLong(state.checkNumber(l, index));
            if (value < min || value > max) {
                throw state.argumentError(l, 1, "expected integer between " + min + " and " + max);
            }
        }
        natives.lua_pushnumber(l, value);
        return value;
    }

    private int choice(long l, int index, int setting, String[] options) {
        int value = setting;
        int type = natives.lua_type(l, index);
        if (type == LuaState.BOOLEAN) {
            value = natives.lua_toboolean(l, index);
        } else if (type != LuaState.NIL) {
            state.checkString(l, index);
            String text = state.text(l, index);
            value = java.util.Arrays.asList(options).indexOf(text);
            if (value < 0) {
                throw state.argumentError(l, index, "invalid option '" + text + "'");
            }
        }
        if (value <= 1) {
            natives.lua_pushboolean(l, value);
        } else {
            natives.lua_pushstring(l, options[value]);
        }
        return value;
    }
}
