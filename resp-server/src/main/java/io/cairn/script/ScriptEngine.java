package io.cairn.script;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Reply;
import io.cairn.command.ScriptCommands;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * EVAL and its like on the script thread: finds or compiles the script, runs it, answers. Redis: evalGenericCommand.
 */
public final class ScriptEngine {
    private static final String NOSCRIPT = "NOSCRIPT No matching script. Please use EVAL.";

    private final ScriptCache cache;
    private final LuaEngine lua;
    private final FunctionLibraries libraries;

    ScriptEngine(ScriptCache cache, LuaEngine lua) {
        this.cache = cache;
        this.lua = lua;
        this.libraries = new FunctionLibraries(lua);
    }

    /** What the node says to a script before it runs. */
    @FunctionalInterface
    public interface Door {
        /** The error line that refuses a script, or null. */
        @Nullable
        String refusal(Script script, boolean readOnlyCommand);
    }

    /**
     * Whether a script runs with these arguments, and which; made by {@link #prepare}.
     *
     * @param function of a library that is called, 0 for a script
     */
    public record Prepared(Script script, int function, List<byte[]> keys, List<byte[]> arguments, boolean readOnly) {
        /** The call of a function as FUNCTION STATS shows it. */
        List<byte[]> words() {
            List<byte[]> words = new ArrayList<>();
            for (String word : List.of(readOnly ? "fcall_ro" : "fcall", script.name(), Integer.toString(keys.size()))) {
                words.add(word.getBytes(StandardCharsets.ISO_8859_1));
            }
            words.addAll(keys);
            words.addAll(arguments);
            return words;
        }
    }

    /**
     * Finds the script of a call, compiling it when it is new.
     *
     * @return null when {@code out} has the error
     */
    public @Nullable Prepared prepare(Command command, Args args, Door door, Reply out) {
        if (ScriptCommands.callsFunction(command)) {
            return prepareFunction(command, args, door, out);
        }
        boolean byHash = ScriptCommands.byHash(command);
        String name = null;
        if (byHash) {
            name = ScriptCache.name(args.bytes(1));
            if (name == null) {
                out.error(NOSCRIPT);
                return null;
            }
        }
        int keys = keys(args, out);
        if (keys < 0) {
            return null;
        }
        Script script;
        if (name != null) {
            script = cache.find(name);
            if (script == null) {
                out.error(NOSCRIPT);
                return null;
            }
        } else {
            script = load(args.bytes(1), false, out::error);
        }
        if (script == null || !lua.compile(script, out::error)) {
            return null;
        }
        return admitted(command, script, 0, args, keys, door, out);
    }

    /** FCALL and FCALL_RO. Redis: fcallCommandGeneric. */
    private @Nullable Prepared prepareFunction(Command command, Args args, Door door, Reply out) {
        FunctionLibrary.Function function = libraries.find(args.text(1));
        if (function == null) {
            out.error("ERR Function not found");
            return null;
        }
        if (ScriptCommands.numberOfKeys(args) == ScriptCommands.NO_NUMBER) {
            out.error("ERR Bad number of keys provided");
            return null;
        }
        int keys = keys(args, out);
        return keys < 0 ? null : admitted(command, function.script(), function.reference(), args, keys, door, out);
    }

    private static @Nullable Prepared admitted(
            Command command, Script script, int function, Args args, int keys, Door door, Reply out) {
        boolean readOnly = ScriptCommands.readOnly(command);
        String refusal = door.refusal(script, readOnly);
        if (refusal == null && readOnly && !script.is(Script.COMPATIBLE) && !script.is(Script.NO_WRITES)) {
            refusal = "ERR Can not execute a script with write flag using *_ro command.";
        }
        if (refusal != null) {
            out.error(refusal);
            return null;
        }
        return new Prepared(
                script,
                function,
                bytes(args, ScriptCommands.FIRST_KEY, ScriptCommands.FIRST_KEY + keys),
                bytes(args, ScriptCommands.FIRST_KEY + keys, args.count()),
                readOnly);
    }

    private static List<byte[]> bytes(Args args, int from, int to) {
        List<byte[]> list = new ArrayList<>(to - from);
        for (int i = from; i < to; i++) {
            list.add(args.bytes(i));
        }
        return list;
    }

    /** The number of keys, or -1 when {@code out} has the error. */
    private static int keys(Args args, Reply out) {
        long keys = ScriptCommands.numberOfKeys(args);
        if (keys == ScriptCommands.NO_NUMBER) {
            out.error("ERR value is not an integer or out of range");
            return -1;
        }
        if (keys > args.count() - ScriptCommands.FIRST_KEY) {
            out.error("ERR Number of keys can't be greater than number of args");
            return -1;
        }
        if (keys < 0) {
            out.error("ERR Number of keys can't be negative");
            return -1;
        }
        return (int) keys;
    }

    /** Runs a prepared script and answers. */
    public void run(Prepared prepared, ScriptRun run, Reply out) {
        run.of(prepared);
        if (prepared.function() != 0) {
            lua.call(run, prepared.function(), prepared.keys(), prepared.arguments(), out);
        } else {
            lua.run(run, prepared.keys(), prepared.arguments(), out);
        }
    }

    /** The script with a body, from the cache or compiled now; null when {@code refused} was told the error line. */
    @Nullable
    Script load(byte[] body, boolean loaded, Consumer<byte[]> refused) {
        String name = Sha1.hex(body);
        Script known = cache.find(name);
        if (known != null) {
            if (loaded) {
                cache.add(known, true, lua::forget);
            }
            return known;
        }
        Shebang first;
        try {
            first = Shebang.of(body);
        } catch (Shebang.Refused e) {
            refused.accept(("ERR " + e.text()).getBytes(StandardCharsets.ISO_8859_1));
            return null;
        }
        Script script = new Script(name, body, first.flags(), first.length());
        if (!lua.compile(script, refused)) {
            return null;
        }
        cache.add(script, loaded, lua::forget);
        return script;
    }

    void flush() {
        cache.clear();
        lua.reset();
        libraries.forget();
    }

    /** Whether FUNCTION LOAD may become a record; otherwise {@code out} has the error. */
    public boolean isLoadable(Args args, Reply out) {
        return libraries.isLoadable(args, out::error);
    }

    FunctionLibraries libraries() {
        return libraries;
    }
}
