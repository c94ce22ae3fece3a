package io.cairn.command;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * MIGRATE host port key|"" db timeout [COPY] [REPLACE] [AUTH password | AUTH2 user password] [KEYS key ...]: keys go to
 * another server by RESTORE and are deleted here once that has acknowledged them. Its own connection waits; others only when
 * they want to write to the slots of these keys. Redis: migrateCommand.
 */
final class MigrateCommand {
    private static final int KEY = 3;
    private static final int FIRST_OPTION = 6;
    private static final long DEFAULT_TIMEOUT_MILLIS = 1000;

    private MigrateCommand() {}

    static List<Command> table() {
        Command migrate =
                Command.session("migrate", -6, "write @keyspace @write @slow @dangerous", MigrateCommand::migrate);
        return List.of(new Command(
                migrate.name(),
                migrate.arity(),
                migrate.flags(),
                migrate.categories(),
                new KeySpec(KEY, KEY, 1, MigrateCommand::keys),
                null,
                migrate.session()));
    }

    /** Where the keys are. Redis: migrateGetKeys. */
    private static int[] keys(Args args) {
        if (args.length(KEY) == 0) {
            for (int i = FIRST_OPTION; i < args.count(); i++) {
                if (args.is(i, "keys")) {
                    int[] positions = new int[args.count() - i - 1];
                    for (int j = 0; j < positions.length; j++) {
                        positions[j] = i + 1 + j;
                    }
                    return positions;
                }
                i += args.is(i, "auth") ? 1 : args.is(i, "auth2") ? 2 : 0;
            }
        }
        return new int[] {KEY};
    }

    private static void migrate(SessionCall call) {
        Migrations.Request request = parse(call);
        if (request == null) {
            return;
        }
        if (call.inTransaction()) {
            call.reply().error("ERR MIGRATE is not supported inside of MULTI");
            return;
        }
        call.server().migrations().start(request, call.later());
    }

    /** The request, or null when an error was answered. */
    private static Migrations.@Nullable Request parse(SessionCall call) {
        Args args = call.args();
        boolean copy = false;
        boolean replace = false;
        byte @Nullable [] user = null;
        byte @Nullable [] password = null;
        int firstKey = KEY;
        int endOfKeys = KEY + 1;
        for (int i = FIRST_OPTION; i < args.count(); i++) {
            int more = args.count() - 1 - i;
            if (args.is(i, "copy")) {
                copy = true;
            } else if (args.is(i, "replace")) {
                replace = true;
            } else if (args.is(i, "auth") && more >= 1) {
                password = args.bytes(++i);
            } else if (args.is(i, "auth2") && more >= 2) {
                user = args.bytes(++i);
                password = args.bytes(++i);
            } else if (args.is(i, "keys")) {
                if (args.length(KEY) != 0) {
                    call.reply()
                            .error("ERR When using MIGRATE KEYS option, the key argument must be set to the empty"
                                    + " string");
                    return null;
                }
                firstKey = i + 1;
                endOfKeys = args.count();
                break;
            } else {
                call.reply().error(ErrorText.SYNTAX);
                return null;
            }
        }
        if (!Decimal.fits(args.address(5), args.length(5)) || !Decimal.fits(args.address(4), args.length(4))) {
            call.reply().error(ErrorText.NOT_AN_INTEGER);
            return null;
        }
        long timeout = Decimal.parse(args.address(5), args.length(5));
        List<byte[]> keys = new ArrayList<>();
        for (int i = firstKey; i < endOfKeys; i++) {
            keys.add(args.bytes(i));
        }
        return new Migrations.Request(
                args.text(1),
                port(args.text(2)),
                call.session().database(),
                Decimal.parse(args.address(4), args.length(4)),
                timeout <= 0 ? DEFAULT_TIMEOUT_MILLIS : Math.min(timeout, Integer.MAX_VALUE),
                copy,
                replace,
                user,
                password,
                call.server().identity().mode().equals("cluster") ? "RESTORE-ASKING" : "RESTORE",
                keys);
    }

    /** What is no port is none that can be connected to. */
    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            return port < 0 || port > 0xffff ? 0 : port;
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
