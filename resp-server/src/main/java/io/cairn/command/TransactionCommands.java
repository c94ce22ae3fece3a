package io.cairn.command;

import java.util.List;

/** MULTI, EXEC, DISCARD, WATCH, UNWATCH. Redis: multi.c. */
final class TransactionCommands {
    private TransactionCommands() {}

    static List<Command> table() {
        String words = "noscript loading stale fast allow_busy @fast @transaction";
        Command watch = Command.session("watch", -2, words, TransactionCommands::watch);
        return List.of(
                Command.session("multi", 1, words, TransactionCommands::multi),
                Command.session(
                        "exec", 1, "noscript loading stale skip_slowlog @slow @transaction", TransactionCommands::exec),
                Command.session("discard", 1, words, TransactionCommands::discard),
                new Command(
                        watch.name(),
                        watch.arity(),
                        watch.flags(),
                        watch.categories(),
                        KeySpec.range(1, -1, 1),
                        null,
                        watch.session()),
                Command.session("unwatch", 1, words, call -> {
                    call.session().transaction().unwatch();
                    call.reply().ok();
                }));
    }

    private static void multi(SessionCall call) {
        Transaction transaction = call.session().transaction();
        if (transaction.open()) {
            call.reply().error("ERR MULTI calls can not be nested");
            return;
        }
        transaction.begin();
        call.reply().ok();
    }

    private static void exec(SessionCall call) {
        Transaction transaction = call.session().transaction();
        if (!transaction.open()) {
            call.reply().error("ERR EXEC without MULTI");
            return;
        }
        transaction.execute(call);
    }

    private static void discard(SessionCall call) {
        Transaction transaction = call.session().transaction();
        if (!transaction.open()) {
            call.reply().error("ERR DISCARD without MULTI");
            return;
        }
        transaction.discard();
        call.reply().ok();
    }

    private static void watch(SessionCall call) {
        Transaction transaction = call.session().transaction();
        if (transaction.open()) {
            call.reply().error("ERR WATCH inside MULTI is not allowed");
            return;
        }
        Args args = call.args();
        for (int i = 1; i < args.count(); i++) {
            transaction.watch(args.address(i), args.length(i));
        }
        call.reply().ok();
    }
}
