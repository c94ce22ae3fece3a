package io.cairn.script;

import io.cairn.keyspace.Memory;
import java.nio.charset.StandardCharsets;
import party.iroiro.luajava.lua51.Lua51Natives;

/**
 * Functions of Lua's base library that must know of the tables that scripts may not change, or that the interpreter's own
 * are not safe in. They say about wrong arguments what Lua's own say.
 */
final class BaseFunctions {
    /** Longest chunk that loadstring takes, bytes: the parser counts characters and lines in an int. */
    private static final int MAX_CHUNK = 256 << 20;
    /** More results than Lua's stack has room for. */
    private static final long MAX_RESULTS = 8_000;

    private static final byte BINARY = 27;

    private final LuaState state;
    private final Lua51Natives natives;
    private final Own own;
    /** Registry reference of "__metatable". */
    private final int metatableName;

    BaseFunctions(LuaState state) {
        this.state = state;
        this.natives = state.natives;
        this.own = new Own(state);
        natives.lua_pushstring(state.main, "__metatable");
        this.metatableName = natives.luaL_ref(state.main, LuaState.REGISTRY);
    }

    void fill(LuaState.Table to) {
        int next = own.global("next");
        int loadstring = own.global("loadstring");
        to.function("next", l -> next(l, next));
        to.function("pairs", l -> pairs(l, next));
        to.function("rawget", this::rawGet);
        to.function("rawset", this::rawSet);
        to.function("setmetatable", this::setMetatable);
        to.function("getmetatable", this::getMetatable);
        to.function("unpack", this::unpack);
        to.function("loadstring", l -> loadString(l, loadstring));
        to.function("load", l -> load(l, loadstring));
    }

    void fillCoroutine(LuaState.Table to) {
        to.function("create", l -> coroutine(l, state.armedCreate()));
        to.function("wrap", l -> coroutine(l, state.armedWrap()));
    }

    // ---- tables

    private void checkTable(long l, int index) {
        if (natives.lua_type(l, index) != LuaState.TABLE) {
            throw state.typeError(l, index, "table");
        }
    }

    private void checkAny(long l, int index) {
        if (natives.lua_gettop(l) < index) {
            throw state.argumentError(l, index, "value expected");
        }
    }

    /** Puts the table behind a read-only one in its place. */
    private void reveal(long l, int index) {
        int behind = state.behind(natives.lua_topointer(l, index));
        if (behind != 0) {
            natives.lua_rawgeti(l, LuaState.REGISTRY, behind);
            natives.lua_replace(l, index);
        }
    }

    private int next(long l, int next) {
        checkTable(l, 1);
        natives.lua_settop(l, 2);
        reveal(l, 1);
        if (natives.lua_type(l, 2) != LuaState.NIL) {
            return own.call(l, next, false); // A key that is not there is an error.
        }
        if (natives.lua_next(l, 1) != 0) {
            return 2;
        }
        natives.lua_pushnil(l);
        return 1;
    }

    private int pairs(long l, int next) {
        checkTable(l, 1);
        natives.lua_settop(l, 1);
        if (state.behind(natives.lua_topointer(l, 1)) == 0) {
            natives.lua_rawgeti(l, LuaState.REGISTRY, next);
        } else {
            state.pushNext(l);
        }
        natives.lua_pushvalue(l, 1);
        natives.lua_pushnil(l);
        return 3;
    }

    private int rawGet(long l) {
        checkTable(l, 1);
        checkAny(l, 2);
        natives.lua_settop(l, 2);
        reveal(l, 1);
        natives.lua_rawget(l, 1);
        return 1;
    }

    private int rawSet(long l) {
        checkTable(l, 1);
        checkAny(l, 2);
        checkAny(l, 3);
        natives.lua_settop(l, 3);
        if (state.behind(natives.lua_topointer(l, 1)) != 0) {
            throw LuaError.plain(LuaState.READ_ONLY);
        }
        int type = natives.lua_type(l, 2);
        if (type == LuaState.NIL) {
            throw LuaError.plain("table index is nil");
        }
        if (type == LuaState.NUMBER && Double.isNaN(natives.lua_tonumber(l, 2))) {
            throw LuaError.plain("table index is NaN");
        }
        natives.lua_rawset(l, 1);
        return 1;
    }

    /** Pushes the field __metatable of the metatable on top; false, with nothing pushed, when there is none. */
    private boolean protection(long l) {
        natives.lua_rawgeti(l, LuaState.REGISTRY, metatableName);
        natives.lua_rawget(l, -2);
        if (natives.lua_type(l, -1) != LuaState.NIL) {
            return true;
        }
        natives.lua_pop(l, 1);
        return false;
    }

    private int setMetatable(long l) {
        checkTable(l, 1);
        int type = natives.lua_gettop(l) < 2 ? -1 : natives.lua_type(l, 2);
        if (type != LuaState.NIL && type != LuaState.TABLE) {
            throw state.argumentError(l, 2, "nil or table expected");
        }
        if (state.behind(natives.lua_topointer(l, 1)) != 0) {
            throw LuaError.plain(LuaState.READ_ONLY);
        }
        natives.lua_settop(l, 2);
        if (natives.lua_getmetatable(l, 1) != 0 && protection(l)) {
            throw LuaError.message("cannot change a protected metatable");
        }
        natives.lua_settop(l, 2);
        natives.lua_setmetatable(l, 1);
        return 1;
    }

    private int getMetatable(long l) {
        checkAny(l, 1);
        natives.lua_settop(l, 1);
        if (natives.lua_type(l, 1) == LuaState.TABLE && state.behind(natives.lua_topointer(l, 1)) != 0) {
            state.pushMetatable(l, natives.lua_topointer(l, 1));
        } else if (natives.lua_getmetatable(l, 1) == 0) {
            natives.lua_pushnil(l);
        } else {
            protection(l);
        }
        return 1;
    }

    private int unpack(long l) {
        checkTable(l, 1);
        int count = natives.lua_gettop(l);
        int first = count < 2 || natives.lua_type(l, 2) == LuaState.NIL ? 1 : state.checkInt(l, 2);
        int last = count < 3 || natives.lua_type(l, 3) == LuaState.NIL
                ? (int) natives.lua_objlen(l, 1)
                : state.checkInt(l, 3);
        if (first > last) {
            return 0;
        }
        long results = (long) last - first + 1;
        if (results >= MAX_RESULTS || natives.lua_checkstack(l, (int) results) == 0) {
            throw LuaError.message("too many results to unpack");
        }
        for (long i = first; i <= last; i++) {
            natives.lua_rawgeti(l, 1, (int) i);
        }
        return (int) results;
    }

    // ---- chunks

    private int loadString(long l, int loadstring) {
        state.checkString(l, 1);
        int count = natives.lua_gettop(l);
        if (count >= 2 && natives.lua_type(l, 2) != LuaState.NIL) {
            state.checkString(l, 2);
        }
        natives.lua_settop(l, 2);
        return compile(l, loadstring);
    }

    /** Compiles the text at 1, named by what is at 2 or by itself. */
    private int compile(long l, int loadstring) {
        int length = natives.lua_type(l, 1) == LuaState.STRING ? state.length(l, 1) : 0;
        if (length > MAX_CHUNK) {
            natives.lua_pushnil(l);
            state.pushAscii(l, "chunk is too long");
            return 2;
        }
        if (natives.lua_type(l, 2) == LuaState.NIL) {
            natives.lua_pushvalue(l, 1);
            natives.lua_replace(l, 2);
        }
        // A precompiled chunk made by hand breaks out of the interpreter: with a blank in front it is text, and wrong.
        if (length > 0 && Memory.getByte(state.address(l, 1)) == BINARY) {
            state.pushAscii(l, " ");
            natives.lua_pushvalue(l, 1);
            natives.lua_concat(l, 2);
            natives.lua_replace(l, 1);
        }
        natives.lua_settop(l, 2);
        state.stopCollecting(l);
        int results;
        try {
            results = own.call(l, loadstring, true);
        } finally {
            state.goOnCollecting(l);
        }
        if (results == 1) {
            state.pushGlobals(l);
            natives.lua_setfenv(l, -2);
        }
        return results;
    }

    private int load(long l, int loadstring) {
        if (natives.lua_isfunction(l, 1) == 0) {
            throw state.typeError(l, 1, "function");
        }
        String name = "=(load)";
        if (natives.lua_gettop(l) >= 2 && natives.lua_type(l, 2) != LuaState.NIL) {
            state.checkString(l, 2);
            name = state.text(l, 2);
        }
        natives.lua_settop(l, 1);
        natives.lua_checkstack(l, 8);
        Bytes text = new Bytes();
        while (true) {
            state.pushHandler(l);
            natives.lua_pushvalue(l, 1);
            if (natives.lua_pcall(l, 0, 1, 2) != 0) {
                natives.lua_pushnil(l);
                natives.lua_insert(l, -2);
                return 2;
            }
            if (natives.lua_type(l, -1) == LuaState.NIL) {
                break;
            }
            if (natives.lua_isstring(l, -1) == 0) {
                natives.lua_pushnil(l);
                natives.luaL_where(l, 1);
                String where = state.text(l, -1);
                natives.lua_pop(l, 1);
                state.pushErrorTable(l, where + "reader function must return a string");
                return 2;
            }
            byte[] piece = state.bytes(l, -1);
            if (piece.length == 0) {
                break;
            }
            text.put(piece);
            natives.lua_settop(l, 1);
            if (text.length() > MAX_CHUNK) {
                break;
            }
        }
        natives.lua_settop(l, 0);
        text.push(state, l);
        state.push(l, name.getBytes(StandardCharsets.ISO_8859_1));
        return compile(l, loadstring);
    }

    // ---- coroutines

    private int coroutine(long l, int make) {
        if (natives.lua_isfunction(l, 1) == 0 || natives.lua_iscfunction(l, 1) != 0) {
            throw state.argumentError(l, 1, "Lua function expected");
        }
        natives.lua_settop(l, 1);
        return own.call(l, make, true);
    }
}
