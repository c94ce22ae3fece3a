package io.cairn.command;

import java.util.List;

/**
 * EVAL and its like, SCRIPT. Redis: eval.c. Running a script is the mode's work: for the command table EVAL is a data
 * command with keys, which no handler runs.
 */
public final class ScriptCommands {
    private static final String RUN = "noscript stale skip_monitor may_replicate no_mandatory_keys @slow @scripting";
    private static final String RUN_READ_ONLY =
            "readonly noscript stale skip_monitor no_mandatory_keys @slow @scripting";
    private static final String RUN_FUNCTION = "noscript stale skip_monitor no_mandatory_keys @slow @scripting";
    private static final int NUMBER_OF_KEYS = 2;
    /** Where the keys of EVAL begin. */
    public static final int FIRST_KEY = 3;
    /** {@link #numberOfKeys}: it is no number. */
    public static final long NO_NUMBER = Long.MIN_VALUE;

    private static final Handler NOT_HERE = call -> {
        throw new IllegalStateException("a script is run by the mode");
    };

    private ScriptCommands() {}

    /** The commands with keys, which a mode runs. */
    static List<Command> data() {
        KeySpec keys = KeySpec.movable(ScriptCommands::keys);
        return List.of(
                Command.data("eval", -3, RUN, keys, NOT_HERE),
                Command.data("evalsha", -3, RUN, keys, NOT_HERE),
                Command.data("eval_ro", -3, RUN_READ_ONLY, keys, NOT_HERE),
                Command.data("evalsha_ro", -3, RUN_READ_ONLY, keys, NOT_HERE),
                Command.data("fcall", -3, RUN_FUNCTION, keys, NOT_HERE),
                Command.data("fcall_ro", -3, RUN_READ_ONLY, keys, NOT_HERE));
    }

    /** SCRIPT. */
    static List<Command> session() {
        return List.of(
                Command.session("script|debug", 3, "noscript @slow @scripting", ScriptCommands::debug),
                Command.session("script|exists", -3, "noscript @slow @scripting", ScriptCommands::exists),
                Command.session("script|flush", -2, "noscript @slow @scripting", ScriptCommands::flush),
                Command.session("script|help", 2, "loading stale @slow @scripting", ScriptCommands::help),
                Command.session("script|kill", 2, "noscript allow_busy @slow @scripting", ScriptCommands::kill),
                Command.session("script|load", 3, "noscript stale @slow @scripting", call -> {
                    byte[] body = call.args().bytes(2);
                    call.server().scripts().load(body, call.later());
                }));
    }

    /** True for a command that runs a script. */
    public static boolean runsScript(Command command) {
        return command.data() == NOT_HERE;
    }

    /** True for FCALL and FCALL_RO. */
    public static boolean callsFunction(Command command) {
        return command.name().startsWith("fcall");
    }

    /** True for EVALSHA and EVALSHA_RO. */
    public static boolean byHash(Command command) {
        return command.name().startsWith("evalsha");
    }

    /** True for EVAL_RO and EVALSHA_RO. */
    public static boolean readOnly(Command command) {
        return command.is(Flag.READONLY);
    }

    /** The second argument of EVAL as a number, or {@link #NO_NUMBER}. */
    public static long numberOfKeys(Args args) {
        long address = args.address(NUMBER_OF_KEYS);
        int length = args.length(NUMBER_OF_KEYS);
        return Decimal.fits(address, length) ? Decimal.parse(address, length) : NO_NUMBER;
    }

    private static int[] keys(Args args) {
        long count = args.count() <= NUMBER_OF_KEYS ? NO_NUMBER : numberOfKeys(args);
        if (count < 0 || count > args.count() - FIRST_KEY) {
            return new int[0];
        }
        int[] positions = new int[(int) count];
        for (int i = 0; i < count; i++) {
            positions[i] = FIRST_KEY + i;
        }
        return positions;
    }

    private static void exists(SessionCall call) {
        Args args = call.args();
        call.reply().array(args.count() - 2);
        for (int i = 2; i < args.count(); i++) {
            call.reply().number(call.server().scripts().exists(args.bytes(i)) ? 1 : 0);
        }
    }

    private static void flush(SessionCall call) {
        Args args = call.args();
        if (args.count() > 3 || (args.count() == 3 && !args.is(2, "sync") && !args.is(2, "async"))) {
            call.reply().error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
            return;
        }
        call.server().scripts().flush(call.later());
    }

    private static void kill(SessionCall call) {
        String refusal = call.server().scripts().kill(false);
        if (refusal == null) {
            call.reply().ok();
        } else {
            call.reply().error(refusal);
        }
    }

    private static void debug(SessionCall call) {
        Args args = call.args();
        if (args.is(2, "no")) {
            call.reply().ok();
        } else if (args.is(2, "yes") || args.is(2, "sync")) {
            call.reply().error("ERR SCRIPT DEBUG is not supported: this server has no Lua debugger");
        } else {
            call.reply().error("ERR Use SCRIPT DEBUG YES/SYNC/NO");
        }
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "SCRIPT",
                "DEBUG NO",
                "    There is no debugger here: YES and SYNC are refused.",
                "EXISTS <sha1> [<sha1> ...]",
                "    Whether scripts are in the cache.",
                "FLUSH [ASYNC|SYNC]",
                "    Empty the cache.",
                "KILL",
                "    End the script that runs, unless it has written.",
                "LOAD <script>",
                "    Put a script into the cache without running it.");
    }
}
