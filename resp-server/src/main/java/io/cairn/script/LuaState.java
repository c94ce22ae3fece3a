package io.cairn.script;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/**
 * A Lua interpreter with Redis's globals. One thread uses it.
 *
 * <p>Only such functions of the native interface are called without protection that raise no error but for want of
 * memory, which ends the process: an error would jump over Java's frames.
 */
final class LuaState extends LuaStack implements AutoCloseable {
    static final String READ_ONLY = "Attempt to modify a readonly table";
    /** Instructions between two looks at time and memory. */
    static final int TICKS = 10_000;

    private static final int GC_STOP = 0;
    private static final int GC_COUNT = 3;
    private static final int GC_COLLECT = 2;
    private static final int GC_RESTART = 1;
    private static final int GC_STEP = 5;
    /** Redis: LUA_GC_CYCLE_PERIOD. */
    private static final int GC_PERIOD = 50;

    /** The main thread. */
    final long main;

    private final Machine machine;
    /** Registry references. */
    private final int globals;

    private final int hidden;
    private final int visible;
    private final int handler;
    private final int arm;
    private final int callee;
    private final int scrub;
    private final int armedCreate;
    private final int armedWrap;
    private final int showRegister;
    private final int hideRegister;
    /** Read-only tables that scripts hold: their addresses, and references to the tables behind. */
    private long[] held = new long[32];

    private int[] behind = new int[32];
    private int protectedTables;
    private int runs;

    /**
     * What Java brings to a state: fills tables of functions.
     *
     * @see LuaLibraries
     */
    @FunctionalInterface
    interface Libraries {
        /** Functions and values of the sandbox's argument: name to function or table of functions. */
        void fill(LuaState state, Table to);
    }

    /** A table that is being filled, on top of the main thread's stack. */
    final class Table {
        void function(String name, NativeFunction.Body body) {
            natives.luaJ_pushfunction(main, new NativeFunction(LuaState.this, body));
            natives.lua_setfield(main, -2, name);
        }

        void number(String name, double value) {
            natives.lua_pushnumber(main, value);
            natives.lua_setfield(main, -2, name);
        }

        void text(String name, String value) {
            natives.lua_pushstring(main, value);
            natives.lua_setfield(main, -2, name);
        }

        void nullPointer(String name) {
            natives.lua_pushlightuserdata(main, 0);
            natives.lua_setfield(main, -2, name);
        }

        void table(String name, java.util.function.Consumer<Table> fill) {
            natives.lua_createtable(main, 0, 16);
            fill.accept(this);
            natives.lua_setfield(main, -2, name);
        }
    }

    LuaState(Libraries libraries) {
        this(Machine.open(), libraries);
    }

    private LuaState(Machine machine, Libraries libraries) {
        super(machine.natives());
        this.machine = machine;
        main = machine.getPointer();
        for (String library : new String[] {"table", "string", "math", "debug", "os"}) {
            natives.luaJ_openlib(main, library);
        }
        natives.lua_settop(main, 0);
        load(main, resource("sandbox.lua"), "=cairn");
        natives.lua_createtable(main, 0, 16);
        libraries.fill(this, new Table());
        if (natives.lua_pcall(main, 1, 11, 0) != 0) {
            throw new IllegalStateException("the sandbox failed: " + natives.lua_tostring(main, -1));
        }
        hideRegister = natives.luaL_ref(main, REGISTRY);
        showRegister = natives.luaL_ref(main, REGISTRY);
        armedWrap = natives.luaL_ref(main, REGISTRY);
        armedCreate = natives.luaL_ref(main, REGISTRY);
        scrub = natives.luaL_ref(main, REGISTRY);
        callee = natives.luaL_ref(main, REGISTRY);
        arm = natives.luaL_ref(main, REGISTRY);
        handler = natives.luaL_ref(main, REGISTRY);
        visible = natives.luaL_ref(main, REGISTRY);
        hidden = natives.luaL_ref(main, REGISTRY);
        globals = natives.luaL_ref(main, REGISTRY);
        natives.lua_settop(main, 0);
        call(arm);
    }

    /** Notes a read-only table (1) and the one behind it (2). */
    int protect(long l) {
        if (protectedTables == held.length) {
            held = java.util.Arrays.copyOf(held, protectedTables * 2);
            behind = java.util.Arrays.copyOf(behind, protectedTables * 2);
        }
        held[protectedTables] = natives.lua_topointer(l, 1);
        natives.lua_settop(l, 2);
        behind[protectedTables++] = natives.luaL_ref(l, REGISTRY);
        return 0;
    }

    /** A reference to the table behind a read-only one, 0 when it is none. */
    int behind(long table) {
        for (int i = 0; i < protectedTables; i++) {
            if (held[i] == table) {
                return behind[i];
            }
        }
        return 0;
    }

    /** Pushes what getmetatable answers for a read-only table. */
    void pushMetatable(long l, long table) {
        pushGlobals(l);
        boolean isGlobals = natives.lua_topointer(l, -1) == table;
        natives.lua_pop(l, 1);
        if (isGlobals) {
            natives.lua_rawgeti(l, REGISTRY, visible);
        } else {
            natives.lua_pushnil(l);
        }
    }

    /** Pushes the globals that scripts hold. */
    void pushGlobals(long l) {
        natives.lua_rawgeti(l, REGISTRY, globals);
    }

    /** Pushes the function next of scripts. */
    void pushNext(long l) {
        natives.lua_rawgeti(l, REGISTRY, hidden);
        natives.lua_pushstring(l, "next");
        natives.lua_rawget(l, -2);
        natives.lua_remove(l, -2);
    }

    void pushHandler(long l) {
        natives.lua_rawgeti(l, REGISTRY, handler);
    }

    @Override
    void pushCallee(long l) {
        natives.lua_rawgeti(l, REGISTRY, callee);
    }

    int armedCreate() {
        return armedCreate;
    }

    int armedWrap() {
        return armedWrap;
    }

    void stopCollecting(long l) {
        natives.lua_gc(l, GC_STOP, 0);
    }

    void goOnCollecting(long l) {
        natives.lua_gc(l, GC_RESTART, 0);
    }

    private static byte[] resource(String name) {
        try (InputStream in = LuaState.class.getResourceAsStream(name)) {
            return java.util.Objects.requireNonNull(in, name).readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(name, e);
        }
    }

    private void call(int function) {
        natives.lua_rawgeti(main, REGISTRY, function);
        if (natives.lua_pcall(main, 0, 0, 0) != 0) {
            natives.lua_settop(main, 0);
        }
    }

    // ---- functions

    /** Compiles; the function or the message is on top of the stack then. */
    private boolean load(long l, byte[] source, String name) {
        // A chunk that begins as a precompiled one does is not taken for one: the parser sees a blank first.
        boolean binary = source.length > 0 && source[0] == 27;
        int length = source.length + (binary ? 1 : 0);
        ByteBuffer text = ByteBuffer.allocateDirect(Math.max(1, length));
        if (binary) {
            text.put((byte) ' ');
        }
        text.put(source);
        // The parser holds a string that the collector does not know (CVE-2025-49844).
        stopCollecting(l);
        try {
            return natives.luaJ_loadbuffer(l, text, length, name) == 0;
        } finally {
            goOnCollecting(l);
        }
    }

    /**
     * Compiles a script.
     *
     * @param refused told the compiler's message
     * @return a reference for {@link #run}, or 0
     */
    int compile(byte[] source, java.util.function.Consumer<byte[]> refused) {
        return compile(source, "@user_script", refused);
    }

    /** As {@link #compile(byte[], java.util.function.Consumer)}, with the name of the chunk in messages. */
    int compile(byte[] source, String chunk, java.util.function.Consumer<byte[]> refused) {
        natives.lua_settop(main, 0);
        if (!load(main, source, chunk)) {
            refused.accept(bytes(main, -1));
            natives.lua_settop(main, 0);
            return 0;
        }
        natives.lua_rawgeti(main, REGISTRY, globals);
        natives.lua_setfenv(main, -2);
        return natives.luaL_ref(main, REGISTRY);
    }

    /** Gives a compiled script back. */
    void release(int function) {
        natives.luaL_unref(main, REGISTRY, function);
    }

    /** Sets a global to a table of strings (KEYS, ARGV). */
    void global(String name, Iterable<byte[]> values) {
        Constants constants = constants();
        values.forEach(constants::add);
        natives.lua_settop(main, 0);
        natives.lua_rawgeti(main, REGISTRY, hidden);
        constants.pushTable(main);
        natives.lua_setfield(main, -2, name);
        natives.lua_settop(main, 0);
    }

    /**
     * Runs a compiled script.
     *
     * @param done told the main thread's pointer, with the result on top
     * @param failed told the same, with the error on top
     */
    void run(int function, LongConsumer done, LongConsumer failed) {
        run(function, java.util.List.of(), done, failed);
    }

    /** As {@link #run(int, LongConsumer, LongConsumer)}; the arguments are tables of strings. */
    void run(
            int function,
            java.util.List<? extends Iterable<byte[]>> arguments,
            LongConsumer done,
            LongConsumer failed) {
        natives.lua_settop(main, 0);
        natives.lua_rawgeti(main, REGISTRY, handler);
        natives.lua_rawgeti(main, REGISTRY, function);
        for (Iterable<byte[]> argument : arguments) {
            Constants constants = constants();
            argument.forEach(constants::add);
            constants.pushTable(main);
        }
        try {
            (natives.lua_pcall(main, arguments.size(), 1, 1) == 0 ? done : failed).accept(main);
        } finally {
            natives.lua_settop(main, 0);
            machine.forgetThreads();
            call(scrub);
            if (++runs == GC_PERIOD) {
                runs = 0;
                goOnCollecting(main); // A script may have stopped it.
                natives.lua_gc(main, GC_STEP, GC_PERIOD);
            }
        }
    }

    /** Whether redis.register_function is there. */
    void registers(boolean on) {
        call(on ? showRegister : hideRegister);
    }

    /** After a run that was stopped: the hook of lines is off again. */
    void rearm() {
        call(arm);
    }

    /** Bytes in use by Lua. */
    long memory() {
        return natives.lua_gc(main, GC_COUNT, 0) * 1024L;
    }

    /** Collects all garbage. */
    void collect() {
        natives.lua_gc(main, GC_COLLECT, 0);
    }

    @Override
    public void close() {
        machine.close();
    }
}
