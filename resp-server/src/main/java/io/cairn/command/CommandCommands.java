package io.cairn.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** COMMAND: the command table as clients read it. Redis: commandCommand and its kin in server.c. */
final class CommandCommands {
    private final CommandDocs docs = CommandDocs.load();

    List<Command> table() {
        String words = "loading stale @slow @connection";
        return List.of(
                Command.session(
                        "command",
                        -1,
                        words,
                        call -> infos(
                                call.reply(),
                                call.server().commands(),
                                call.server().commands().topLevel())),
                Command.session(
                        "command|count",
                        2,
                        words,
                        call -> call.reply()
                                .number(call.server().commands().topLevel().size())),
                Command.session("command|info", -2, words, this::info),
                Command.session("command|docs", -2, words, this::docs),
                Command.session("command|list", -2, words, CommandCommands::list),
                Command.session("command|getkeys", -4, words, call -> getkeys(call, false)),
                Command.session("command|getkeysandflags", -4, words, call -> getkeys(call, true)),
                Command.session("command|help", 2, words, CommandCommands::help));
    }

    private void info(SessionCall call) {
        CommandTable table = call.server().commands();
        Args args = call.args();
        if (args.count() == 2) {
            infos(call.reply(), table, table.topLevel());
            return;
        }
        call.reply().array(args.count() - 2);
        for (int i = 2; i < args.count(); i++) {
            Command command = table.find(args.text(i));
            if (command == null) {
                call.reply().nil();
            } else {
                info(call.reply(), table, command);
            }
        }
    }

    private void infos(Reply reply, CommandTable table, List<Command> commands) {
        reply.array(commands.size());
        for (Command command : commands) {
            info(reply, table, command);
        }
    }

    /** Redis: addReplyCommandInfo. */
    private void info(Reply reply, CommandTable table, Command command) {
        CommandDocs.Doc doc = docs.of(command);
        KeySpec keys = command.keys();
        reply.array(10);
        reply.bulk(command.name());
        reply.number(command.arity());
        names(reply, shownFlags(command));
        reply.number(keys.first());
        reply.number(keys.last());
        reply.number(Math.max(0, keys.step()));
        names(
                reply,
                command.categories().stream().map(category -> "@" + category).toList());
        reply.set(doc.tips().size());
        doc.tips().forEach(reply::bulk);
        keySpecs(reply, command, doc);
        List<Command> subcommands = table.subcommands(command);
        if (subcommands.isEmpty()) {
            reply.set(0);
        } else {
            infos(reply, table, subcommands);
        }
    }

    /** Redis keeps MAY_REPLICATE to itself. */
    private static List<String> shownFlags(Command command) {
        List<String> flags = new ArrayList<>();
        for (Flag flag : command.flags()) {
            if (flag != Flag.MAY_REPLICATE) {
                flags.add(flag.redisName());
            }
        }
        if (command.keys().finder() != null && !flags.contains(Flag.MOVABLEKEYS.redisName())) {
            flags.add(Flag.MOVABLEKEYS.redisName());
        }
        return flags;
    }

    static void names(Reply reply, List<String> names) {
        reply.set(names.size());
        names.forEach(reply::simple);
    }

    /** Where keys are and what is done with them: one range, or one key each if the docs list several specs. */
    private void keySpecs(Reply reply, Command command, CommandDocs.Doc doc) {
        KeySpec keys = command.keys();
        if (keys.finder() != null) {
            reply.set(doc.keyFlags().size());
            doc.keyFlags().forEach(words -> MovableKeys.reply(reply, words));
            return;
        }
        int specs = keys.first() == 0 ? 0 : Math.max(1, doc.keyFlags().size());
        reply.set(specs);
        for (int i = 0; i < specs; i++) {
            // Of several specs only the last goes on to the end.
            int open = i == specs - 1 ? keys.last() : 0;
            int last = keys.last() < 0 ? open : specs > 1 ? 0 : keys.last() - keys.first();
            reply.map(3);
            reply.bulk("flags");
            names(reply, KeyUse.flags(docs, command, i));
            reply.bulk("begin_search");
            reply.map(2);
            reply.bulk("type");
            reply.bulk("index");
            reply.bulk("spec");
            reply.map(1);
            reply.bulk("index");
            reply.number(keys.first() + i);
            reply.bulk("find_keys");
            reply.map(2);
            reply.bulk("type");
            reply.bulk("range");
            reply.bulk("spec");
            reply.map(3);
            reply.bulk("lastkey");
            reply.number(last);
            reply.bulk("keystep");
            reply.number(keys.step());
            reply.bulk("limit");
            reply.number(0);
        }
    }

    private void docs(SessionCall call) {
        CommandTable table = call.server().commands();
        Args args = call.args();
        List<Command> wanted = new ArrayList<>();
        for (int i = 2; i < args.count(); i++) {
            Command command = table.find(args.text(i));
            if (command != null) {
                wanted.add(command);
            }
        }
        docs(call.reply(), table, args.count() == 2 ? table.topLevel() : wanted);
    }

    private void docs(Reply reply, CommandTable table, List<Command> commands) {
        reply.map(commands.size());
        for (Command command : commands) {
            reply.bulk(command.name());
            doc(reply, table, command);
        }
    }

    /** Redis: addReplyCommandDocs. */
    private void doc(Reply reply, CommandTable table, Command command) {
        CommandDocs.Doc doc = docs.of(command);
        List<Command> subcommands = table.subcommands(command);
        reply.map(1
                + one(doc.summary())
                + one(doc.since())
                + one(doc.complexity())
                + (doc.flags().isEmpty() ? 0 : 1)
                + one(doc.deprecatedSince())
                + one(doc.replacedBy())
                + (doc.arguments().isEmpty() ? 0 : 1)
                + (subcommands.isEmpty() ? 0 : 1));
        field(reply, "summary", doc.summary());
        field(reply, "since", doc.since());
        field(reply, "group", doc.group());
        field(reply, "complexity", doc.complexity());
        if (!doc.flags().isEmpty()) {
            reply.bulk("doc_flags");
            names(reply, doc.flags());
        }
        field(reply, "deprecated_since", doc.deprecatedSince());
        field(reply, "replaced_by", doc.replacedBy());
        if (!doc.arguments().isEmpty()) {
            reply.bulk("arguments");
            ArgumentDoc.reply(reply, doc.arguments());
        }
        if (!subcommands.isEmpty()) {
            reply.bulk("subcommands");
            docs(reply, table, subcommands);
        }
    }

    private static int one(@Nullable String value) {
        return value == null || value.isEmpty() ? 0 : 1;
    }

    private static void field(Reply reply, String name, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            reply.bulk(name);
            reply.bulk(value);
        }
    }

    /** COMMAND LIST [FILTERBY (MODULE name | ACLCAT category | PATTERN pattern)]. */
    private static void list(SessionCall call) {
        Args args = call.args();
        boolean filtered = args.count() == 5 && args.is(2, "filterby");
        boolean known = filtered && (args.is(3, "module") || args.is(3, "aclcat") || args.is(3, "pattern"));
        if (args.count() > 2 && !known) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        CommandTable table = call.server().commands();
        GlobPattern pattern = filtered && args.is(3, "pattern") ? new GlobPattern(args.bytes(4), true) : null;
        String category = filtered && args.is(3, "aclcat") ? args.text(4).toLowerCase(Locale.ROOT) : null;
        List<String> names = new ArrayList<>();
        for (int id = 0; id < table.size(); id++) {
            Command command = table.command(id);
            boolean wanted = !filtered
                    || (pattern != null && pattern.matches(command.name()))
                    || (category != null && command.categories().contains(category));
            if (wanted) {
                names.add(command.name());
            }
        }
        call.reply().array(names.size());
        names.forEach(call.reply()::bulk);
    }

    /** Redis: getKeysSubcommandImpl. */
    private void getkeys(SessionCall call, boolean withFlags) {
        Args full = new Args();
        for (int i = 2; i < call.args().count(); i++) {
            full.add(call.args().address(i), call.args().length(i));
        }
        CommandTable table = call.server().commands();
        Reply reply = call.reply();
        int id = table.find(full);
        if (id < 0) {
            reply.error("ERR Invalid command specified");
            return;
        }
        Command command = table.command(id);
        boolean keyless = command.keys().first() == 0 && command.keys().finder() == null;
        // Shard channels are found as keys are, but are none.
        if (keyless || KeyUse.flags(docs, command, 0).contains("not_key")) {
            reply.error("ERR The command has no key arguments");
            return;
        }
        int arity = command.arity();
        if (arity > 0 ? full.count() != arity : full.count() < -arity) {
            reply.error("ERR Invalid number of arguments specified for command");
            return;
        }
        KeyPositions positions = new KeyPositions();
        int count = positions.find(command, full);
        if (count == 0 && !command.is(Flag.NO_MANDATORY_KEYS)) {
            reply.error("ERR Invalid arguments specified for command");
            return;
        }
        reply.array(count);
        for (int i = 0; i < count; i++) {
            int at = positions.at(i);
            if (withFlags) {
                reply.array(2);
            }
            reply.bulk(full.address(at), full.length(at));
            if (withFlags) {
                names(reply, KeyUse.flags(docs, command, full, i));
            }
        }
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "COMMAND",
                "(no subcommand)",
                "    Describe all commands.",
                "COUNT",
                "    The number of commands.",
                "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
                "    The names of commands and subcommands.",
                "INFO [<command-name> ...]",
                "    Describe the commands named, or all.",
                "DOCS [<command-name> ...]",
                "    Document the commands named, or all.",
                "GETKEYS <full-command>",
                "    The keys of a command.",
                "GETKEYSANDFLAGS <full-command>",
                "    The keys of a command and what it does with them.");
    }
}
