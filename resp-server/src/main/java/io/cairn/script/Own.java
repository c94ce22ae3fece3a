package io.cairn.script;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import party.iroiro.luajava.lua51.Lua51Natives;

/** Calls functions of the interpreter's own out of ours, so that their errors look as if the script had called them. */
final class Own {
    private static final int MULTIPLE_RESULTS = -1;
    private static final Pattern BAD_ARGUMENT =
            Pattern.compile("bad argument #(\\d+) to '\\?' \\((.*)\\)", Pattern.DOTALL);

    private final LuaState state;
    private final Lua51Natives natives;

    Own(LuaState state) {
        this.state = state;
        this.natives = state.natives;
    }

    /** A reference to a global of the interpreter. */
    int global(String name) {
        natives.lua_getglobal(state.main, name);
        return natives.luaL_ref(state.main, LuaState.REGISTRY);
    }

    /** A reference to a function of one of its libraries. */
    int field(String library, String name) {
        natives.lua_getglobal(state.main, library);
        natives.lua_getfield(state.main, -1, name);
        int field = natives.luaL_ref(state.main, LuaState.REGISTRY);
        natives.lua_pop(state.main, 1);
        return field;
    }

    /**
     * Calls with all that is on the stack; the results are all that is on it then.
     *
     * @param positioned whether its errors begin with the caller's position
     */
    int call(long l, int function, boolean positioned) {
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
        if (!positioned || text.startsWith("user_script:")) {
            throw LuaError.top(); // The latter is from a function that the script gave.
        }
        Matcher matcher = BAD_ARGUMENT.matcher(text);
        throw matcher.matches()
                ? state.argumentError(l, Integer.parseInt(matcher.group(1)), matcher.group(2))
                : LuaError.message(text);
    }
}
