package io.cairn.script;

import java.util.ArrayList;
import java.util.List;
import party.iroiro.luajava.AbstractLua;
import party.iroiro.luajava.lua51.Lua51;
import party.iroiro.luajava.lua51.Lua51Natives;

/** One native Lua state. Of luajava only the native functions and calls back to Java are used. */
final class Machine extends Lua51 {
    private final List<AbstractLua> threads = new ArrayList<>();

    private Machine() {}

    /** Makes a state; the native library is loaded with the first. */
    static Machine open() {
        LuaLibrary.prepare();
        return new Machine();
    }

    Lua51Natives natives() {
        return (Lua51Natives) getLuaNatives();
    }

    /** luajava registers a coroutine for good when it first calls Java. */
    @Override
    protected AbstractLua newThread(long pointer, int id, AbstractLua main) {
        Coroutine thread = new Coroutine(pointer, id, main);
        threads.add(thread);
        return thread;
    }

    /** After a script: its coroutines may be collected. */
    void forgetThreads() {
        if (!threads.isEmpty()) {
            threads.forEach(AbstractLua::close);
            threads.clear();
        }
    }

    private static final class Coroutine extends Lua51 {
        Coroutine(long pointer, int id, AbstractLua main) {
            super(pointer, id, main);
        }
    }
}
