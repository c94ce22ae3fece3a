package io.cairn.command;

import io.cairn.keyspace.Libraries;
import io.cairn.keyspace.LibraryHead;
import io.cairn.rdb.LibraryPayload;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * FUNCTION: libraries of Lua functions, which are data: they are logged, saved and loaded as keys are. Redis: functions.c. FUNCTION LOAD is checked by
 * the script thread before it becomes a record; the handler here only keeps the text, on every replica. FCALL is in {@link ScriptCommands}.
 */
public final class FunctionCommands {
    private static final String WRITES = "write noscript @write @slow @scripting";

    private FunctionCommands() {}

    /** What changes libraries. */
    static List<Command> data() {
        return List.of(
                Command.data(
                        "function|load",
                        -3,
                        "write denyoom noscript @write @slow @scripting",
                        KeySpec.ALL,
                        FunctionCommands::load),
                Command.data(
                        "function|restore",
                        -3,
                        "write denyoom noscript @write @slow @scripting",
                        KeySpec.ALL,
                        FunctionCommands::restore),
                Command.data("function|delete", 3, WRITES, KeySpec.ALL, FunctionCommands::delete),
                Command.data("function|flush", -2, WRITES, KeySpec.ALL, FunctionCommands::flush));
    }

    /** The others. */
    static List<Command> session() {
        return List.of(
                Command.session("function|dump", 2, "noscript @slow @scripting", FunctionCommands::dump),
                Command.session("function|help", 2, "loading stale @slow @scripting", FunctionCommands::help),
                Command.session("function|kill", 2, "noscript allow_busy @slow @scripting", FunctionCommands::kill),
                Command.session("function|list", -2, "noscript @slow @scripting", FunctionCommands::list),
                Command.session("function|stats", 2, "noscript allow_busy @slow @scripting", FunctionCommands::stats));
    }

    /** True for FUNCTION LOAD and FUNCTION RESTORE, which the script thread looks at before they may become a record. */
    public static boolean loads(Command command) {
        return command.is(Flag.WRITE)
                && (command.name().equals("function|load") || command.name().equals("function|restore"));
    }

    /** Whether what {@link #loads} found is FUNCTION RESTORE. */
    public static boolean restores(Args args) {
        return args.is(1, "restore");
    }

    /** Whether it is FUNCTION RESTORE of no libraries at all. */
    public static boolean restoresNothing(Args args) {
        try {
            return restores(args)
                    && LibraryPayload.texts(args.address(2), args.length(2)).isEmpty();
        } catch (LibraryPayload.Refused e) {
            return false;
        }
    }

    /** FUNCTION LOAD [REPLACE] text, which was found to be good. */
    private static void load(Call call) {
        byte[] text = call.args.bytes(call.args.count() - 1);
        try {
            String name = LibraryHead.of(text).name();
            call.keyspace.libraries().put(name, text);
            call.changed();
            call.reply().bulk(name);
        } catch (LibraryHead.Refused e) {
            call.reply().error("ERR " + e.text());
        }
    }

    /** FUNCTION RESTORE payload [FLUSH | APPEND | REPLACE], whose libraries were found to be good. */
    private static void restore(Call call) {
        Libraries libraries = call.keyspace.libraries();
        try {
            List<byte[]> texts = LibraryPayload.texts(call.args.address(2), call.args.length(2));
            List<String> names = new ArrayList<>(texts.size());
            for (byte[] text : texts) {
                names.add(LibraryHead.of(text).name());
            }
            if (call.args.count() == 4 && call.args.is(3, "flush")) {
                libraries.clear();
            }
            for (int i = 0; i < texts.size(); i++) {
                libraries.put(names.get(i), texts.get(i));
            }
            call.changed();
            call.reply().ok();
        } catch (LibraryHead.Refused e) {
            call.reply().error("ERR " + e.text());
        } catch (LibraryPayload.Refused e) {
            call.reply().error("ERR " + e.text());
        }
    }

    private static void dump(SessionCall call) {
        call.reply().bulk(LibraryPayload.of(call.server().keyspace().libraries().all()));
    }

    private static void delete(Call call) {
        if (call.keyspace.libraries().remove(call.args.text(2))) {
            call.changed();
            call.reply().ok();
        } else {
            call.reply().error("ERR Library not found");
        }
    }

    private static void flush(Call call) {
        Args args = call.args;
        if (args.count() > 3) {
            call.reply().error(ErrorText.subcommand("FUNCTION", ErrorText.argument(args, 1)));
            return;
        }
        if (args.count() == 3 && !args.is(2, "sync") && !args.is(2, "async")) {
            call.reply().error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
            return;
        }
        Libraries libraries = call.keyspace.libraries();
        libraries.clear();
        call.changed();
        call.reply().ok();
    }

    /** FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE]. */
    private static void list(SessionCall call) {
        Args args = call.args();
        boolean code = false;
        GlobPattern pattern = null;
        for (int i = 2; i < args.count(); i++) {
            if (!code && args.is(i, "withcode")) {
                code = true;
            } else if (pattern == null && args.is(i, "libraryname")) {
                if (++i >= args.count()) {
                    call.reply().error("ERR library name argument was not given");
                    return;
                }
                pattern = new GlobPattern(args.bytes(i), true);
            } else {
                call.reply().error("ERR Unknown argument " + args.text(i));
                return;
            }
        }
        GlobPattern wanted = pattern;
        call.server()
                .scripts()
                .libraries(
                        name -> wanted == null || wanted.matches(name.getBytes(StandardCharsets.ISO_8859_1)),
                        code,
                        call.later());
    }

    private static void stats(SessionCall call) {
        call.server().scripts().stats(call.later());
    }

    private static void kill(SessionCall call) {
        String refusal = call.server().scripts().kill(true);
        if (refusal == null) {
            call.reply().ok();
        } else {
            call.reply().error(refusal);
        }
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "FUNCTION",
                "DELETE <library name>",
                "    Remove a library.",
                "DUMP",
                "    All libraries, for RESTORE.",
                "FLUSH [ASYNC|SYNC]",
                "    Remove all libraries.",
                "KILL",
                "    End the function that runs, unless it has written.",
                "LIST [LIBRARYNAME <pattern>] [WITHCODE]",
                "    The libraries and their functions.",
                "LOAD [REPLACE] <text>",
                "    Make a library.",
                "RESTORE <payload> [FLUSH|APPEND|REPLACE]",
                "    Make the libraries of a DUMP: in the place of all, beside those there are, or in the place of those of their names.",
                "STATS",
                "    What runs now, and how many functions there are.");
    }
}
