package io.cairn.script;

import io.cairn.keyspace.LibraryHead;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import party.iroiro.luajava.lua51.Lua51Natives;

/** The functions that a library registers while it is loaded. Redis: luaRegisterFunction. */
final class Registration {
    private static final int FUNCTION = 6;
    private static final String NAMES =
            "Library names can only contain letters, numbers, or underscores(_) and must be at"
                    + " least one character long";

    private final LuaState state;
    private final Lua51Natives natives;
    private final List<FunctionLibrary.Function> functions = new ArrayList<>();
    final long startNanos = System.nanoTime();

    Registration(LuaState state) {
        this.state = state;
        this.natives = state.natives;
    }

    List<FunctionLibrary.Function> functions() {
        return functions;
    }

    /** redis.register_function(name, callback) or redis.register_function{function_name=..., callback=..., ...}. */
    int register(long l) {
        int count = natives.lua_gettop(l);
        if (count < 1 || count > 2) {
            throw LuaError.table("wrong number of arguments to redis.register_function");
        }
        if (count == 1) {
            named(l);
        } else {
            positional(l);
        }
        return 0;
    }

    private void positional(long l) {
        if (!isText(l, 1)) {
            throw LuaError.table("first argument to redis.register_function must be a string");
        }
        if (natives.lua_type(l, 2) != FUNCTION) {
            throw LuaError.table("second argument to redis.register_function must be a function");
        }
        String name = state.text(l, 1);
        natives.lua_pushvalue(l, 2);
        add(name, null, 0, natives.luaL_ref(l, LuaStack.REGISTRY));
    }

    private boolean isText(long l, int index) {
        int type = natives.lua_type(l, index);
        return type == LuaStack.STRING || type == LuaStack.NUMBER;
    }

    private void named(long l) {
        if (natives.lua_type(l, 1) != LuaStack.TABLE) {
            throw LuaError.table(
                    "calling redis.register_function with a single argument is only applicable to Lua table"
                            + " (representing named arguments).");
        }
        String name = null;
        String description = null;
        int reference = 0;
        int flags = 0;
        natives.lua_checkstack(l, 6);
        natives.lua_pushnil(l);
        while (natives.lua_next(l, 1) != 0) {
            if (natives.lua_type(l, -2) != LuaStack.STRING) {
                throw LuaError.table("named argument key given to redis.register_function is not a string");
            }
            switch (state.text(l, -2).toLowerCase(Locale.ROOT)) {
                case "function_name" -> name = text(l, "function_name");
                case "description" -> description = text(l, "description");
                case "callback" -> {
                    if (natives.lua_type(l, -1) != FUNCTION) {
                        throw LuaError.table("callback argument given to redis.register_function must be a function");
                    }
                    natives.lua_pushvalue(l, -1);
                    reference = natives.luaL_ref(l, LuaStack.REGISTRY);
                }
                case "flags" -> flags = flags(l);
                default -> throw LuaError.table("unknown argument given to redis.register_function");
            }
            natives.lua_pop(l, 1);
        }
        if (name == null) {
            throw LuaError.table("redis.register_function must get a function name argument");
        }
        if (reference == 0) {
            throw LuaError.table("redis.register_function must get a callback argument");
        }
        add(name, description, flags, reference);
    }

    private String text(long l, String argument) {
        if (!isText(l, -1)) {
            throw LuaError.table(argument + " argument given to redis.register_function must be a string");
        }
        return state.text(l, -1);
    }

    /** Of the table on top. */
    private int flags(long l) {
        if (natives.lua_type(l, -1) != LuaStack.TABLE) {
            throw LuaError.table(
                    "flags argument to redis.register_function must be a table representing function flags");
        }
        int flags = 0;
        for (int i = 1; ; i++) {
            natives.lua_rawgeti(l, -1, i);
            if (natives.lua_type(l, -1) == LuaStack.NIL) {
                natives.lua_pop(l, 1);
                return flags;
            }
            Integer flag = isText(l, -1) ? Shebang.flag(state.text(l, -1).toLowerCase(Locale.ROOT)) : null;
            if (flag == null) {
                throw LuaError.table("unknown flag given");
            }
            flags |= flag;
            natives.lua_pop(l, 1);
        }
    }

    private void add(String name, @Nullable String description, int flags, int reference) {
        String wrong = null;
        if (!LibraryHead.isName(name)) {
            wrong = NAMES;
        } else if (functions.stream().anyMatch(there -> there.name().equalsIgnoreCase(name))) {
            wrong = "Function already exists in the library";
        }
        if (wrong != null) {
            state.release(reference);
            throw LuaError.table(wrong);
        }
        functions.add(new FunctionLibrary.Function(name, description, flags, reference));
    }
}
