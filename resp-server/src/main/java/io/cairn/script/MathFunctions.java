package io.cairn.script;

import party.iroiro.luajava.lua51.Lua51Natives;

/** math.random and math.randomseed over {@link Lrand48}. Redis: redis_math_random. */
final class MathFunctions {
    private static final double MAX = Integer.MAX_VALUE;

    private final LuaState state;
    private final Lua51Natives natives;
    private final LuaEngine engine;
    private final Lrand48 chance;

    MathFunctions(LuaState state, LuaEngine engine, Lrand48 chance) {
        this.state = state;
        this.natives = state.natives;
        this.engine = engine;
        this.chance = chance;
    }

    void fill(LuaState.Table to) {
        to.function("random", this::random);
        to.function("randomseed", this::seed);
    }

    private void within(String function) {
        if (engine.running() == null) {
            throw LuaError.message(function + " can only be called inside a script invocation");
        }
    }

    private int random(long l) {
        within("math.random");
        double r = chance.next() % Integer.MAX_VALUE / MAX;
        int count = natives.lua_gettop(l);
        if (count > 2) {
            throw LuaError.message("wrong number of arguments");
        }
        if (count == 0) {
            natives.lua_pushnumber(l, r);
            return 1;
        }
        int low = count == 1 ? 1 : state.checkInt(l, 1);
        int high = state.checkInt(l, count);
        if (low > high) {
            throw state.argumentError(l, count, "interval is empty");
        }
        // The number of values is an int in C, and overflows like one.
        double number = count == 1 ? Math.floor(r * high) + 1 : Math.floor(r * (high - low + 1)) + low;
        natives.lua_pushnumber(l, number);
        return 1;
    }

    private int seed(long l) {
        within("math.randomseed");
        chance.seed(state.checkInt(l, 1));
        return 0;
    }
}
