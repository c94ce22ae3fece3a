package io.cairn.command;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands that change whole databases; all stripes are locked while they run. Redis: db.c. */
final class FlushCommands {
    private FlushCommands() {}

    /** {@code cluster}: clients have one database only, and SWAPDB says so; what else there is, is not theirs to empty. */
    static List<Command> table(boolean cluster) {
        String words = "write @keyspace @write @slow @dangerous";
        return List.of(
                Command.data("flushdb", -1, words, KeySpec.ALL, FlushCommands::flushdb),
                Command.data("flushall", -1, words, KeySpec.ALL, call -> flushall(call, cluster)),
                Command.data(
                        "swapdb",
                        3,
                        "write fast @keyspace @write @fast @dangerous",
                        KeySpec.ALL,
                        call -> swapdb(call, cluster)));
    }

    private static void flushdb(Call call) {
        if (hasFlushOptions(call)) {
            call.database().clear();
            call.everythingChanged();
            call.changed();
            call.reply().ok();
        }
    }

    private static void flushall(Call call, boolean cluster) {
        if (hasFlushOptions(call)) {
            for (int i = 0; i < (cluster ? 1 : call.keyspace.databases()); i++) {
                call.keyspace.database(i).clear();
            }
            call.everythingChanged();
            call.changed();
            call.reply().ok();
        }
    }

    /** SYNC and ASYNC mean the same here: giving an off-heap table back takes no walk over its keys. */
    private static boolean hasFlushOptions(Call call) {
        Args args = call.args;
        if (args.count() == 1 || (args.count() == 2 && (args.is(1, "sync") || args.is(1, "async")))) {
            return true;
        }
        call.reply().error(ErrorText.SYNTAX);
        return false;
    }

    /** SWAPDB first second. Redis: swapdbCommand. */
    private static void swapdb(Call call, boolean cluster) {
        if (cluster) {
            call.reply().error("ERR SWAPDB is not allowed in cluster mode");
            return;
        }
        Integer first = number(call, 1, "ERR invalid first DB index");
        Integer second = first == null ? null : number(call, 2, "ERR invalid second DB index");
        if (first == null || second == null) {
            return;
        }
        int databases = call.keyspace.databases();
        if (first < 0 || first >= databases || second < 0 || second >= databases) {
            call.reply().error(ErrorText.DATABASE_RANGE);
            return;
        }
        if (!first.equals(second)) {
            call.keyspace.swap(first, second);
            call.everythingChanged();
        }
        call.changed();
        call.reply().ok();
    }

    private static @Nullable Integer number(Call call, int i, String error) {
        long address = call.args.address(i);
        int length = call.args.length(i);
        if (Decimal.fits(address, length)) {
            long number = Decimal.parse(address, length);
            if (number == (int) number) {
                return (int) number;
            }
        }
        call.reply().error(error);
        return null;
    }
}
