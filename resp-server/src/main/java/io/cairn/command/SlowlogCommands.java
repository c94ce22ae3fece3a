package io.cairn.command;

import java.util.List;

/** SLOWLOG. Redis: slowlog.c. */
final class SlowlogCommands {
    private static final int DEFAULT_COUNT = 10;

    private SlowlogCommands() {}

    static List<Command> table() {
        String words = "admin loading stale @admin @slow @dangerous";
        return List.of(
                Command.session("slowlog|get", -2, words, SlowlogCommands::get),
                Command.session(
                        "slowlog|len",
                        2,
                        words,
                        call -> call.reply().number(call.server().slowLog().size())),
                Command.session("slowlog|reset", 2, words, SlowlogCommands::reset),
                Command.session("slowlog|help", 2, "loading stale @slow", SlowlogCommands::help));
    }

    private static void get(SessionCall call) {
        Args args = call.args();
        if (args.count() > 3) {
            call.reply().error(ErrorText.subcommand("SLOWLOG", args.text(1)));
            return;
        }
        long count = DEFAULT_COUNT;
        if (args.count() == 3) {
            boolean number = Decimal.fits(args.address(2), args.length(2));
            count = number ? Decimal.parse(args.address(2), args.length(2)) : Long.MIN_VALUE;
            if (count < -1) {
                call.reply().error("ERR count should be greater than or equal to -1");
                return;
            }
        }
        int limit = count == -1 ? Integer.MAX_VALUE : (int) Math.min(count, Integer.MAX_VALUE);
        List<SlowLog.Entry> entries = call.server().slowLog().newest(limit);
        Reply reply = call.reply();
        reply.array(entries.size());
        for (SlowLog.Entry entry : entries) {
            reply.array(6);
            reply.number(entry.id());
            reply.number(entry.timeSeconds());
            reply.number(entry.micros());
            reply.array(entry.arguments().size());
            entry.arguments().forEach(reply::bulk);
            reply.bulk(entry.address());
            reply.bulk(entry.clientName());
        }
    }

    private static void reset(SessionCall call) {
        call.server().slowLog().clear();
        call.reply().ok();
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "SLOWLOG",
                "GET [<count>]",
                "    The newest <count> slow calls (10 unless said, -1 for all), each as:",
                "    id, Unix time, microseconds, arguments, client address, client name.",
                "LEN",
                "    How many calls the log holds.",
                "RESET",
                "    Empty the log.");
    }
}
