package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.collection.StreamId;
import io.cairn.keyspace.collection.StreamTrim;
import org.jspecify.annotations.Nullable;

/** The options of XADD and XTRIM. Redis: streamParseAddOrTrimArgsOrReply. */
final class StreamTrimOptions {
    /** Approximate trimming removes entries of so many nodes at most, unless it is told otherwise. */
    private static final long MAX_NODES = 100;
    /** Most entries that {@code ~} removes when a node has no limit. */
    private static final long TRIMMED = 10_000;

    private static final long MAX_TRIMMED = 1_000_000;

    private static final String BOTH = "ERR syntax error, MAXLEN and MINID options at the same time are not compatible";

    private final Call call;
    private final boolean add;
    private boolean byLength;
    private boolean byId;
    private boolean whole;
    private boolean limitGiven;
    private long keep = -1;
    private long limit;
    private final StreamId least = new StreamId();

    /** Position of the id of XADD; the number of arguments if there is none. */
    int idAt;
    /** The id of XADD; see {@link #idGiven}. */
    final StreamId id = new StreamId();
    /** False if the stream is to make the id. */
    boolean idGiven;
    /** False if the stream is to make the sequence of the id. */
    boolean sequenceGiven;
    /** XADD is not to make a stream. */
    boolean noStream;

    private StreamTrimOptions(Call call, boolean add) {
        this.call = call;
        this.add = add;
    }

    /** Reads the options; null after an error that was answered. */
    static @Nullable StreamTrimOptions parse(Call call, boolean add) {
        StreamTrimOptions options = new StreamTrimOptions(call, add);
        return options.parse() && options.isSound() ? options : null;
    }

    /** What is to be trimmed; null for nothing. */
    @Nullable
    StreamTrim trim() {
        return byLength || byId ? new StreamTrim(keep, least, whole, limit) : null;
    }

    private boolean parse() {
        Args args = call.args;
        int i = 2;
        for (; i < args.count(); i++) {
            int more = args.count() - 1 - i;
            if (add && args.is(i, "*")) {
                break;
            }
            if (args.is(i, "maxlen") && more > 0) {
                i = threshold(i, more);
                if (i < 0 || !isLength(i)) {
                    return false;
                }
            } else if (args.is(i, "minid") && more > 0) {
                i = threshold(i, more);
                if (i < 0 || !StreamIds.isId(call, i, least)) {
                    return false;
                }
                byId = true;
            } else if (args.is(i, "limit") && more > 0) {
                i++;
                if (!isLimit(i)) {
                    return false;
                }
            } else if (add && args.is(i, "nomkstream")) {
                noStream = true;
            } else if (add) {
                int given = StreamIds.newId(call, i, id);
                if (given < 0) {
                    return false;
                }
                idGiven = true;
                sequenceGiven = given > 0;
                break;
            } else {
                call.reply().error(ErrorText.SYNTAX);
                return false;
            }
        }
        idAt = i;
        return true;
    }

    /** Position of the threshold of MAXLEN or MINID at {@code i}; -1 after an error that was answered. */
    private int threshold(int i, int more) {
        if (byLength || byId) {
            call.reply().error(BOTH);
            return -1;
        }
        whole = false;
        if (more >= 2 && isByte(i + 1, '~')) {
            whole = true;
            return i + 2;
        }
        return more >= 2 && isByte(i + 1, '=') ? i + 2 : i + 1;
    }

    private boolean isByte(int i, char c) {
        return call.args.length(i) == 1 && Memory.getByte(call.args.address(i)) == c;
    }

    private boolean isLength(int i) {
        if (!CounterCommands.isInteger(call, i)) {
            return false;
        }
        keep = Decimal.parse(call.args.address(i), call.args.length(i));
        if (keep < 0) {
            call.reply().error("ERR The MAXLEN argument must be >= 0.");
            return false;
        }
        byLength = true;
        return true;
    }

    private boolean isLimit(int i) {
        if (!CounterCommands.isInteger(call, i)) {
            return false;
        }
        limit = Decimal.parse(call.args.address(i), call.args.length(i));
        if (limit < 0) {
            call.reply().error("ERR The LIMIT argument must be >= 0.");
            return false;
        }
        limitGiven = true;
        return true;
    }

    private boolean isSound() {
        if (limit != 0 && !byLength && !byId) {
            call.reply().error("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
            return false;
        }
        if (!add && !byLength && !byId) {
            call.reply().error("ERR syntax error, XTRIM must be called with a trimming strategy");
            return false;
        }
        if (call.isApplied()) {
            limit = 0; // A primary sends what it came to, and leaves LIMIT as it was. Redis: mustObeyClient in
            // streamParseAddOrTrimArgsOrReply.
            return true;
        }
        if (limitGiven && !whole) {
            call.reply().error("ERR syntax error, LIMIT cannot be used without the special ~ option");
            return false;
        }
        if (whole && !limitGiven) {
            long entries =
                    MAX_NODES * Math.min(MAX_TRIMMED, call.keyspace.dataLimits().streamNodeEntries());
            limit = entries == 0 ? TRIMMED : Math.min(MAX_TRIMMED, entries);
        }
        return true;
    }
}
