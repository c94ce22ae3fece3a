package io.cairn.command;

import io.cairn.acl.Acl;
import io.cairn.acl.AclLog;
import io.cairn.acl.CommandNames;
import io.cairn.acl.Denial;
import io.cairn.acl.NewPassword;
import io.cairn.acl.RuleException;
import io.cairn.acl.SharedUsers;
import io.cairn.acl.User;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** ACL. Redis: aclCommand. */
final class AclCommands {
    private static final Logger LOG = LoggerFactory.getLogger(AclCommands.class);
    private static final String NO_FILE =
            "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER"
                    + " command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order"
                    + " to store users in the Redis configuration.";
    private static final long SHOWN_BY_DEFAULT = 10;

    private AclCommands() {}

    static List<Command> table() {
        String words = "noscript loading stale @slow";
        String admin = "admin noscript loading stale @admin @slow @dangerous";
        return List.of(
                Command.session(
                        "acl|whoami",
                        2,
                        words,
                        call -> name(call, call.session().client().user())),
                Command.session("acl|cat", -2, words, AclCommands::cat),
                Command.session("acl|genpass", -2, words, AclCommands::genpass),
                Command.session("acl|setuser", -3, admin, AclCommands::setuser),
                Command.session("acl|getuser", 3, admin, AclCommands::getuser),
                Command.session("acl|deluser", -3, admin, AclCommands::deluser),
                Command.session("acl|list", 2, admin, AclCommands::list),
                Command.session("acl|users", 2, admin, AclCommands::users),
                Command.session("acl|load", 2, admin, AclCommands::load),
                Command.session("acl|save", 2, admin, AclCommands::save),
                Command.session("acl|log", -2, admin, AclCommands::log),
                Command.session("acl|dryrun", -4, admin, AclCommands::dryrun),
                Command.session("acl|help", 2, "loading stale @slow", AclCommands::help));
    }

    /** Text of one char a byte, as it is. */
    private static void name(SessionCall call, String text) {
        call.reply().bulk(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    // ---- users

    private static void setuser(SessionCall call) {
        Args args = call.args();
        String name = args.text(2);
        if (name.chars().anyMatch(c -> c == 0 || c == ' ' || (c >= '\t' && c <= '\r'))) {
            call.reply().error("ERR Usernames can't contain spaces or null characters");
            return;
        }
        List<String> rules = new ArrayList<>();
        for (int i = 3; i < args.count(); i++) {
            rules.add(args.text(i));
        }
        SharedUsers shared = call.server().sharedUsers();
        if (shared != null && shared.isShared()) {
            share(call, shared, acl -> List.of(acl.sharedSet(name, rules)), (changes, reply) -> reply.ok());
            return;
        }
        try {
            var closed = call.server().acl().set(name, rules);
            if (closed.isDone()) {
                call.reply().ok();
            } else {
                SessionCall.Later later = call.later();
                closed.whenComplete((none, failure) -> later.complete(Reply::ok));
            }
        } catch (RuleException e) {
            call.reply().error("ERR " + e.text());
        }
    }

    /** What is to change, of the users as they are now. */
    private interface Wanted {
        List<SharedUsers.Change> changes(Acl acl) throws RuleException;
    }

    /** Has the nodes of the cluster agree on a change. */
    private static void share(
            SessionCall call, SharedUsers shared, Wanted wanted, BiConsumer<List<SharedUsers.Change>, Reply> answer) {
        SessionCall.Later later = call.later();
        Acl acl = call.server().acl();
        shared.current().whenComplete((there, behind) -> {
            try {
                List<SharedUsers.Change> changes = behind == null ? wanted.changes(acl) : List.of();
                if (behind != null) {
                    later.complete(reply -> reply.error(notShared(String.valueOf(behind.getMessage()))));
                } else if (changes.isEmpty()) {
                    later.complete(reply -> answer.accept(changes, reply));
                } else {
                    shared.set(changes)
                            .whenComplete((why, failure) -> later.complete(reply -> {
                                if (failure == null && why.isEmpty()) {
                                    answer.accept(changes, reply);
                                } else {
                                    reply.error(
                                            notShared(failure == null ? why : String.valueOf(failure.getMessage())));
                                }
                            }));
                }
            } catch (RuleException e) {
                later.complete(reply -> reply.error("ERR " + e.text()));
            }
        });
    }

    private static String notShared(String why) {
        return "ERR The users of the cluster were not changed - " + why;
    }

    private static void deluser(SessionCall call) {
        List<String> names = new ArrayList<>();
        for (int i = 2; i < call.args().count(); i++) {
            names.add(call.args().text(i));
        }
        if (names.contains(User.DEFAULT)) {
            call.reply().error("ERR The 'default' user cannot be removed");
            return;
        }
        SharedUsers shared = call.server().sharedUsers();
        if (shared != null && shared.isShared()) {
            share(call, shared, acl -> acl.sharedDelete(names), (gone, reply) -> reply.number(gone.size()));
        } else {
            call.reply().number(call.server().acl().delete(names));
        }
    }

    private static void getuser(SessionCall call) {
        User user = call.server().acl().find(call.args().text(2));
        if (user == null) {
            call.reply().nil();
            return;
        }
        Reply reply = call.reply();
        var shown = user.rights();
        reply.map(6);
        reply.bulk("flags");
        reply.set(shown.flags().size());
        shown.flags().forEach(reply::bulk);
        reply.bulk("passwords");
        reply.array(shown.passwords().size());
        shown.passwords().forEach(reply::bulk);
        var selectors = shown.describeSelectors();
        describe(call, selectors.get(0));
        reply.bulk("selectors");
        reply.array(selectors.size() - 1);
        for (var selector : selectors.subList(1, selectors.size())) {
            reply.map(3);
            describe(call, selector);
        }
    }

    private static void describe(SessionCall call, io.cairn.acl.UserRights.Description selector) {
        call.reply().bulk("commands");
        name(call, selector.commands());
        call.reply().bulk("keys");
        name(call, selector.keys());
        call.reply().bulk("channels");
        name(call, selector.channels());
    }

    private static void list(SessionCall call) {
        List<User> users = call.server().acl().users();
        call.reply().array(users.size());
        users.forEach(
                user -> name(call, "user " + user.name() + " " + user.rights().describe()));
    }

    private static void users(SessionCall call) {
        List<User> users = call.server().acl().users();
        call.reply().array(users.size());
        users.forEach(user -> name(call, user.name()));
    }

    // ---- files

    private static void load(SessionCall call) {
        Acl acl = call.server().acl();
        SharedUsers shared = call.server().sharedUsers();
        if (shared != null && shared.isShared()) {
            call.reply()
                    .error(
                            "ERR The nodes of the cluster agree on their users: change them by ACL SETUSER and ACL DELUSER");
            return;
        }
        try {
            if (acl.hasFile()) {
                acl.load();
                call.reply().ok();
            } else {
                call.reply().error(NO_FILE);
            }
        } catch (RuleException e) {
            call.reply().error("ERR " + e.text());
        }
    }

    private static void save(SessionCall call) {
        Acl acl = call.server().acl();
        try {
            if (acl.hasFile()) {
                acl.save();
                call.reply().ok();
            } else {
                call.reply().error(NO_FILE);
            }
        } catch (IOException e) {
            LOG.warn("saving the ACLs failed", e);
            call.reply()
                    .error("ERR There was an error trying to save the ACLs. Please check the server logs for more"
                            + " information");
        }
    }

    // ---- what is allowed, what was denied

    /** ACL CAT [category]. */
    private static void cat(SessionCall call) {
        Args args = call.args();
        List<String> names = CommandNames.CATEGORIES;
        if (args.count() == 3) {
            String category = CommandNames.category(args.text(2));
            if (category == null) {
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

    /** ACL DRYRUN user command [argument ...]. */
    private static void dryrun(SessionCall call) {
        Args args = call.args();
        User user = call.server().acl().find(args.text(2));
        if (user == null) {
            call.reply().error("ERR User '" + ErrorText.argument(args, 2) + "' not found");
            return;
        }
        Args full = new Args();
        for (int i = 3; i < args.count(); i++) {
            full.add(args.address(i), args.length(i));
        }
        CommandTable table = call.server().commands();
        int id = table.find(full);
        if (id < 0) {
            call.reply().error("ERR Command '" + ErrorText.argument(args, 3) + "' not found");
            return;
        }
        Command command = table.command(id);
        int arity = command.arity();
        if (arity > 0 ? full.count() != arity : full.count() < -arity) {
            call.reply().error(ErrorText.arity(command.name()));
            return;
        }
        Denial denial = call.server().acl().judge().denial(user, command, full);
        if (denial == null) {
            call.reply().ok();
        } else {
            name(call, denial.dryRun(command, full));
        }
    }

    /** ACL LOG [count | RESET]. */
    private static void log(SessionCall call) {
        Args args = call.args();
        AclLog log = call.server().acl().log();
        if (args.count() > 3) {
            call.reply().error(ErrorText.subcommand("ACL", args.text(1)));
        } else if (args.count() == 3 && args.is(2, "reset")) {
            log.clear();
            call.reply().ok();
        } else if (args.count() == 3 && !Decimal.fits(args.address(2), args.length(2))) {
            call.reply().error(ErrorText.NOT_AN_INTEGER);
        } else {
            long count = args.count() == 3 ? Decimal.parse(args.address(2), args.length(2)) : SHOWN_BY_DEFAULT;
            show(call, log.latest(count));
        }
    }

    private static void show(SessionCall call, List<AclLog.Entry> entries) {
        Reply reply = call.reply();
        long now = call.server().micros() / 1000;
        reply.array(entries.size());
        for (AclLog.Entry entry : entries) {
            reply.map(7);
            reply.bulk("count");
            reply.number(entry.count());
            reply.bulk("reason");
            reply.bulk(entry.reason());
            reply.bulk("context");
            reply.bulk(entry.context().text());
            reply.bulk("object");
            name(call, entry.object());
            reply.bulk("username");
            name(call, entry.user());
            reply.bulk("age-seconds");
            reply.real(Math.max(0, now - entry.atMillis()) / 1000.0);
            reply.bulk("client-info");
            reply.bulk(entry.client());
        }
    }

    /** ACL GENPASS [bits]. */
    private static void genpass(SessionCall call) {
        Args args = call.args();
        if (args.count() > 3) {
            call.reply().error(ErrorText.subcommand("ACL", args.text(1)));
            return;
        }
        if (args.count() == 3 && !Decimal.fits(args.address(2), args.length(2))) {
            call.reply().error(ErrorText.NOT_AN_INTEGER);
            return;
        }
        long bits = args.count() == 3 ? Decimal.parse(args.address(2), args.length(2)) : NewPassword.BITS;
        if (bits <= 0 || bits > NewPassword.MAX_BITS) {
            call.reply()
                    .error(String.format(
                            Locale.ROOT,
                            "ERR ACL GENPASS argument must be the number of bits for the output password, a positive"
                                    + " number up to %d",
                            NewPassword.MAX_BITS));
            return;
        }
        call.reply().bulk(NewPassword.of((int) bits));
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "ACL",
                "CAT [<category>]",
                "    The categories, or the commands of one.",
                "DELUSER <username> [<username> ...]",
                "    Delete users and close their connections.",
                "DRYRUN <username> <command> [<arg> ...]",
                "    Whether a user may run a command, which is not run.",
                "GENPASS [<bits>]",
                "    A password of random hex digits, of 256 bits or as many as asked for.",
                "GETUSER <username>",
                "    What a user is and may do.",
                "LIST",
                "    All users, as lines of a configuration.",
                "LOAD",
                "    Read the users again from the ACL file.",
                "LOG [<count>|RESET]",
                "    What was denied, the latest first.",
                "SAVE",
                "    Write the users into the ACL file.",
                "SETUSER <username> [<rule> ...]",
                "    Make or change a user.",
                "USERS",
                "    The names of all users.",
                "WHOAMI",
                "    The user of this connection.");
    }
}
