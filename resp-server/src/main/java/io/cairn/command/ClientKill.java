package io.cairn.command;

import org.jspecify.annotations.Nullable;

/**
 * CLIENT KILL address, and CLIENT KILL with filters, all of which must hold: [ID id] [ADDR address] [LADDR address]
 * [TYPE type] [USER user] [SKIPME yes|no]. Redis: clientCommand.
 */
final class ClientKill {
    private @Nullable String address;
    private @Nullable String localAddress;
    private @Nullable String type;
    private @Nullable String user;
    private long id;
    private boolean skipMe = true;
    /** The caller is among the killed: it still gets its reply. */
    private boolean killsCaller;

    private ClientKill() {}

    static void run(SessionCall call) {
        ClientKill filter = new ClientKill();
        boolean old = call.args().count() == 3;
        if (old) {
            filter.address = call.args().text(2);
            filter.skipMe = false;
        } else if (!filter.parse(call)) {
            return;
        }
        int killed = filter.kill(call);
        if (!old) {
            call.reply().number(killed);
        } else if (killed == 0) {
            call.reply().error("ERR No such client");
        } else {
            call.reply().ok();
        }
        if (filter.killsCaller) {
            call.session().closeAfterReply();
        }
    }

    /** False when an error was answered. */
    private boolean parse(SessionCall call) {
        Args args = call.args();
        for (int i = 2; i < args.count(); i += 2) {
            String error = i + 1 == args.count() ? ErrorText.SYNTAX : option(call, i);
            if (error != null) {
                call.reply().error(error);
                return false;
            }
        }
        return true;
    }

    /** Takes the option at {@code i} and its value; returns the error. */
    private @Nullable String option(SessionCall call, int i) {
        Args args = call.args();
        String value = args.text(i + 1);
        if (args.is(i, "id")) {
            id = Decimal.fits(args.address(i + 1), args.length(i + 1))
                    ? Decimal.parse(args.address(i + 1), args.length(i + 1))
                    : 0;
            return id > 0 ? null : "ERR client-id should be greater than 0";
        }
        if (args.is(i, "type")) {
            type = ClientCommands.type(args, i + 1);
            return type != null ? null : "ERR Unknown client type '" + ErrorText.argument(args, i + 1) + "'";
        }
        if (args.is(i, "user")) {
            user = value;
            return call.server().acl().find(value) != null
                    ? null
                    : "ERR No such user '" + ErrorText.argument(args, i + 1) + "'";
        }
        if (args.is(i, "addr")) {
            address = value;
            return null;
        }
        if (args.is(i, "laddr")) {
            localAddress = value;
            return null;
        }
        if (args.is(i, "skipme")) {
            skipMe = args.is(i + 1, "yes");
            return skipMe || args.is(i + 1, "no") ? null : ErrorText.SYNTAX;
        }
        return ErrorText.SYNTAX;
    }

    private int kill(SessionCall call) {
        int[] killed = {0};
        call.server().clients().forEach(client -> {
            boolean self = client.id() == call.session().id();
            if (!matches(client) || (self && skipMe)) {
                return;
            }
            killed[0]++;
            if (self) {
                killsCaller = true;
            } else {
                client.kill();
            }
        });
        return killed[0];
    }

    private boolean matches(Client client) {
        return (address == null || address.equals(client.address()))
                && (localAddress == null || localAddress.equals(client.localAddress()))
                && (type == null || type.equals(ClientCommands.type(client)))
                && (id == 0 || id == client.id())
                && (user == null || user.equals(client.user()));
    }
}
