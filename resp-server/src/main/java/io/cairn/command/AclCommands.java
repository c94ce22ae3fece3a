package io.cairn.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What there is of ACL: who one is, and the categories of commands. Redis: aclCommand. */
final class AclCommands {
    /** Redis: ACLCommandCategories. */
    private static final List<String> CATEGORIES = List.of(
            "keyspace",
            "read",
            "write",
            "set",
            "sortedset",
            "list",
            "hash",
            "string",
            "bitmap",
            "hyperloglog",
            "geo",
            "stream",
            "pubsub",
            "admin",
            "fast",
            "slow",
            "blocking",
            "dangerous",
            "connection",
            "transaction",
            "scripting");

    private AclCommands() {}

    static List<Command> table() {
        String words = "noscript loading stale @slow";
        return List.of(
                Command.session(
                        "acl|whoami",
                        2,
                        words,
                        call -> call.reply().bulk(call.session().client().user())),
                Command.session("acl|cat", -2, words, AclCommands::cat),
                Command.session("acl|help", 2, "loading stale @slow", AclCommands::help));
    }

    /** ACL CAT [category]. */
    private static void cat(SessionCall call) {
        Args args = call.args();
        List<String> names = CATEGORIES;
        if (args.count() == 3) {
            String category = args.text(2).toLowerCase(Locale.ROOT);
            if (!CATEGORIES.contains(category)) {
                call.reply().error("ERR Unknown category '" + ErrorText.argument(args, 2) + "'");
                return;
            }
            names = commands(call.server().commands(), category);
        } else if (args.count() > 3) {
            call.reply().error(ErrorText.subcommand("ACL", args.text(1)));
            return;
        }
        call.reply().array(names.size());
        names.forEach(call.reply()::bulk);
    }

    private static List<String> commands(CommandTable table, String category) {
        List<String> names = new ArrayList<>();
        for (int id = 0; id < table.size(); id++) {
            if (table.command(id).categories().contains(category)) {
                names.add(table.command(id).name());
            }
        }
        return names;
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "ACL",
                "CAT [<category>]",
                "    The categories, or the commands of one.",
                "WHOAMI",
                "    The user of this connection.");
    }
}
