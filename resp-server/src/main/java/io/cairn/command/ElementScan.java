package io.cairn.command;

import io.cairn.keyspace.Value;
import io.cairn.keyspace.ValueType;
import io.cairn.keyspace.collection.ElementText;
import io.cairn.keyspace.collection.HashObject;
import io.cairn.keyspace.collection.HashReader;
import io.cairn.keyspace.collection.SetObject;
import io.cairn.keyspace.collection.SetReader;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** HSCAN and SSCAN: key cursor [MATCH pattern] [COUNT n]. A compact collection is answered at once. Redis: scanGenericCommand. */
final class ElementScan {
    private static final int DEFAULT_COUNT = 10;

    private final Reply reply;
    private long count = DEFAULT_COUNT;
    private @Nullable GlobPattern pattern;

    private ElementScan(Reply reply) {
        this.reply = reply;
    }

    static void hscan(Call call) {
        ElementScan scan = new ElementScan(call.reply());
        Long cursor = scan.begin(call, ValueType.HASH);
        if (cursor == null) {
            return;
        }
        Value hash = call.value;
        int from = HashReader.size(hash);
        int to = 0;
        if (hash.encoding == Value.OBJECT) {
            from = ((HashObject) Objects.requireNonNull(hash.object)).scanFrom(cursor);
            to = scan.end(from);
        }
        try (HashReader reader = new HashReader(hash, call.now())) {
            int found = 0;
            boolean all = scan.pattern == null && reader.live() == reader.size();
            for (int i = from - 1; i >= to && !all; i--) {
                reader.seek(i);
                found += scan.shows(reader) ? 1 : 0;
            }
            scan.head(to, 2 * (all ? from - to : found));
            for (int i = from - 1; i >= to; i--) {
                reader.seek(i);
                if (scan.shows(reader)) {
                    scan.answer(reader.field());
                    scan.answer(reader.value());
                }
            }
            call.database().hidElement(reader.hidden());
        }
    }

    static void sscan(Call call) {
        ElementScan scan = new ElementScan(call.reply());
        Long cursor = scan.begin(call, ValueType.SET);
        if (cursor == null) {
            return;
        }
        Value set = call.value;
        int from = SetReader.size(set);
        int to = 0;
        if (set.encoding == Value.OBJECT) {
            from = ((SetObject) Objects.requireNonNull(set.object)).scanFrom(cursor);
            to = scan.end(from);
        }
        try (SetReader reader = new SetReader(set)) {
            int found = 0;
            for (int i = from - 1; i >= to && scan.pattern != null; i--) {
                reader.seek(i);
                found += scan.matches(reader.member()) ? 1 : 0;
            }
            scan.head(to, scan.pattern == null ? from - to : found);
            for (int i = from - 1; i >= to; i--) {
                reader.seek(i);
                if (scan.matches(reader.member())) {
                    scan.answer(reader.member());
                }
            }
        }
    }

    /** Looks the key up and reads the options, in Redis's order; null when all is answered. */
    private @Nullable Long begin(Call call, ValueType type) {
        Long cursor = ScanCommands.cursor(call.args.text(2));
        if (cursor == null) {
            reply.error("ERR invalid cursor");
            return null;
        }
        if (!call.find(1, call.value)) {
            head(0, 0);
            return null;
        }
        return TypeCheck.is(call, call.value, type) && options(call) ? cursor : null;
    }

    private boolean options(Call call) {
        Args args = call.args;
        for (int i = 3; i < args.count(); i += 2) {
            boolean more = i + 1 < args.count();
            if (more && args.is(i, "count")) {
                if (!CounterCommands.isInteger(call, i + 1)) {
                    return false;
                }
                count = Decimal.parse(args.address(i + 1), args.length(i + 1));
                if (count < 1) {
                    reply.error(ErrorText.SYNTAX);
                    return false;
                }
            } else if (more && args.is(i, "match")) {
                GlobPattern wanted = new GlobPattern(args.bytes(i + 1), false);
                pattern = wanted.matchesAll() ? null : wanted;
            } else {
                reply.error(ErrorText.SYNTAX);
                return false;
            }
        }
        return true;
    }

    /** Where the step ends that begins below {@code from}: the next cursor. */
    private int end(int from) {
        return (int) (from - Math.min(count, from));
    }

    private boolean shows(HashReader reader) {
        return matches(reader.field()) && !reader.isExpired();
    }

    private boolean matches(ElementText text) {
        return pattern == null || pattern.matches(text.address(), text.length());
    }

    private void head(int cursor, int size) {
        reply.array(2);
        reply.bulkNumber(cursor);
        reply.array(size);
    }

    private void answer(ElementText text) {
        reply.bulk(text.address(), text.length());
    }
}
