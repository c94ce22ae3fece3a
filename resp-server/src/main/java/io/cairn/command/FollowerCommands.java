package io.cairn.command;

import java.util.List;

/**
 * SYNC, PSYNC and REPLCONF: a node's data and all that changes in it, for whoever follows as a replica of Redis does. A follower that comes back gets
 * all the data again. Redis: replication.c.
 */
final class FollowerCommands {
    private FollowerCommands() {}

    static List<Command> table() {
        String sync = "admin noscript no_async_loading no_multi @admin @slow @dangerous";
        return List.of(
                Command.session("sync", 1, sync, call -> follow(call, false)),
                Command.session("psync", -3, sync, call -> follow(call, true)),
                Command.session(
                        "replconf",
                        -1,
                        "admin noscript loading stale allow_busy @admin @slow @dangerous",
                        FollowerCommands::replconf));
    }

    private static void follow(SessionCall call, boolean announced) {
        call.server().followers().follow(call.session().follow(), announced);
    }

    /** REPLCONF option value ...: what a follower says of itself, which changes nothing here; ACK has no reply. */
    private static void replconf(SessionCall call) {
        Args args = call.args();
        if (args.count() % 2 == 0) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        for (int i = 1; i < args.count(); i += 2) {
            if (args.is(i, "ack")) {
                if (Decimal.fits(args.address(i + 1), args.length(i + 1))) {
                    call.session().acknowledges(Decimal.parse(args.address(i + 1), args.length(i + 1)));
                }
                return;
            }
            if (args.is(i, "listening-port") && !listeningPort(call, i + 1)) {
                return;
            }
            boolean known = args.is(i, "listening-port")
                    || args.is(i, "ip-address")
                    || args.is(i, "capa")
                    || args.is(i, "getack")
                    || args.is(i, "rdb-only")
                    || args.is(i, "rdb-filter-only");
            if (!known) {
                call.reply().error("ERR Unrecognized REPLCONF option: " + ErrorText.argument(args, i));
                return;
            }
        }
        call.reply().ok();
    }

    private static boolean listeningPort(SessionCall call, int i) {
        Args args = call.args();
        if (!Decimal.fits(args.address(i), args.length(i))) {
            call.reply().error(ErrorText.NOT_AN_INTEGER);
            return false;
        }
        call.session().listensOn((int) Decimal.parse(args.address(i), args.length(i)));
        return true;
    }
}
