package io.cairn.script;

import party.iroiro.luajava.lua51.Lua51Natives;

/**
 * Lua's own functions on patterns and string.rep, with bounds: the matcher calls itself once for each item of a pattern and
 * would break through the end of the native stack.
 */
final class StringFunctions {
    /** Longest pattern, bytes. */
    static final int MAX_PATTERN = 10_000;

    private final LuaState state;
    private final Lua51Natives natives;
    private final LuaEngine engine;
    private final Own own;

    StringFunctions(LuaState state, LuaEngine engine) {
        this.state = state;
        this.natives = state.natives;
        this.engine = engine;
        this.own = new Own(state);
    }

    void fill(LuaState.Table to) {
        for (String name : new String[] {"find", "match", "gmatch", "gsub"}) {
            int function = own.field("string", name);
            to.function(name, l -> {
                if (natives.lua_type(l, 2) == LuaState.STRING && state.length(l, 2) > MAX_PATTERN) {
                    throw LuaError.message("pattern too long");
                }
                return own.call(l, function, true);
            });
        }
        int rep = own.field("string", "rep");
        to.function("rep", l -> {
            if (natives.lua_type(l, 1) == LuaState.STRING && natives.lua_isnumber(l, 2) != 0) {
                double bytes = state.length(l, 1) * natives.lua_tonumber(l, 2);
                if (bytes > engine.memoryLimit()) {
                    throw LuaError.message("resulting string too large");
                }
            }
            return own.call(l, rep, true);
        });
    }
}
