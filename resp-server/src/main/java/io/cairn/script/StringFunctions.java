package io.cairn.script;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import party.iroiro.luajava.lua51.Lua51Natives;

/**
 * Lua's own functions on patterns and string.rep, with bounds: the matcher calls itself once for each item of a pattern and
 * would break through the end of the native stack.
 */
final class StringFunctions {
    /** Longest pattern, bytes. */
    static final int MAX_PATTERN = 10_000;

    private static final int MULTIPLE_RESULTS = -1;
    private static final Pattern BAD_ARGUMENT =
            Pattern.compile("bad argument #(\\d+) to '\\?' \\((.*)\\)", Pattern.DOTALL);

    private final LuaState state;
    private final Lua51Natives natives;
    private final LuaEngine engine;

    StringFunctions(LuaState state, LuaEngine engine) {
        this.state = state;
        this.natives = state.natives;
        this.engine = engine;
    }

    void fill(LuaState.Table to) {
        for (String name : new String[] {"find", "match", "gmatch", "gsub"}) {
            int own = own(name);
            to.function(name, l -> {
                if (natives.lua_type(l, 2) == LuaState.STRING && state.length(l, 2) > MAX_PATTERN) {
                    throw LuaError.message("pattern too long");
                }
                return pass(l, own);
            });
        }
        int rep = own("rep");
        to.function("rep", l -> {
            if (natives.lua_type(l, 1) == LuaState.STRING && natives.lua_isnumber(l, 2) != 0) {
                double bytes = state.length(l, 1) * natives.lua_tonumber(l, 2);
                if (bytes > engine.memoryLimit()) {
                    throw LuaError.message("resulting string too large");
                }
            }
            return pass(l, rep);
        });
    }

    /** A reference to Lua's own function of the name. */
    private int own(String name) {
        natives.lua_getglobal(state.main, "string");
        natives.lua_getfield(state.main, -1, name);
        int own = natives.luaL_ref(state.main, LuaState.REGISTRY);
        natives.lua_pop(state.main, 1);
        return own;
    }

    private int pass(long l, int function) {
        int count = natives.lua_gettop(l);
        natives.lua_checkstack(l, 2);
        natives.lua_rawgeti(l, LuaState.REGISTRY, function);
        natives.lua_insert(l, 1);
        if (natives.lua_pcall(l, count, MULTIPLE_RESULTS, 0) == 0) {
            // luajava needs a slot of its own after this.
            natives.lua_checkstack(l, 2);
            return natives.lua_gettop(l);
        }
        if (natives.lua_type(l, -1) != LuaState.STRING) {
            throw LuaError.top();
        }
        String text = state.text(l, -1);
        if (text.startsWith("user_script:")) {
            throw LuaError.top(); // From a function that the script gave.
        }
        Matcher matcher = BAD_ARGUMENT.matcher(text);
        throw matcher.matches()
                ? state.argumentError(l, Integer.parseInt(matcher.group(1)), matcher.group(2))
                : LuaError.message(text);
    }
}
