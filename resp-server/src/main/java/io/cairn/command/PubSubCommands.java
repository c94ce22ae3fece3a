package io.cairn.command;

import io.cairn.command.Subscriptions.Kind;
import java.util.ArrayList;
import java.util.List;

/** SUBSCRIBE, PUBLISH and their kin, PUBSUB. Redis: pubsub.c. */
final class PubSubCommands {
    private static final String TOO_LONG = "ERR channel and message exceed " + PubSub.MAX_MESSAGE_BYTES + " bytes";

    private PubSubCommands() {}

    static List<Command> table() {
        String subscribe = "pubsub noscript loading stale @pubsub @slow";
        String publish = "pubsub loading stale fast may_replicate @pubsub @fast";
        String inspect = "pubsub loading stale @pubsub @slow";
        return List.of(
                Command.session("subscribe", -2, subscribe, call -> subscribe(call, Kind.CHANNEL)),
                Command.session("unsubscribe", -1, subscribe, call -> unsubscribe(call, Kind.CHANNEL)),
                Command.session("psubscribe", -2, subscribe, call -> subscribe(call, Kind.PATTERN)),
                Command.session("punsubscribe", -1, subscribe, call -> unsubscribe(call, Kind.PATTERN)),
                channels("ssubscribe", -2, subscribe, -1, PubSubCommands::ssubscribe),
                channels("sunsubscribe", -1, subscribe, -1, call -> unsubscribe(call, Kind.SHARD)),
                Command.session("publish", 3, publish, call -> publish(call, Kind.CHANNEL)),
                channels("spublish", 3, publish, 1, call -> publish(call, Kind.SHARD)),
                Command.session("pubsub|channels", -2, inspect, call -> channels(call, Kind.CHANNEL)),
                Command.session("pubsub|numsub", -2, inspect, call -> numsub(call, Kind.CHANNEL)),
                Command.session(
                        "pubsub|numpat",
                        2,
                        inspect,
                        call -> call.reply().number(call.server().pubSub().names(Kind.PATTERN))),
                Command.session("pubsub|shardchannels", -2, inspect, call -> channels(call, Kind.SHARD)),
                Command.session("pubsub|shardnumsub", -2, inspect, call -> numsub(call, Kind.SHARD)),
                Command.session("pubsub|help", 2, "loading stale @slow", PubSubCommands::help));
    }

    /** A command whose arguments are shard channels: in a cluster they have slots as keys have. */
    private static Command channels(String name, int arity, String words, int last, SessionHandler handler) {
        Command plain = Command.session(name, arity, words, handler);
        return new Command(
                name, arity, plain.flags(), plain.categories(), KeySpec.range(1, last, 1), null, plain.session());
    }

    private static void subscribe(SessionCall call, Kind kind) {
        Subscriptions mine = call.session().subscriptions();
        Args args = call.args();
        for (int i = 1; i < args.count(); i++) {
            mine.add(kind, args.bytes(i));
            head(call.reply(), kind, "subscribe");
            call.reply().bulk(args.address(i), args.length(i));
            call.reply().number(mine.shown(kind));
        }
    }

    /** Not in MULTI, unlike the others. */
    private static void ssubscribe(SessionCall call) {
        if (call.inTransaction()) {
            call.reply().error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
            return;
        }
        subscribe(call, Kind.SHARD);
    }

    private static void unsubscribe(SessionCall call, Kind kind) {
        Subscriptions mine = call.session().subscriptions();
        Args args = call.args();
        if (args.count() > 1) {
            for (int i = 1; i < args.count(); i++) {
                unsubscribe(call, mine, kind, args.bytes(i));
            }
            return;
        }
        List<byte[]> names = mine.names(kind);
        if (names.isEmpty()) {
            head(call.reply(), kind, "unsubscribe");
            call.reply().nil();
            call.reply().number(mine.shown(kind));
        }
        for (byte[] name : names) {
            unsubscribe(call, mine, kind, name);
        }
    }

    private static void unsubscribe(SessionCall call, Subscriptions mine, Kind kind, byte[] name) {
        mine.remove(kind, name);
        head(call.reply(), kind, "unsubscribe");
        call.reply().bulk(name);
        call.reply().number(mine.shown(kind));
    }

    /** The beginning of an answer: one push for each name, not one reply for each command. */
    private static void head(Reply reply, Kind kind, String what) {
        reply.push(3);
        reply.bulk(
                switch (kind) {
                    case CHANNEL -> what;
                    case PATTERN -> "p" + what;
                    case SHARD -> "s" + what;
                });
    }

    private static void publish(SessionCall call, Kind kind) {
        Args args = call.args();
        if ((long) args.length(1) + args.length(2) > PubSub.MAX_MESSAGE_BYTES) {
            call.reply().error(TOO_LONG);
            return;
        }
        int receivers = call.server().pubSub().publish(kind, args.bytes(1), args.bytes(2));
        if (call.server().identity().mode().equals("standalone")) {
            // In a cluster messages reach every node by themselves.
            call.server().followers().tell(call.session().database(), args);
        }
        call.reply().number(receivers);
    }

    /** PUBSUB CHANNELS [pattern], PUBSUB SHARDCHANNELS [pattern]. */
    private static void channels(SessionCall call, Kind kind) {
        Args args = call.args();
        if (args.count() > 3) {
            call.reply().error(ErrorText.subcommand("PUBSUB", args.text(1)));
            return;
        }
        GlobPattern pattern = args.count() == 3 ? new GlobPattern(args.bytes(2), false) : null;
        List<byte[]> names = new ArrayList<>();
        call.server().pubSub().forEachName(kind, name -> {
            if (pattern == null || pattern.matches(name)) {
                names.add(name);
            }
        });
        call.reply().array(names.size());
        names.forEach(call.reply()::bulk);
    }

    /** PUBSUB NUMSUB [channel ...], PUBSUB SHARDNUMSUB [channel ...]. */
    private static void numsub(SessionCall call, Kind kind) {
        Args args = call.args();
        call.reply().array((args.count() - 2) * 2);
        for (int i = 2; i < args.count(); i++) {
            call.reply().bulk(args.address(i), args.length(i));
            call.reply().number(call.server().pubSub().subscribers(kind, args.bytes(i)));
        }
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "PUBSUB",
                "CHANNELS [<pattern>]",
                "    The channels that somebody listens to, or those that match <pattern>.",
                "NUMPAT",
                "    How many patterns somebody listens to.",
                "NUMSUB [<channel> ...]",
                "    How many listen to each channel, by its name and not by a pattern.",
                "SHARDCHANNELS [<pattern>]",
                "    As CHANNELS, for shard channels.",
                "SHARDNUMSUB [<shardchannel> ...]",
                "    As NUMSUB, for shard channels.");
    }
}
