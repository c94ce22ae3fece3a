package io.cairn.command;

import io.cairn.keyspace.Database;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Commands that look at many keys. Redis: keysCommand, scanGenericCommand, randomkeyCommand, dbsizeCommand. */
final class ScanCommands {
    private static final int DEFAULT_COUNT = 10;

    private ScanCommands() {}

    static List<Command> table() {
        return List.of(
                Command.data("keys", 2, "readonly @keyspace @read @slow @dangerous", KeySpec.ALL, ScanCommands::keys),
                Command.data("scan", -2, "readonly @keyspace @read @slow", KeySpec.NONE, ScanCommands::scan),
                Command.data("randomkey", 1, "readonly @keyspace @read @slow", KeySpec.ALL, ScanCommands::randomkey),
                Command.data("dbsize", 1, "readonly fast @keyspace @read @fast", KeySpec.ALL, ScanCommands::dbsize));
    }

    /** Two passes, so that the keys need not be kept: one counts, one answers; all stripes are locked meanwhile. */
    private static void keys(Call call) {
        GlobPattern pattern = new GlobPattern(call.args.bytes(1), false);
        int[] count = {0};
        visit(call, pattern, (key, length, value) -> count[0]++);
        Reply reply = call.reply();
        reply.array(count[0]);
        visit(call, pattern, (key, length, value) -> reply.bulk(key, length));
    }

    private static void visit(Call call, GlobPattern pattern, Database.KeyVisitor visitor) {
        boolean all = pattern.matchesAll();
        long now = call.now();
        for (int stripe = 0; stripe < call.keyspace.stripes(); stripe++) {
            call.database().forEach(stripe, now, (key, length, value) -> {
                if (all || pattern.matches(key, length)) {
                    visitor.visit(key, length, value);
                }
            });
        }
    }

    /** SCAN cursor [MATCH pattern] [COUNT n] [TYPE type]. Redis: scanGenericCommand. */
    private static void scan(Call call) {
        Args args = call.args;
        Long cursor = cursor(args.text(1));
        if (cursor == null) {
            call.reply().error("ERR invalid cursor");
            return;
        }
        long count = DEFAULT_COUNT;
        GlobPattern pattern = null;
        String type = null;
        for (int i = 2; i < args.count(); i += 2) {
            if (i + 1 < args.count() && args.is(i, "count")) {
                if (!CounterCommands.isInteger(call, i + 1)) {
                    return;
                }
                count = Decimal.parse(args.address(i + 1), args.length(i + 1));
                if (count < 1) {
                    call.reply().error(ErrorText.SYNTAX);
                    return;
                }
            } else if (i + 1 < args.count() && args.is(i, "match")) {
                pattern = new GlobPattern(args.bytes(i + 1), false);
            } else if (i + 1 < args.count() && args.is(i, "type")) {
                type = ErrorText.argument(args, i + 1).toLowerCase(Locale.ROOT);
            } else {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
        }
        List<byte[]> found = new ArrayList<>();
        Filter filter = new Filter(pattern == null || pattern.matchesAll() ? null : pattern, type, found);
        long next = call.database().scan(cursor, (int) Math.min(count, Integer.MAX_VALUE), call.now(), filter);
        Reply reply = call.reply();
        reply.array(2);
        reply.bulk(Long.toUnsignedString(next));
        reply.array(found.size());
        for (byte[] key : found) {
            reply.bulk(key);
        }
    }

    /** A cursor as C's strtoul reads it, the empty text included; null if it is none. Redis: parseScanCursorOrReply. */
    static @Nullable Long cursor(String text) {
        int nul = text.indexOf(0);
        String c = nul < 0 ? text : text.substring(0, nul);
        if (c.isEmpty()) {
            return 0L;
        }
        boolean signed = c.charAt(0) == '-' || c.charAt(0) == '+';
        if (c.length() == (signed ? 1 : 0) || !c.chars().skip(signed ? 1 : 0).allMatch(d -> d >= '0' && d <= '9')) {
            return null;
        }
        try {
            long cursor = Long.parseUnsignedLong(signed ? c.substring(1) : c);
            return c.charAt(0) == '-' ? -cursor : cursor;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static void randomkey(Call call) {
        byte[] key = call.database().randomKey(call.seed(), call.now());
        if (key == null) {
            call.reply().nil();
        } else {
            call.reply().bulk(key);
        }
    }

    private static void dbsize(Call call) {
        call.reply().number(call.database().size());
    }

    /** Collects the keys of one SCAN step that pass its filters. */
    private record Filter(
            @Nullable GlobPattern pattern, @Nullable String type, List<byte[]> found) implements Database.KeyVisitor {
        @Override
        public void visit(long key, int keyLength, Value value) {
            if ((pattern == null || pattern.matches(key, keyLength))
                    && (type == null || type.equals(value.type.redisName()))) {
                found.add(Memory.bytes(key, keyLength));
            }
        }
    }
}
