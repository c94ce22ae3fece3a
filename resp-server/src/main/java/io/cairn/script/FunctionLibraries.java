package io.cairn.script;

import io.cairn.command.Args;
import io.cairn.command.FunctionCommands;
import io.cairn.keyspace.Libraries;
import io.cairn.keyspace.LibraryHead;
import io.cairn.rdb.LibraryPayload;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The libraries of the node as the interpreter has them: made from the texts whenever these changed, before anything asks. Confined to the script
 * thread. Redis: functions.c.
 */
final class FunctionLibraries {
    private static final Logger LOG = LoggerFactory.getLogger(FunctionLibraries.class);
    private static final long NEVER = -1;

    private final LuaEngine lua;
    private final Map<String, FunctionLibrary> libraries = new TreeMap<>();
    private final Map<String, FunctionLibrary.Function> functions = new HashMap<>();
    private Libraries texts = new Libraries();
    private long seen = NEVER;
    private volatile int functionsSeen;

    FunctionLibraries(LuaEngine lua) {
        this.lua = lua;
    }

    void texts(Libraries of) {
        texts = of;
        seen = NEVER;
    }

    /** The interpreter is a new one. */
    void forget() {
        libraries.clear();
        functions.clear();
        seen = NEVER;
    }

    /** The function of a name, or null. */
    FunctionLibrary.@Nullable Function find(String name) {
        update();
        return functions.get(caseless(name));
    }

    /** Redis: functions are looked up without regard to case, libraries with. */
    private static String caseless(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    Collection<FunctionLibrary> all() {
        update();
        return libraries.values();
    }

    /** How many functions there are. */
    int functions() {
        update();
        return functions.size();
    }

    /** As {@link #functions}, when the libraries were last looked at. Any thread. */
    int functionsSeen() {
        return functionsSeen;
    }

    private void update() {
        long version = texts.version();
        if (version == seen) {
            return;
        }
        Map<String, FunctionLibrary> before = new HashMap<>(libraries);
        libraries.clear();
        functions.clear();
        for (byte[] text : texts.all()) {
            FunctionLibrary library = loaded(before, text);
            if (library != null) {
                libraries.put(library.name(), library);
                library.functions().forEach(function -> functions.put(caseless(function.name()), function));
            }
        }
        before.values().forEach(lua::release);
        seen = version;
        functionsSeen = functions.size();
    }

    /** The library of a text; one that is there already keeps what its functions remember. */
    private @Nullable FunctionLibrary loaded(Map<String, FunctionLibrary> before, byte[] text) {
        try {
            LibraryHead head = LibraryHead.of(text);
            FunctionLibrary known = before.get(head.name());
            if (known != null && java.util.Arrays.equals(known.text(), text)) {
                before.remove(head.name());
                return known;
            }
            return lua.load(
                    head,
                    text,
                    error -> LOG.error(
                            "library {} is not usable: {}",
                            head.name(),
                            new String(error, StandardCharsets.ISO_8859_1)));
        } catch (LibraryHead.Refused e) {
            LOG.error("a library is not usable: {}", e.text());
            return null;
        }
    }

    /**
     * Whether FUNCTION LOAD or FUNCTION RESTORE may put its texts in; nothing is put. Redis: functionLoadCommand,
     * functionRestoreCommand.
     *
     * @param refused told the error line
     */
    boolean isLoadable(Args args, Consumer<byte[]> refused) {
        String error = FunctionCommands.restores(args) ? restoreError(args, refused) : error(args, refused);
        if (error == null) {
            return true;
        }
        if (!error.isEmpty()) {
            refused.accept(("ERR " + error).getBytes(StandardCharsets.ISO_8859_1));
        }
        return false;
    }

    /** What is wrong; null for nothing, empty when {@code refused} was told. */
    private @Nullable String error(Args args, Consumer<byte[]> refused) {
        boolean replace = false;
        int at = 2;
        for (; at < args.count() - 1; at++) {
            if (!args.is(at, "replace")) {
                return "Unknown option given: " + args.text(at);
            }
            replace = true;
        }
        if (at >= args.count()) {
            return "Function code is missing";
        }
        byte[] text = args.bytes(at);
        LibraryHead head;
        try {
            head = LibraryHead.of(text);
        } catch (LibraryHead.Refused e) {
            return e.text();
        }
        update();
        if (!replace && libraries.containsKey(head.name())) {
            return "Library '" + head.name() + "' already exists";
        }
        FunctionLibrary library = lua.load(head, text, refused);
        if (library == null) {
            return "";
        }
        lua.release(library);
        if (library.functions().isEmpty()) {
            return "No functions registered";
        }
        for (FunctionLibrary other : libraries.values()) {
            if (other.name().equals(head.name())) {
                continue;
            }
            for (FunctionLibrary.Function function : new ArrayList<>(library.functions())) {
                if (other.functions().stream().anyMatch(there -> there.name().equalsIgnoreCase(function.name()))) {
                    return "Function " + function.name() + " already exists";
                }
            }
        }
        return null;
    }

    /** As {@link #error}, of FUNCTION RESTORE payload [FLUSH | APPEND | REPLACE]. */
    private @Nullable String restoreError(Args args, Consumer<byte[]> refused) {
        if (args.count() > 4) {
            return "unknown subcommand or wrong number of arguments for '" + args.text(1) + "'. Try FUNCTION HELP.";
        }
        boolean flush = args.count() == 4 && args.is(3, "flush");
        boolean replace = args.count() == 4 && args.is(3, "replace");
        if (args.count() == 4 && !flush && !replace && !args.is(3, "append")) {
            return "Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.";
        }
        List<byte[]> texts;
        try {
            texts = LibraryPayload.texts(args.address(2), args.length(2));
        } catch (LibraryPayload.Refused e) {
            return e.text();
        }
        Map<String, FunctionLibrary> taken = new TreeMap<>();
        try {
            Set<String> names = new HashSet<>();
            for (byte[] text : texts) {
                String error = take(text, taken, names, refused);
                if (error != null) {
                    return error;
                }
            }
            return flush ? null : joinError(taken.keySet(), names, replace);
        } finally {
            taken.values().forEach(lua::release);
        }
    }

    private @Nullable String take(
            byte[] text, Map<String, FunctionLibrary> taken, Set<String> names, Consumer<byte[]> refused) {
        LibraryHead head;
        try {
            head = LibraryHead.of(text);
        } catch (LibraryHead.Refused e) {
            return e.text();
        }
        if (taken.containsKey(head.name())) {
            return "Library '" + head.name() + "' already exists";
        }
        FunctionLibrary library = lua.load(head, text, refused);
        if (library == null) {
            return "";
        }
        taken.put(head.name(), library);
        if (library.functions().isEmpty()) {
            return "No functions registered";
        }
        for (FunctionLibrary.Function function : library.functions()) {
            if (!names.add(caseless(function.name()))) {
                return "Function " + function.name() + " already exists";
            }
        }
        return null;
    }

    /** Redis: libraryJoin. */
    private @Nullable String joinError(Set<String> taken, Set<String> names, boolean replace) {
        update();
        for (String name : taken) {
            if (!replace && libraries.containsKey(name)) {
                return "Library " + name + " already exists";
            }
        }
        for (FunctionLibrary other : libraries.values()) {
            for (FunctionLibrary.Function function : other.functions()) {
                if (!taken.contains(other.name()) && names.contains(caseless(function.name()))) {
                    return "Function " + function.name() + " already exists";
                }
            }
        }
        return null;
    }
}
