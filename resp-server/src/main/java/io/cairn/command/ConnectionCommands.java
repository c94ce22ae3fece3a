package io.cairn.command;

import io.cairn.acl.User;
import java.util.List;

/** PING, ECHO, AUTH, HELLO, QUIT, RESET, SELECT. Redis: networking.c, acl.c, db.c. */
final class ConnectionCommands {
    private static final String WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled.";
    private static final int OLDEST_PROTOCOL = 2;
    private static final int NEWEST_PROTOCOL = 3;

    private ConnectionCommands() {}

    static List<Command> table() {
        return List.of(
                Command.session("ping", -1, "fast @fast @connection", ConnectionCommands::ping),
                Command.session(
                        "echo",
                        2,
                        "loading stale fast @fast @connection",
                        call -> call.reply()
                                .bulk(call.args().address(1), call.args().length(1))),
                Command.session(
                        "auth",
                        -2,
                        "noscript loading stale fast no_auth allow_busy @fast @connection",
                        ConnectionCommands::auth),
                Command.session(
                        "hello",
                        -1,
                        "noscript loading stale fast no_auth allow_busy @fast @connection",
                        ConnectionCommands::hello),
                Command.session(
                        "quit",
                        -1,
                        "noscript loading stale fast no_auth allow_busy @fast @connection",
                        ConnectionCommands::quit),
                Command.session(
                        "reset",
                        1,
                        "noscript loading stale fast no_auth allow_busy @fast @connection",
                        ConnectionCommands::reset),
                Command.session("select", 2, "loading stale fast @fast @connection", ConnectionCommands::select));
    }

    private static void ping(SessionCall call) {
        Args args = call.args();
        if (args.count() > 2) {
            call.reply().error("ERR wrong number of arguments for 'ping' command");
        } else if (!call.session().resp3() && call.session().subscriptions().any()) {
            // Replies of this connection are arrays like messages.
            call.reply().array(2);
            call.reply().bulk("pong");
            if (args.count() == 2) {
                call.reply().bulk(args.address(1), args.length(1));
            } else {
                call.reply().bulk("");
            }
        } else if (args.count() == 2) {
            call.reply().bulk(args.address(1), args.length(1));
        } else {
            call.reply().simple("PONG");
        }
    }

    /** AUTH [user] password. */
    private static void auth(SessionCall call) {
        Args args = call.args();
        if (args.count() > 3) {
            call.reply().error("ERR syntax error");
            return;
        }
        if (args.count() == 2 && call.server().acl().hasNoPassword()) {
            call.reply()
                    .error("ERR AUTH <password> called without any password configured for the default user. Are you"
                            + " sure your configuration is correct?");
            return;
        }
        String user = args.count() == 3 ? args.text(1) : User.DEFAULT;
        if (login(call, user, args.bytes(args.count() - 1))) {
            call.reply().ok();
        }
    }

    /** Logs in; false when an error was answered. Redis: ACLAuthenticateUser. */
    private static boolean login(SessionCall call, String name, byte[] password) {
        User user = call.server().acl().login(name, password);
        if (user == null) {
            call.server()
                    .acl()
                    .refusedLogin(
                            call.session().client(),
                            call.inTransaction(),
                            call.args().text(0),
                            name);
            call.reply().error(WRONG_PASSWORD);
            return false;
        }
        call.session().authenticated(user);
        return true;
    }

    /** HELLO [version [AUTH user password] [SETNAME name]]. Redis: helloCommand. */
    private static void hello(SessionCall call) {
        Args args = call.args();
        Reply reply = call.reply();
        int version = 0;
        if (args.count() >= 2) {
            boolean number = Decimal.fits(args.address(1), args.length(1));
            long wanted = number ? Decimal.parse(args.address(1), args.length(1)) : 0;
            if (!number) {
                reply.error("ERR Protocol version is not an integer or out of range");
                return;
            }
            if (wanted < OLDEST_PROTOCOL || wanted > NEWEST_PROTOCOL) {
                reply.error("NOPROTO unsupported protocol version");
                return;
            }
            version = (int) wanted;
        }
        if (!helloOptions(call)) {
            return;
        }
        if (!call.session().authenticated()) {
            reply.error("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO"
                    + " AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol"
                    + " version at the same time");
            return;
        }
        if (version != 0) {
            call.session().resp3(version == NEWEST_PROTOCOL);
        }
        greet(call);
    }

    private static boolean helloOptions(SessionCall call) {
        Args args = call.args();
        Session session = call.session();
        String name = null;
        for (int i = 2; i < args.count(); i++) {
            int left = args.count() - 1 - i;
            if (args.is(i, "auth") && left >= 2) {
                if (!login(call, args.text(i + 1), args.bytes(i + 2))) {
                    return false;
                }
                i += 2;
            } else if (args.is(i, "setname") && left >= 1) {
                name = args.text(i + 1);
                if (!validName(name)) {
                    call.reply().error("ERR Client names cannot contain spaces, newlines or special characters.");
                    return false;
                }
                i++;
            } else {
                call.reply().error("ERR Syntax error in HELLO option '" + args.text(i) + "'");
                return false;
            }
        }
        if (name != null) {
            session.name(name);
        }
        return true;
    }

    /** Redis: validateClientName; printable ASCII without space. */
    static boolean validName(String name) {
        return name.chars().allMatch(c -> c >= '!' && c <= '~');
    }

    private static void greet(SessionCall call) {
        Reply reply = call.reply();
        ServerState.Identity identity = call.server().identity();
        reply.map(7);
        reply.bulk("server");
        reply.bulk("redis");
        reply.bulk("version");
        reply.bulk(ServerState.REDIS_VERSION);
        reply.bulk("proto");
        reply.number(call.session().resp3() ? NEWEST_PROTOCOL : OLDEST_PROTOCOL);
        reply.bulk("id");
        reply.number(call.session().id());
        reply.bulk("mode");
        reply.bulk(identity.mode());
        reply.bulk("role");
        reply.bulk(call.server().role());
        reply.bulk("modules");
        reply.array(0);
    }

    private static void quit(SessionCall call) {
        call.reply().ok();
        call.session().closeAfterReply();
    }

    private static void reset(SessionCall call) {
        call.session().reset();
        call.reply().simple("RESET");
    }

    private static void select(SessionCall call) {
        Args args = call.args();
        if (!Decimal.fits(args.address(1), args.length(1))) {
            call.reply().error("ERR value is not an integer or out of range");
            return;
        }
        long number = Decimal.parse(args.address(1), args.length(1));
        if (number < Integer.MIN_VALUE || number > Integer.MAX_VALUE) {
            call.reply().error("ERR value is out of range, value must between -2147483648 and 2147483647");
        } else if (number != 0 && call.server().identity().mode().equals("cluster")) {
            call.reply().error("ERR SELECT is not allowed in cluster mode");
        } else if (number < 0 || number >= call.server().keyspace().databases()) {
            call.reply().error("ERR DB index is out of range");
        } else {
            call.session().select((int) number);
            call.reply().ok();
        }
    }
}
