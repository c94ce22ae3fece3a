package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.collection.StreamConsumer;
import io.cairn.keyspace.collection.StreamGroup;
import io.cairn.keyspace.collection.StreamId;
import io.cairn.keyspace.collection.StreamObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Consumer groups: XGROUP, XACK, and reading, XREAD included. Redis: t_stream.c. */
final class StreamGroupCommands {
    private StreamGroupCommands() {}

    static List<Command> table() {
        KeySpec one = KeySpec.range(1, 1, 1);
        KeySpec two = KeySpec.range(2, 2, 1);
        KeySpec streams = KeySpec.movable(StreamRead::keys);
        String writes = "write @write @stream @slow";
        String adds = "write denyoom @write @stream @slow";
        return List.of(
                Command.data(
                        "xread",
                        -4,
                        "readonly blocking @read @stream @slow @blocking",
                        streams,
                        call -> xread(call, false)),
                Command.data(
                        "xreadgroup",
                        -7,
                        "write blocking @write @stream @slow @blocking",
                        streams,
                        call -> xread(call, true)),
                Command.data("xgroup|create", -5, adds, two, StreamGroupCommands::create),
                Command.data("xgroup|setid", -5, writes, two, StreamGroupCommands::setId),
                Command.data("xgroup|destroy", 4, writes, two, StreamGroupCommands::destroy),
                Command.data("xgroup|createconsumer", 5, adds, two, StreamGroupCommands::createConsumer),
                Command.data("xgroup|delconsumer", 5, writes, two, StreamGroupCommands::deleteConsumer),
                Command.session("xgroup|help", 2, "loading stale @stream @slow", StreamGroupCommands::help),
                Command.data("xack", -4, "write fast @write @stream @fast", one, StreamGroupCommands::xack));
    }

    /**
     * XREAD and XREADGROUP. A call that is to wait (BLOCK) answers what it would answer at its timeout, if there is nothing.
     */
    private static void xread(Call call, boolean grouped) {
        StreamRead read = StreamRead.parse(call, grouped);
        if (read != null && read.resolve() && !read.serve()) {
            call.reply().nilArray();
            read.wouldBlock();
        }
    }

    /** The consumer of a name, seen now; made if there is none. The change has begun. Redis: streamLookupConsumer, streamCreateConsumer. */
    static StreamConsumer consumer(Call call, StreamGroup group, int argument, StreamChange change) {
        byte[] name = call.args.bytes(argument);
        StreamConsumer consumer = group.consumer(name);
        if (consumer == null) {
            consumer = group.create(name, call.now());
            change.event("xgroup-createconsumer");
        }
        consumer.seen(call.now());
        return consumer;
    }

    /** Options of XGROUP CREATE and SETID. */
    private static final class Options {
        private boolean makeStream;
        private long entriesRead = StreamGroup.UNKNOWN;

        static @Nullable Options parse(Call call, boolean create) {
            Args args = call.args;
            Options options = new Options();
            for (int i = 5; i < args.count(); i++) {
                if (create && args.is(i, "mkstream")) {
                    options.makeStream = true;
                } else if (args.is(i, "entriesread") && i + 1 < args.count()) {
                    i++;
                    if (!CounterCommands.isInteger(call, i)) {
                        return null;
                    }
                    options.entriesRead = Decimal.parse(args.address(i), args.length(i));
                    if (options.entriesRead < 0 && options.entriesRead != StreamGroup.UNKNOWN) {
                        call.reply().error("ERR value for ENTRIESREAD must be positive or -1");
                        return null;
                    }
                } else {
                    syntax(call);
                    return null;
                }
            }
            return options;
        }
    }

    private static void syntax(Call call) {
        call.reply().error(ErrorText.subcommand("XGROUP", ErrorText.argument(call.args, 1)));
    }

    /** Finds the key of an XGROUP subcommand into {@code call.value}; answers the error if it is not there or no stream. */
    private static boolean isThere(Call call) {
        if (StringCommands.find(call, 2)) {
            return StreamCommands.isStream(call);
        }
        call.reply()
                .error(
                        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the "
                                + "MKSTREAM option to create an empty stream automatically.");
        return false;
    }

    /** The group that argument 3 names of the stream of argument 2; null after an error that was answered. */
    private static @Nullable StreamGroup group(Call call) {
        if (!isThere(call)) {
            return null;
        }
        StreamGroup group = StreamCommands.stream(call).group(call.args.bytes(3));
        if (group == null) {
            call.reply().error(noGroup(call.args, 3, 2));
        }
        return group;
    }

    static String noGroup(Args args, int group, int key) {
        return "NOGROUP No such consumer group '" + ErrorText.argument(args, group) + "' for key name '"
                + ErrorText.argument(args, key) + "'";
    }

    private static boolean isLast(Call call, int i) {
        return call.args.length(i) == 1 && Memory.getByte(call.args.address(i)) == '$';
    }

    /** XGROUP CREATE key group id | $ [MKSTREAM] [ENTRIESREAD n]. */
    private static void create(Call call) {
        Options options = Options.parse(call, true);
        if (options == null) {
            return;
        }
        boolean there;
        if (options.makeStream) {
            there = StringCommands.find(call, 2);
            if (there && !StreamCommands.isStream(call)) {
                return;
            }
        } else {
            there = true;
            if (!isThere(call)) {
                return;
            }
        }
        if (call.args.count() > 8) {
            syntax(call);
            return;
        }
        StreamId id = new StreamId();
        if (isLast(call, 4)) {
            if (there) {
                id.set(StreamCommands.stream(call).last());
            }
        } else if (!StreamIds.isId(call, 4, id)) {
            return;
        }
        byte[] name = call.args.bytes(3);
        if (!there) {
            StreamObject stream = new StreamObject();
            stream.create(name, id, options.entriesRead);
            StreamCommands.store(call, 2, stream);
            call.changed();
        } else if (StreamCommands.stream(call).group(name) != null) {
            call.reply().error("BUSYGROUP Consumer Group name already exists");
            return;
        } else {
            try (StreamChange change = new StreamChange(call, 2)) {
                change.begin();
                change.stream.create(name, id, options.entriesRead);
            }
        }
        call.event(StreamCommands.EVENT, "xgroup-create", 2);
        call.reply().ok();
    }

    /** XGROUP SETID key group id | $ [ENTRIESREAD n]. */
    private static void setId(Call call) {
        Options options = Options.parse(call, false);
        if (options == null) {
            return;
        }
        StreamGroup group = group(call);
        if (group == null) {
            return;
        }
        if (call.args.count() != 5 && call.args.count() != 7) {
            syntax(call);
            return;
        }
        StreamId id = new StreamId();
        if (isLast(call, 4)) {
            id.set(StreamCommands.stream(call).last());
        } else if (!StreamIds.isAnyId(call, 4, id)) {
            return;
        }
        try (StreamChange change = new StreamChange(call, 2)) {
            change.begin();
            group.last().set(id);
            group.entriesRead(options.entriesRead);
            change.event("xgroup-setid");
        }
        call.reply().ok();
    }

    private static void destroy(Call call) {
        if (!isThere(call)) {
            return;
        }
        StreamGroup group = StreamCommands.stream(call).group(call.args.bytes(3));
        if (group != null) {
            try (StreamChange change = new StreamChange(call, 2)) {
                change.begin();
                change.stream.destroy(group);
                change.event("xgroup-destroy");
            }
        }
        call.reply().number(group == null ? 0 : 1);
    }

    private static void createConsumer(Call call) {
        StreamGroup group = group(call);
        if (group == null) {
            return;
        }
        byte[] name = call.args.bytes(4);
        boolean absent = group.consumer(name) == null;
        if (absent) {
            try (StreamChange change = new StreamChange(call, 2)) {
                change.begin();
                group.create(name, call.now());
                change.event("xgroup-createconsumer");
            }
        }
        call.reply().number(absent ? 1 : 0);
    }

    private static void deleteConsumer(Call call) {
        StreamGroup group = group(call);
        if (group == null) {
            return;
        }
        StreamConsumer consumer = group.consumer(call.args.bytes(4));
        long pending = 0;
        if (consumer != null) {
            pending = consumer.pending();
            try (StreamChange change = new StreamChange(call, 2)) {
                change.begin();
                group.delete(consumer);
                change.event("xgroup-delconsumer");
            }
        }
        call.reply().number(pending);
    }

    /** XACK key group id [id ...]. */
    private static void xack(Call call) {
        StreamGroup group = null;
        if (call.find(1, call.value)) {
            if (!StreamCommands.isStream(call)) {
                return;
            }
            group = StreamCommands.stream(call).group(call.args.bytes(2));
        }
        if (group == null) {
            call.reply().number(0);
            return;
        }
        long[] ids = StreamIds.all(call, 3);
        if (ids != null) {
            call.reply().number(acknowledge(call, group, ids));
        }
    }

    private static int acknowledge(Call call, StreamGroup group, long[] ids) {
        int acknowledged = 0;
        StreamId id = new StreamId();
        try (StreamChange change = new StreamChange(call, 1)) {
            for (int i = 0; i < ids.length; i += 2) {
                id.set(ids[i], ids[i + 1]);
                if (group.isPending(id)) {
                    change.begin();
                    group.acknowledge(id);
                    acknowledged++;
                }
            }
        }
        return acknowledged;
    }

    /** The group that argument 2 names of the stream that {@code call.value} is; null after an error that was answered. */
    static @Nullable StreamGroup groupOf(Call call, boolean there) {
        StreamGroup group = there ? StreamCommands.stream(call).group(call.args.bytes(2)) : null;
        if (group == null) {
            call.reply()
                    .error("NOGROUP No such key '" + ErrorText.argument(call.args, 1) + "' or consumer group '"
                            + ErrorText.argument(call.args, 2) + "'");
        }
        return group;
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "XGROUP",
                "CREATE <key> <groupname> <id|$> [option]",
                "    Make a consumer group. Options:",
                "    * MKSTREAM",
                "      Make the stream, too, if it is not there.",
                "    * ENTRIESREAD entries_read",
                "      How many entries count as read.",
                "CREATECONSUMER <key> <groupname> <consumer>",
                "    Make a consumer of a group.",
                "DELCONSUMER <key> <groupname> <consumer>",
                "    Remove a consumer and what is pending with it.",
                "DESTROY <key> <groupname>",
                "    Remove a group.",
                "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
                "    Set the last id and the number of entries that a group has read.");
    }
}
