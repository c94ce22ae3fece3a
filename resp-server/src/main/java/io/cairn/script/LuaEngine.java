package io.cairn.script;

import io.cairn.command.Args;
import io.cairn.command.Reply;
import io.cairn.keyspace.LibraryHead;
import io.cairn.keyspace.Memory;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs scripts in one Lua state, which is made with the first script. Confined to one thread. Redis: eval.c,
 * luaCallFunction.
 */
final class LuaEngine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LuaEngine.class);
    private static final int SHOWN_CHARACTERS = 100;
    /** A library only registers functions while it is loaded. Redis: LOAD_TIMEOUT_MS. */
    private static final long LOAD_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Predicate<Args> commands;
    private final LongSupplier memoryLimit;
    private final LongSupplier slowMillis;
    private final Lrand48 chance = new Lrand48();
    private final Map<String, Integer> compiled = new HashMap<>();
    private @Nullable LuaState state;
    private @Nullable LuaReplies replies;
    private volatile @Nullable ScriptRun running;
    private volatile boolean stopping;
    private @Nullable Registration registration;
    private boolean slow;
    private boolean stopped;
    private long scratch;
    private long scratchBytes;

    /**
     * @param commands whether there is such a command
     * @param memoryLimit most bytes that Lua may use
     * @param slowMillis after this a script is reported in the server's log
     */
    LuaEngine(Predicate<Args> commands, LongSupplier memoryLimit, LongSupplier slowMillis) {
        this.commands = commands;
        this.memoryLimit = memoryLimit;
        this.slowMillis = slowMillis;
    }

    /** The script that runs now, or null. Any thread. */
    @Nullable
    ScriptRun running() {
        return running;
    }

    boolean knows(Args args) {
        return commands.test(args);
    }

    long memoryLimit() {
        return memoryLimit.getAsLong();
    }

    /** Native memory that lives until the next call. */
    long scratch(int bytes) {
        if (scratchBytes < bytes) {
            freeScratch();
            scratchBytes = Math.max(4096, 2L * bytes);
            scratch = Memory.allocate(scratchBytes);
        }
        return scratch;
    }

    private LuaState state() {
        LuaState current = state;
        if (current == null) {
            current = new LuaState(this::fill);
            state = current;
            replies = new LuaReplies(current);
        }
        return current;
    }

    private void fill(LuaState of, LuaState.Table to) {
        to.function("tick", this::tick);
        to.number("ticks", LuaState.TICKS);
        to.function("readonly", l -> {
            throw LuaError.message(LuaState.READ_ONLY);
        });
        to.function("protect", of::protect);
        BaseFunctions base = new BaseFunctions(of);
        to.table("base", base::fill);
        to.table("coroutine", base::fillCoroutine);
        to.function("undefined", l -> undefined(of, l));
        to.table("redis", new RedisFunctions(of, this)::fill);
        to.table("math", new MathFunctions(of, this, chance)::fill);
        to.table("string", new StringFunctions(of, this)::fill);
        to.table("bit", new BitFunctions(of)::fill);
        to.table("struct", new StructFunctions(of)::fill);
        to.table("cmsgpack", new MsgpackFunctions(of)::fill);
        to.table("cjson", new JsonFunctions(of)::fill);
    }

    private static int undefined(LuaState of, long l) {
        if (of.natives.lua_isstring(l, 2) == 0) {
            throw LuaError.message("Second argument to luaProtectedTableError must be a string or number");
        }
        throw LuaError.message("Script attempted to access nonexistent global variable '" + of.text(l, 2) + "'");
    }

    /** Now and then from the hook: nothing, or the error that ends the script, and whether for good. */
    private int tick(long l) {
        ScriptRun run = running;
        LuaState current = state();
        Registration loading = registration;
        if (loading != null && System.nanoTime() - loading.startNanos > LOAD_NANOS) {
            stopped = true;
            current.pushErrorTable(l, "FUNCTION LOAD timeout");
            current.natives.lua_pushboolean(l, 1);
            return 2;
        }
        if (run == null) {
            return 0;
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - run.startNanos());
        if (!slow && slowMillis.getAsLong() > 0 && millis >= slowMillis.getAsLong()) {
            slow = true;
            LOG.warn(
                    "Slow script detected: still in execution after {} milliseconds. You can try killing the script using"
                            + " the SCRIPT KILL command. Script name is: {}.",
                    millis,
                    run.script().name());
        }
        if (run.killed() || stopping) {
            stopped = true;
            current.pushErrorTable(l, "Script killed by user with SCRIPT KILL...");
            current.natives.lua_pushboolean(l, 1);
            return 2;
        }
        if (current.memory() > memoryLimit()) {
            current.collect();
            if (current.memory() > memoryLimit()) {
                current.pushErrorTable(l, "-OOM the script uses more memory than script-memory-limit allows");
                return 1;
            }
        }
        return 0;
    }

    /** Compiles a script unless that was done; false when it was refused. */
    boolean compile(Script script, Consumer<byte[]> refused) {
        if (compiled.containsKey(script.name())) {
            return true;
        }
        int reference = state().compile(script.text(), message -> {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            line.writeBytes(ascii("ERR Error compiling script (new function): "));
            line.writeBytes(message);
            refused.accept(line.toByteArray());
        });
        if (reference == 0) {
            return false;
        }
        compiled.put(script.name(), reference);
        return true;
    }

    /**
     * Loads a library: runs its text, which registers its functions. Redis: luaEngineCreate.
     *
     * @return null when {@code refused} was told the error line
     */
    @Nullable
    FunctionLibrary load(LibraryHead head, byte[] text, Consumer<byte[]> refused) {
        LuaState current = state();
        byte[] source = java.util.Arrays.copyOfRange(text, head.length(), text.length);
        int chunk = current.compile(
                source, "@user_function", message -> refused.accept(line("ERR Error compiling function: ", message)));
        if (chunk == 0) {
            return null;
        }
        Registration registered = new Registration(current);
        boolean[] done = new boolean[1];
        stopped = false;
        registration = registered;
        current.registers(true);
        try {
            current.run(chunk, l -> done[0] = true, l -> {
                byte[] error = current.natives.lua_type(l, -1) == LuaState.TABLE
                        ? java.util.Objects.requireNonNull(replies).textField(l, "err")
                        : current.bytes(l, -1);
                byte[] shown = error == null ? ascii("unknown error") : error;
                // The error handler has put a code before it.
                boolean coded = new String(shown, StandardCharsets.ISO_8859_1).startsWith("ERR ");
                refused.accept(line(
                        "ERR Error registering functions: ",
                        coded ? java.util.Arrays.copyOfRange(shown, 4, shown.length) : shown));
            });
        } finally {
            registration = null;
            current.registers(false);
            current.release(chunk);
            if (stopped) {
                current.rearm();
            }
        }
        FunctionLibrary library = new FunctionLibrary(head.name(), text, List.copyOf(registered.functions()));
        if (!done[0]) {
            release(library);
            return null;
        }
        return library;
    }

    private static byte[] line(String before, byte[] message) {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        line.writeBytes(ascii(before));
        line.writeBytes(message);
        return line.toByteArray();
    }

    /** What a library registers that is being loaded, or null. */
    @Nullable
    Registration registration() {
        return registration;
    }

    /** The functions of a library are no longer called. */
    void release(FunctionLibrary library) {
        LuaState current = state;
        if (current != null) {
            library.functions().forEach(function -> current.release(function.reference()));
        }
    }

    /** A script is no longer in the cache. */
    void forget(Script script) {
        Integer reference = compiled.remove(script.name());
        if (reference != null && state != null) {
            state.release(reference);
        }
    }

    /** Runs a compiled script and answers. */
    void run(ScriptRun run, List<byte[]> keys, List<byte[]> arguments, Reply out) {
        LuaState current = state();
        Integer function = compiled.get(run.script().name());
        if (function == null) {
            throw new IllegalStateException("not compiled: " + run.script().name());
        }
        current.global("KEYS", keys);
        current.global("ARGV", arguments);
        run(run, function, List.of(), out);
    }

    /** Calls a function of a library with keys and arguments, and answers. */
    void call(ScriptRun run, int function, List<byte[]> keys, List<byte[]> arguments, Reply out) {
        run(run, function, List.of(keys, arguments), out);
    }

    private void run(ScriptRun run, int function, List<List<byte[]>> arguments, Reply out) {
        LuaState current = state();
        slow = false;
        stopped = false;
        running = run;
        try {
            current.run(
                    function,
                    arguments,
                    l -> java.util.Objects.requireNonNull(replies).write(l, out, run.resp3()),
                    l -> failed(l, run, out));
        } finally {
            running = null;
            if (stopped) {
                current.rearm();
            }
        }
    }

    /** Answers the error on top of the stack. */
    private void failed(long l, ScriptRun run, Reply out) {
        LuaState current = state();
        LuaReplies fields = java.util.Objects.requireNonNull(replies);
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        if (current.natives.lua_type(l, -1) != LuaState.TABLE) {
            String text = current.natives.lua_isstring(l, -1) != 0 ? current.text(l, -1) : "execution failure";
            String shown = text.length() > SHOWN_CHARACTERS ? text.substring(0, SHOWN_CHARACTERS) : text;
            line.writeBytes(("ERR Error running script " + run.script().name() + ", " + shown)
                    .getBytes(StandardCharsets.ISO_8859_1));
        } else {
            byte[] text = fields.textField(l, "err");
            line.writeBytes(text == null ? ascii("ERR unknown error") : text);
            byte[] source = fields.textField(l, "source");
            byte[] at = fields.textField(l, "line");
            if (source != null && at != null) {
                line.writeBytes(ascii(" script: " + run.script().name() + ", on "));
                line.writeBytes(source);
                line.write(':');
                line.writeBytes(at);
                line.write('.');
            }
            fields.error(l, line.toByteArray(), out);
            return;
        }
        out.error(line.toByteArray());
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Bytes in use by Lua. */
    long memory() {
        return state == null ? 0 : state.memory();
    }

    /** Forgets all scripts and whatever they left (SCRIPT FLUSH). */
    void reset() {
        if (state != null) {
            state.close();
            state = null;
            replies = null;
        }
        compiled.clear();
    }

    /** Ends the script that runs, whatever it did. Any thread. */
    void stop() {
        stopping = true;
    }

    @Override
    public void close() {
        reset();
        freeScratch();
    }

    private void freeScratch() {
        if (scratchBytes > 0) {
            Memory.free(scratch, scratchBytes);
            scratch = 0;
            scratchBytes = 0;
        }
    }
}
