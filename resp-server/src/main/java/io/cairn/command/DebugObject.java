package io.cairn.command;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Keyspace;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Slots;
import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.Listpack;
import io.cairn.keyspace.collection.QuickList;
import io.cairn.rdb.DumpPayload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** DEBUG OBJECT, LISTPACK and QUICKLIST: how one value is kept. Expired keys that still lie there count. */
final class DebugObject {
    private static final Logger LOG = LoggerFactory.getLogger(DebugObject.class);
    /** Most elements that are written to the log, and most bytes of each. */
    private static final int SHOWN_ELEMENTS = 1000;

    private static final int SHOWN_BYTES = 40;

    private DebugObject() {}

    /** Looks the key at argument 2 up and shows it under its stripe's lock; answers an error when it is absent. */
    private static void with(SessionCall call, Consumer<Value> show) {
        Args args = call.args();
        Keyspace keyspace = call.server().keyspace();
        Database database = keyspace.database(call.session().database());
        int stripe = keyspace.stripeOf(Slots.of(args.address(2), args.length(2)));
        Value value = new Value();
        keyspace.lock(stripe);
        try {
            if (database.peek(args.address(2), args.length(2), 0, value)) {
                show.accept(value);
            } else {
                call.reply().error(ErrorText.NO_SUCH_KEY);
            }
        } finally {
            keyspace.unlock(stripe);
        }
    }

    static void object(SessionCall call) {
        long now = call.server().micros() / 1000;
        with(call, value -> {
            long serialized;
            try {
                serialized = DumpPayload.bodyBytes(value);
            } catch (IOException e) {
                call.reply().error("ERR " + e.getMessage());
                return;
            }
            call.reply()
                    .simple("Value at:0x" + Long.toHexString(value.address != 0 ? value.address : value.entry)
                            + " refcount:" + ObjectCommands.references(value)
                            + " encoding:" + ObjectCommands.encodingName(value)
                            + " serializedlength:" + serialized
                            + " lru:" + value.access
                            + " lru_seconds_idle:"
                            + call.server().keyspace().access().idleSeconds(value.access, now)
                            + quickList(call.server().keyspace(), value));
        });
    }

    private static String quickList(Keyspace keyspace, Value value) {
        if (value.type != ValueType.LIST) {
            return "";
        }
        long nodes = 1;
        long elements;
        long bytes;
        if (value.object instanceof QuickList list) {
            nodes = list.nodes();
            elements = list.elements();
            bytes = 0;
            for (long node = list.firstNode(); node != 0; node = QuickList.nodeAfter(node)) {
                bytes += QuickList.nodeBytes(node);
            }
        } else {
            elements = Listpack.count(value.address);
            bytes = value.length;
        }
        return String.format(
                Locale.ROOT,
                " ql_nodes:%d ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:0 ql_uncompressed_size:%d",
                nodes,
                (double) elements / Math.max(1, nodes),
                keyspace.encodingLimits().listNode,
                bytes);
    }

    static void listpack(SessionCall call) {
        with(call, value -> {
            if (ObjectCommands.encodingName(value).equals("listpack")) {
                LOG.warn("DEBUG LISTPACK {}{}", ErrorText.argument(call.args(), 2), shown(value.address));
                call.reply().simple("Listpack structure printed on stdout");
            } else {
                call.reply().error("ERR Not a listpack encoded object.");
            }
        });
    }

    static void quicklist(SessionCall call) {
        boolean full = call.args().count() == 4 && !call.args().is(3, "0");
        with(call, value -> {
            if (value.type != ValueType.LIST) {
                call.reply().error("ERR Not a quicklist encoded object.");
                return;
            }
            StringBuilder text = new StringBuilder(quickList(call.server().keyspace(), value));
            if (value.object instanceof QuickList list) {
                long node = list.firstNode();
                for (int i = 0; node != 0 && i < SHOWN_ELEMENTS; i++) {
                    boolean plain = QuickList.isPlain(node);
                    text.append("\n{node ").append(i).append(": ").append(plain ? "plain" : "packed");
                    text.append(", bytes ").append(QuickList.nodeBytes(node)).append('}');
                    text.append(full && !plain ? shown(QuickList.nodeAddress(node)) : "");
                    node = QuickList.nodeAfter(node);
                }
            } else {
                text.append(full ? shown(value.address) : "");
            }
            LOG.warn("DEBUG QUICKLIST {}:{}", ErrorText.argument(call.args(), 2), text);
            call.reply().simple("Quicklist structure printed on stdout");
        });
    }

    private static String shown(long listpack) {
        StringBuilder text = new StringBuilder();
        text.append("\n{total bytes ").append(Listpack.bytes(listpack));
        text.append("} {num entries ").append(Listpack.count(listpack)).append('}');
        int at = Listpack.first(listpack);
        for (int i = 0; at != Listpack.NONE && i < SHOWN_ELEMENTS; i++) {
            text.append("\n{").append(i).append(" at ").append(at).append("} ").append(element(listpack, at));
            at = Listpack.next(listpack, at);
        }
        return text.toString();
    }

    private static @Nullable String element(long listpack, int at) {
        if (Listpack.isNumber(listpack, at)) {
            return Long.toString(Listpack.number(listpack, at));
        }
        int length = Listpack.length(listpack, at);
        byte[] bytes = Memory.bytes(Listpack.address(listpack, at), Math.min(length, SHOWN_BYTES));
        String shown = new String(bytes, StandardCharsets.ISO_8859_1).replaceAll("[^\\x20-\\x7e]", "?");
        return '"' + shown + (length > SHOWN_BYTES ? "..." : "") + '"';
    }
}
