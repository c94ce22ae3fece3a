package io.cairn.command;

import io.cairn.command.Subscriptions.Kind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** CLIENT. Redis: clientCommand in networking.c; SETINFO and NO-TOUCH as in Redis 7.2. */
public final class ClientCommands {
    private ClientCommands() {}

    static List<Command> table() {
        String own = "noscript loading stale @slow @connection";
        String admin = "admin noscript loading stale @admin @slow @dangerous @connection";
        return List.of(
                Command.session(
                        "client|id",
                        2,
                        own,
                        call -> call.reply().number(call.session().id())),
                Command.session("client|info", 2, own, ClientCommands::info),
                Command.session("client|getname", 2, own, ClientCommands::getname),
                Command.session("client|setname", 3, own, ClientCommands::setname),
                Command.session("client|setinfo", 4, own, ClientCommands::setinfo),
                Command.session("client|list", -2, admin, ClientCommands::list),
                Command.session("client|kill", -3, admin, ClientKill::run),
                Command.session("client|reply", 3, own, ClientCommands::reply),
                Command.session("client|pause", -3, admin, ClientCommands::pause),
                Command.session("client|unblock", -3, admin, ClientCommands::unblock),
                Command.session("client|unpause", 2, admin, ClientCommands::unpause),
                Command.session("client|no-evict", 3, admin, ClientCommands::noEvict),
                Command.session("client|no-touch", 3, own, ClientCommands::noTouch),
                Command.session("client|help", 2, "loading stale @slow @connection", ClientCommands::help));
    }

    private static void info(SessionCall call) {
        call.reply().verbatim(line(call.session().client(), call.server().micros() / 1000) + "\n");
    }

    private static void getname(SessionCall call) {
        String name = call.session().client().name();
        if (name.isEmpty()) {
            call.reply().nil();
        } else {
            call.reply().bulk(name);
        }
    }

    private static void setname(SessionCall call) {
        String name = call.args().text(2);
        if (isPrintable(name)) {
            call.session().name(name);
            call.reply().ok();
        } else {
            call.reply().error("ERR Client names cannot contain spaces, newlines or special characters.");
        }
    }

    private static void setinfo(SessionCall call) {
        Args args = call.args();
        boolean name = args.is(2, "lib-name");
        if (!name && !args.is(2, "lib-ver")) {
            call.reply().error("ERR Unrecognized option '" + ErrorText.argument(args, 2) + "'");
            return;
        }
        String text = args.text(3);
        if (!isPrintable(text)) {
            call.reply()
                    .error("ERR " + (name ? "lib-name" : "lib-ver")
                            + " cannot contain spaces, newlines or special characters.");
            return;
        }
        if (name) {
            call.session().libraryName(text);
        } else {
            call.session().libraryVersion(text);
        }
        call.reply().ok();
    }

    /** CLIENT LIST is split by blanks, so names hold none. */
    private static boolean isPrintable(String text) {
        return text.chars().allMatch(c -> c >= '!' && c <= '~');
    }

    /** CLIENT LIST [TYPE type | ID id ...]. */
    private static void list(SessionCall call) {
        Args args = call.args();
        StringBuilder lines = new StringBuilder();
        long now = call.server().micros() / 1000;
        if (args.count() == 2) {
            call.server()
                    .clients()
                    .forEach(client -> lines.append(line(client, now)).append('\n'));
        } else if (args.count() == 4 && args.is(2, "type")) {
            String type = type(args, 3);
            if (type == null) {
                call.reply().error("ERR Unknown client type '" + ErrorText.argument(args, 3) + "'");
                return;
            }
            call.server().clients().forEach(client -> {
                if (type.equals(type(client))) {
                    lines.append(line(client, now)).append('\n');
                }
            });
        } else if (args.count() > 3 && args.is(2, "id")) {
            for (int i = 3; i < args.count(); i++) {
                if (!Decimal.fits(args.address(i), args.length(i))) {
                    call.reply().error("ERR Invalid client ID");
                    return;
                }
                Client client = call.server().clients().byId(Decimal.parse(args.address(i), args.length(i)));
                if (client != null) {
                    lines.append(line(client, now)).append('\n');
                }
            }
        } else {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        call.reply().verbatim(lines.toString());
    }

    /** "master", "slave", "pubsub" while it listens to anything, else "normal". Redis: getClientType. */
    static String type(Client client) {
        String flags = client.flags();
        if (flags.indexOf('M') >= 0) {
            return "master";
        }
        if (flags.indexOf('S') >= 0) {
            return "slave";
        }
        return client.subscriptions().any() ? "pubsub" : "normal";
    }

    /** The client type that an argument names, null if none. */
    static @Nullable String type(Args args, int i) {
        for (String type : List.of("normal", "slave", "replica", "pubsub", "master")) {
            if (args.is(i, type)) {
                return type.equals("replica") ? "slave" : type;
            }
        }
        return null;
    }

    /** The line of a client in CLIENT LIST. Redis: catClientInfoString. */
    public static String line(Client client, long nowMillis) {
        return "id=" + client.id() + " addr=" + client.address() + " laddr=" + client.localAddress() + " fd=-1 name="
                + client.name() + " age=" + seconds(nowMillis - client.connectedMillis()) + " idle="
                + seconds(nowMillis - client.lastCommandMillis()) + " flags=" + client.flags() + " db="
                + client.database() + " sub=" + client.subscriptions().count(Kind.CHANNEL) + " psub="
                + client.subscriptions().count(Kind.PATTERN) + " ssub="
                + client.subscriptions().count(Kind.SHARD) + " multi=" + client.queuedCommands() + " qbuf="
                + client.inputBytes() + " qbuf-free=0 argv-mem=" + client.argumentBytes()
                + " multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=" + client.outputBytes() + " tot-mem="
                + client.memoryBytes()
                + " events=r cmd=" + client.lastCommand() + " user=" + client.user() + " redir="
                + TrackingCommands.redirect(client.tracked()) + " resp="
                + client.protocol() + " lib-name=" + client.libraryName() + " lib-ver=" + client.libraryVersion();
    }

    private static long seconds(long millis) {
        return Math.max(0, millis) / 1000;
    }

    private static void reply(SessionCall call) {
        Args args = call.args();
        if (args.is(2, "on")) {
            call.session().replyMode(Session.ReplyMode.ON);
            call.reply().ok();
        } else if (args.is(2, "off")) {
            call.session().replyMode(Session.ReplyMode.OFF);
        } else if (args.is(2, "skip")) {
            call.session().replyMode(Session.ReplyMode.SKIP);
        } else {
            call.reply().error(ErrorText.SYNTAX);
        }
    }

    /** CLIENT PAUSE timeout [WRITE | ALL]. */
    private static void pause(SessionCall call) {
        Args args = call.args();
        if (args.count() > 4) {
            call.reply().error(ErrorText.subcommand("CLIENT", args.text(1)));
            return;
        }
        boolean writesOnly = args.count() == 4 && args.is(3, "write");
        if (args.count() == 4 && !writesOnly && !args.is(3, "all")) {
            call.reply().error("ERR CLIENT PAUSE mode must be WRITE or ALL");
            return;
        }
        long now = call.server().micros() / 1000;
        long timeout = Decimal.fits(args.address(2), args.length(2))
                ? Decimal.parse(args.address(2), args.length(2))
                : Long.MAX_VALUE;
        if (timeout > Long.MAX_VALUE - now) {
            call.reply().error("ERR timeout is not an integer or out of range");
        } else if (timeout < 0) {
            call.reply().error("ERR timeout is negative");
        } else {
            call.server().clients().pause(now + timeout, writesOnly);
            call.reply().ok();
        }
    }

    private static void unpause(SessionCall call) {
        call.server().clients().unpause();
        call.reply().ok();
    }

    private static void noEvict(SessionCall call) {
        Boolean on = onOff(call);
        if (on != null) {
            call.session().noEvict(on);
            call.reply().ok();
        }
    }

    private static void noTouch(SessionCall call) {
        Boolean on = onOff(call);
        if (on != null) {
            call.session().noTouch(on);
            call.reply().ok();
        }
    }

    private static @Nullable Boolean onOff(SessionCall call) {
        if (call.args().is(2, "on")) {
            return true;
        }
        if (call.args().is(2, "off")) {
            return false;
        }
        call.reply().error(ErrorText.SYNTAX);
        return null;
    }

    /** CLIENT UNBLOCK id [TIMEOUT | ERROR]. */
    private static void unblock(SessionCall call) {
        Args args = call.args();
        boolean error = args.count() == 4 && args.is(3, "error");
        if (args.count() > 4) {
            call.reply().error(ErrorText.subcommand("CLIENT", ErrorText.argument(args, 1)));
        } else if (args.count() == 4 && !error && !args.is(3, "timeout")) {
            call.reply().error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        } else if (!Decimal.fits(args.address(2), args.length(2))) {
            call.reply().error(ErrorText.NOT_AN_INTEGER);
        } else {
            Client client = call.server().clients().byId(Decimal.parse(args.address(2), args.length(2)));
            call.reply().number(client != null && client.unblock(error) ? 1 : 0);
        }
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "CLIENT",
                "CACHING (YES|NO)",
                "    Whether the keys of the next command are remembered, with OPTIN or OPTOUT.",
                "GETNAME",
                "    The name of this connection.",
                "GETREDIR",
                "    Where this connection's invalidations go: an id, 0 for here, -1 while it does not track.",
                "ID",
                "    The id of this connection.",
                "INFO",
                "    The line of CLIENT LIST for this connection.",
                "KILL <ip:port>",
                "    Close the connection that came from <ip:port>.",
                "KILL <option> <value> [<option> <value> [...]]",
                "    Close the connections that meet all of: ID, ADDR, LADDR, TYPE, USER.",
                "    SKIPME no does not spare the caller.",
                "LIST [TYPE <type> | ID <id> [<id> ...]]",
                "    One line for each connection.",
                "NO-EVICT (ON|OFF)",
                "    Spare this connection when connections are closed for want of memory.",
                "NO-TOUCH (ON|OFF)",
                "    Let reads of this connection not count as accesses.",
                "PAUSE <timeout> [WRITE|ALL]",
                "    Hold back writes, or everything, for <timeout> milliseconds.",
                "REPLY (ON|OFF|SKIP)",
                "    Whether this connection gets replies.",
                "SETINFO (LIB-NAME|LIB-VER) <value>",
                "    What client library this connection uses.",
                "SETNAME <name>",
                "    Give this connection a name.",
                "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]",
                "    Say when keys that this connection has read change.",
                "TRACKINGINFO",
                "    What this connection tracks.",
                "UNBLOCK <id> [TIMEOUT|ERROR]",
                "    End the waiting of a client's blocking command.",
                "UNPAUSE",
                "    End a PAUSE.");
    }
}
