package io.cairn.command;

import io.cairn.keyspace.AccessTracking;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import java.util.List;

/** OBJECT: how a value is kept. Redis: objectCommand. */
final class ObjectCommands {
    /** Longest string that Redis embeds in its object. Redis: OBJ_ENCODING_EMBSTR_SIZE_LIMIT. */
    private static final int EMBEDDED_LIMIT = 44;
    /** Numbers from 0 up to this are one shared object in Redis. Redis: OBJ_SHARED_INTEGERS. */
    private static final int SHARED_NUMBERS = 10_000;

    private static final String SWITCHING =
            "Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";

    private ObjectCommands() {}

    static List<Command> table() {
        KeySpec two = KeySpec.range(2, 2, 1);
        String words = "readonly @keyspace @read @slow";
        return List.of(
                Command.data("object|encoding", 3, words, two, ObjectCommands::encoding),
                Command.data("object|refcount", 3, words, two, ObjectCommands::refcount),
                Command.data("object|idletime", 3, words, two, ObjectCommands::idletime),
                Command.data("object|freq", 3, words, two, ObjectCommands::freq),
                Command.session("object|help", 2, "loading stale @keyspace @slow", ObjectCommands::help));
    }

    private static void encoding(Call call) {
        if (!call.look(2, call.value)) {
            call.reply().nil();
            return;
        }
        call.reply().bulk(encodingName(call.value));
    }

    /** The name of a value's encoding, as Redis 7.0 has it. */
    static String encodingName(Value value) {
        return switch (value.type) {
            case STRING ->
                switch (value.encoding) {
                    case Value.INT -> "int";
                    case Value.BYTES -> value.length <= EMBEDDED_LIMIT ? "embstr" : "raw";
                    default -> "raw";
                };
            // As Redis 7.0, which knows neither a list nor a set in one listpack.
            case LIST -> "quicklist";
            case SET -> value.encoding == Value.INTSET ? "intset" : "hashtable";
            case HASH -> value.encoding == Value.LISTPACK ? "listpack" : "hashtable";
            case ZSET -> value.encoding == Value.LISTPACK ? "listpack" : "skiplist";
            case STREAM -> "stream";
        };
    }

    private static void refcount(Call call) {
        if (!call.look(2, call.value)) {
            call.reply().nil();
            return;
        }
        call.reply().number(references(call.value));
    }

    /** The references that Redis's object of such a value has. */
    static int references(Value value) {
        boolean shared = value.type == ValueType.STRING
                && value.encoding == Value.INT
                && value.number >= 0
                && value.number < SHARED_NUMBERS;
        return shared ? Integer.MAX_VALUE : 1;
    }

    private static void idletime(Call call) {
        if (!call.look(2, call.value)) {
            call.reply().nil();
            return;
        }
        AccessTracking access = call.keyspace.access();
        if (access.lfu()) {
            call.reply().error("ERR An LFU maxmemory policy is selected, idle time not tracked. " + SWITCHING);
        } else {
            call.reply().number(access.idleSeconds(call.value.access, call.now()));
        }
    }

    private static void freq(Call call) {
        if (!call.look(2, call.value)) {
            call.reply().nil();
            return;
        }
        AccessTracking access = call.keyspace.access();
        if (access.lfu()) {
            call.reply().number(access.frequency(call.value.access, call.now()));
        } else {
            call.reply()
                    .error("ERR An LFU maxmemory policy is not selected, access frequency not tracked. " + SWITCHING);
        }
    }

    private static void help(SessionCall call) {
        HelpText.reply(
                call.reply(),
                "OBJECT",
                "ENCODING <key>",
                "    How the value of <key> is kept in memory.",
                "FREQ <key>",
                "    The logarithmic access frequency of <key>, under an LFU eviction policy.",
                "IDLETIME <key>",
                "    Seconds since <key> was last read or written, about.",
                "REFCOUNT <key>",
                "    How many references the value of <key> has.");
    }
}
