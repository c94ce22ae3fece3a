package io.cairn.script;

import io.cairn.command.Reply;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import party.iroiro.luajava.lua51.Lua51Natives;

/** Turns what a script returned into a reply. Redis: luaReplyToRedisReply. */
final class LuaReplies {
    /** Deepest nesting; Redis stops where Lua's stack ends, at some 8,000. */
    static final int MAX_DEPTH = 1_000;

    private static final String[] FIELDS = {"err", "ok", "double", "big_number", "verbatim_string", "map", "set"};
    private static final int ERR = 0;
    private static final int OK = 1;
    private static final int DOUBLE = 2;
    private static final int BIG_NUMBER = 3;
    private static final int VERBATIM = 4;
    private static final int MAP = 5;
    private static final int SET = 6;

    private final LuaState state;
    private final Lua51Natives natives;
    /** Registry references of the field names. */
    private final int[] names = new int[FIELDS.length];

    LuaReplies(LuaState state) {
        this.state = state;
        this.natives = state.natives;
        for (int i = 0; i < FIELDS.length; i++) {
            natives.lua_pushstring(state.main, FIELDS[i]);
            names[i] = natives.luaL_ref(state.main, LuaState.REGISTRY);
        }
    }

    /**
     * Answers the value on top of the stack, which stays there.
     *
     * @param resp3 the version that the script asked for with setresp
     */
    void write(long l, Reply out, boolean resp3) {
        write(l, out, resp3, 0);
    }

    private void write(long l, Reply out, boolean resp3, int depth) {
        if (depth > MAX_DEPTH || natives.lua_checkstack(l, 6) == 0) {
            out.error("ERR reached lua stack limit");
            return;
        }
        switch (natives.lua_type(l, -1)) {
            case LuaState.STRING -> out.bulk(state.address(l, -1), state.length(l, -1));
            case LuaState.BOOLEAN -> {
                boolean value = natives.lua_toboolean(l, -1) != 0;
                if (resp3) {
                    out.bool(value);
                } else if (value) {
                    out.number(1);
                } else {
                    out.nil();
                }
            }
            case LuaState.NUMBER -> out.number(CNumbers.toLong(natives.lua_tonumber(l, -1)));
            case LuaState.TABLE -> table(l, out, resp3, depth);
            default -> out.nil();
        }
    }

    /** Pushes a field of the table on top and answers its type. */
    private int field(long l, int name) {
        natives.lua_rawgeti(l, LuaState.REGISTRY, names[name]);
        natives.lua_rawget(l, -2);
        return natives.lua_type(l, -1);
    }

    private void table(long l, Reply out, boolean resp3, int depth) {
        int top = natives.lua_gettop(l);
        if (field(l, ERR) == LuaState.STRING) {
            natives.lua_settop(l, top);
            error(l, errorLine(l), out);
        } else if (second(l, top, OK) == LuaState.STRING) {
            out.simple(cString(state.bytes(l, -1)));
        } else if (second(l, top, DOUBLE) == LuaState.NUMBER) {
            out.real(natives.lua_tonumber(l, -1));
        } else if (second(l, top, BIG_NUMBER) == LuaState.STRING) {
            out.bigNumber(oneLine(state.bytes(l, -1)));
        } else if (second(l, top, VERBATIM) == LuaState.TABLE && verbatim(l, out)) {
            // Answered.
        } else if (second(l, top, MAP) == LuaState.TABLE) {
            map(l, out, resp3, depth);
        } else if (second(l, top, SET) == LuaState.TABLE) {
            set(l, out, resp3, depth);
        } else {
            natives.lua_settop(l, top);
            array(l, out, resp3, depth);
        }
        natives.lua_settop(l, top);
    }

    private int second(long l, int top, int name) {
        natives.lua_settop(l, top);
        return field(l, name);
    }

    private static byte[] oneLine(byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\r' || bytes[i] == '\n') {
                bytes[i] = ' ';
            }
        }
        return bytes;
    }

    private static byte[] cString(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return end == bytes.length ? bytes : java.util.Arrays.copyOf(bytes, end);
    }

    /** Answers a line for the error table on top, which may say that it was counted when a command answered it. */
    void error(long l, byte[] line, Reply out) {
        natives.lua_pushstring(l, "ignore_error_stats_update");
        natives.lua_rawget(l, -2);
        boolean counted = natives.lua_type(l, -1) == LuaState.BOOLEAN && natives.lua_toboolean(l, -1) != 0;
        natives.lua_pop(l, 1);
        if (counted) {
            out.countedError(line);
        } else {
            out.error(line);
        }
    }

    /** The err of the error table on top, without metamethods. */
    byte[] errorLine(long l) {
        byte[] line = textField(l, "err");
        return line == null ? new byte[0] : line;
    }

    /** A field of text of the table on top, as C sees it: up to the first NUL. */
    byte @Nullable [] textField(long l, String name) {
        natives.lua_pushstring(l, name);
        natives.lua_rawget(l, -2);
        int type = natives.lua_type(l, -1);
        byte[] text = type == LuaState.STRING || type == LuaState.NUMBER ? cString(state.bytes(l, -1)) : null;
        natives.lua_pop(l, 1);
        return text;
    }

    private boolean verbatim(long l, Reply out) {
        natives.lua_pushstring(l, "format");
        natives.lua_rawget(l, -2);
        if (natives.lua_type(l, -1) != LuaState.STRING) {
            return false;
        }
        byte[] format = state.bytes(l, -1);
        natives.lua_pushstring(l, "string");
        natives.lua_rawget(l, -3);
        if (natives.lua_type(l, -1) != LuaState.STRING) {
            return false;
        }
        out.verbatim(new String(format, StandardCharsets.ISO_8859_1), state.bytes(l, -1));
        return true;
    }

    private int pairs(long l) {
        int size = 0;
        natives.lua_pushnil(l);
        while (natives.lua_next(l, -2) != 0) {
            natives.lua_pop(l, 1);
            size++;
        }
        return size;
    }

    private void map(long l, Reply out, boolean resp3, int depth) {
        out.map(pairs(l));
        natives.lua_pushnil(l);
        while (natives.lua_next(l, -2) != 0) {
            natives.lua_pushvalue(l, -2);
            write(l, out, resp3, depth + 1);
            natives.lua_pop(l, 1);
            write(l, out, resp3, depth + 1);
            natives.lua_pop(l, 1);
        }
    }

    private void set(long l, Reply out, boolean resp3, int depth) {
        out.set(pairs(l));
        natives.lua_pushnil(l);
        while (natives.lua_next(l, -2) != 0) {
            natives.lua_pop(l, 1);
            // lua_next must find its key again: what is answered is a copy of it.
            natives.lua_pushvalue(l, -1);
            write(l, out, resp3, depth + 1);
            natives.lua_pop(l, 1);
        }
    }

    private void array(long l, Reply out, boolean resp3, int depth) {
        int size = 0;
        while (true) {
            natives.lua_rawgeti(l, -1, size + 1);
            boolean end = natives.lua_type(l, -1) == LuaState.NIL;
            natives.lua_pop(l, 1);
            if (end) {
                break;
            }
            size++;
        }
        out.array(size);
        for (int i = 1; i <= size; i++) {
            natives.lua_rawgeti(l, -1, i);
            write(l, out, resp3, depth + 1);
            natives.lua_pop(l, 1);
        }
    }
}
