package io.cairn.command;

import io.cairn.command.ServerState.Shutdown;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Commands about the server as a whole. Redis: server.c, rdb.c, aof.c, debug.c. */
final class ServerCommands {
    private static final long MICROS_PER_SECOND = 1_000_000;

    private final InfoSections info;
    private final Replication replication;
    private final DebugCommands debug = new DebugCommands();
    /** One SAVE at a time; more would only wait for the first, each on a thread of its own. */
    private final AtomicBoolean saving = new AtomicBoolean();

    ServerCommands(Replication replication, ProcessFigures process) {
        this.info = new InfoSections(replication, process);
        this.replication = replication;
    }

    List<Command> table() {
        String admin = "admin noscript no_async_loading @admin @slow @dangerous";
        return List.of(
                Command.session("info", -1, "loading stale @slow @dangerous", this::info),
                Command.session("time", 1, "loading stale fast @fast", ServerCommands::time),
                Command.session("role", 1, "noscript loading stale fast @admin @fast @dangerous", this::role),
                Command.session(
                        "monitor", 1, "admin noscript loading stale @admin @slow @dangerous", ServerCommands::monitor),
                Command.session("lastsave", 1, "loading stale fast @admin @fast @dangerous", ServerCommands::lastsave),
                Command.session("save", 1, admin + " no_multi", this::save),
                Command.session("bgsave", -1, admin, ServerCommands::bgsave),
                Command.session("bgrewriteaof", 1, admin, ServerCommands::bgrewriteaof),
                Command.session(
                        "shutdown",
                        -1,
                        "admin noscript loading stale no_multi allow_busy @admin @slow @dangerous",
                        ServerCommands::shutdown),
                Command.session("lolwut", -1, "readonly fast @read @fast", ServerCommands::lolwut),
                Command.session("debug", -2, "admin noscript loading stale @admin @slow @dangerous", debug::debug),
                Command.session(
                        "module|list",
                        2,
                        "admin noscript @admin @slow @dangerous",
                        call -> call.reply().array(0)),
                Command.session("module|help", 2, "loading stale @slow", ServerCommands::moduleHelp));
    }

    private void info(SessionCall call) {
        List<String> names = new ArrayList<>();
        for (int i = 1; i < call.args().count(); i++) {
            names.add(call.args().text(i));
        }
        call.reply().verbatim(info.text(call.server(), names));
    }

    private static void time(SessionCall call) {
        long micros = call.server().micros();
        call.reply().array(2);
        call.reply().bulkNumber(micros / MICROS_PER_SECOND);
        call.reply().bulkNumber(micros % MICROS_PER_SECOND);
    }

    /** Redis: roleCommand. */
    private void role(SessionCall call) {
        Replication.View view = replication.view();
        Replication.Primary primary = view.primary();
        Reply reply = call.reply();
        if (primary != null) {
            reply.array(5);
            reply.bulk("slave");
            reply.bulk(primary.host());
            reply.number(primary.port());
            reply.bulk(primary.state());
            reply.number(primary.linkUp() ? view.offset() : -1);
            return;
        }
        List<Replication.Replica> online = view.replicas().stream()
                .filter(replica -> replica.state().equals("online"))
                .toList();
        reply.array(3);
        reply.bulk("master");
        reply.number(view.offset());
        reply.array(online.size());
        for (Replication.Replica replica : online) {
            reply.array(3);
            reply.bulk(replica.host());
            reply.bulkNumber(replica.port());
            reply.bulkNumber(replica.offset());
        }
    }

    /** Redis: monitorCommand; a second one is not even answered. */
    private static void monitor(SessionCall call) {
        if (call.inTransaction()) {
            call.reply().error("ERR MONITOR isn't allowed for DENY BLOCKING client");
        } else if (!call.session().follows() && call.session().monitor()) {
            call.reply().ok();
        }
    }

    private static void lastsave(SessionCall call) {
        call.reply().number(call.server().lastSaveSeconds());
    }

    private void save(SessionCall call) {
        if (!saving.compareAndSet(false, true)) {
            call.reply().error("ERR Background save already in progress");
            return;
        }
        Persistence persistence = call.server().persistence();
        SessionCall.Later later = call.later();
        Thread thread = new Thread(() -> save(persistence, later), "save");
        thread.setDaemon(true);
        thread.start();
    }

    private void save(Persistence persistence, SessionCall.Later later) {
        String error;
        try {
            error = persistence.save();
        } finally {
            saving.set(false);
        }
        later.complete(reply -> {
            if (error == null) {
                reply.ok();
            } else {
                reply.error(error);
            }
        });
    }

    private static void bgsave(SessionCall call) {
        Args args = call.args();
        boolean schedule = args.count() == 2 && args.is(1, "schedule");
        if (args.count() > 1 && !schedule) {
            call.reply().error(ErrorText.SYNTAX);
            return;
        }
        try {
            call.reply().simple(call.server().persistence().backgroundSave(schedule));
        } catch (Persistence.Refused e) {
            call.reply().error(ErrorText.message(e));
        }
    }

    private static void bgrewriteaof(SessionCall call) {
        try {
            call.reply().simple(call.server().persistence().rewriteLog());
        } catch (Persistence.Refused e) {
            call.reply().error(ErrorText.message(e));
        }
    }

    /** SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]. Redis: shutdownCommand. */
    private static void shutdown(SessionCall call) {
        Args args = call.args();
        boolean save = false;
        boolean nosave = false;
        boolean force = false;
        boolean now = false;
        boolean abort = false;
        for (int i = 1; i < args.count(); i++) {
            if (args.is(i, "nosave")) {
                nosave = true;
            } else if (args.is(i, "save")) {
                save = true;
            } else if (args.is(i, "now")) {
                now = true;
            } else if (args.is(i, "force")) {
                force = true;
            } else if (args.is(i, "abort")) {
                abort = true;
            } else {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
        }
        if ((abort && (save || nosave || force || now)) || (save && nosave)) {
            call.reply().error(ErrorText.SYNTAX);
        } else if (abort) {
            if (call.server().abortShutdown()) {
                call.reply().ok();
            } else {
                call.reply().error("ERR No shutdown in progress.");
            }
        } else if (!nosave && call.server().scripts().busy()) {
            call.reply().error(call.server().scripts().busyError());
        } else {
            shutdown(
                    call,
                    nosave ? Shutdown.NOSAVE : force ? Shutdown.FORCE : save ? Shutdown.SAVE : Shutdown.DEFAULT,
                    now);
        }
    }

    /** There is no reply to a SHUTDOWN that works: the connection waits until the process closes it. */
    private static void shutdown(SessionCall call, Shutdown how, boolean now) {
        ServerState server = call.server();
        SessionCall.Later later = call.later();
        // Saving blocks, which an event loop may not. A second SHUTDOWN meanwhile is the node's to refuse.
        Thread thread = new Thread(
                () -> {
                    String error = server.shutdown(how, now);
                    if (error != null) {
                        later.complete(reply -> reply.error(error));
                    }
                },
                "shutdown");
        thread.setDaemon(true);
        thread.start();
    }

    private static void moduleHelp(SessionCall call) {
        HelpText.reply(call.reply(), "MODULE", "LIST", "    The modules there are: none, they cannot be loaded here.");
    }

    /** LOLWUT [VERSION n ...]: a cairn, and the versions, which is what tools read it for. */
    private static void lolwut(SessionCall call) {
        String cairn = """
                      __
                    _(__)_
                   (______)
                 _(______)__
                (___________)

                """;
        call.reply().verbatim(cairn + "Redis ver. " + Release.REDIS_VERSION + " (Cairn " + Release.VERSION + ")\n");
    }
}
