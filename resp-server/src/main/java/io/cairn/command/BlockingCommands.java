package io.cairn.command;

import io.cairn.keyspace.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * Commands that wait until there is something to take: one attempt at what LPOP and its kin do, and where that finds nothing, {@link Call#wouldBlock}. What
 * they answer then is what MULTI and scripts get, where nothing waits. Redis: blockingPopGenericCommand, blmoveGenericCommand,
 * blockingGenericZpopCommand.
 */
final class BlockingCommands {
    private static final Waiting.Argument ZERO = Waiting.Argument.of("0");
    private static final Waiting.Argument ONE = Waiting.Argument.of("1");

    private BlockingCommands() {}

    static List<Command> table() {
        KeySpec butLast = KeySpec.range(1, -2, 1);
        KeySpec two = KeySpec.range(1, 2, 1);
        KeySpec counted = CountedKeys.at(2);
        String pops = "write noscript blocking @write @list @slow @blocking";
        String moves = "write denyoom noscript blocking @write @list @slow @blocking";
        String fast = "write noscript blocking fast @write @sortedset @fast @blocking";
        return List.of(
                Command.data("blpop", -3, pops, butLast, call -> pop(call, false)),
                Command.data("brpop", -3, pops, butLast, call -> pop(call, true)),
                Command.data("blmove", 6, moves, two, BlockingCommands::blmove),
                Command.data("brpoplpush", 4, moves, two, call -> move(call, 3, true, false)),
                Command.data(
                        "blmpop", -5, "write blocking @write @list @slow @blocking", counted, BlockingCommands::blmpop),
                Command.data("bzpopmin", -3, fast, butLast, call -> zpop(call, false)),
                Command.data("bzpopmax", -3, fast, butLast, call -> zpop(call, true)),
                Command.data(
                        "bzmpop",
                        -5,
                        "write blocking @write @sortedset @slow @blocking",
                        counted,
                        BlockingCommands::bzmpop));
    }

    /** BLPOP and BRPOP key ... timeout. */
    private static void pop(Call call, boolean fromTail) {
        int last = call.args.count() - 1;
        long millis = BlockingTimeout.seconds(call, last);
        if (millis != BlockingTimeout.INVALID && !ListMoves.tryPop(call, 1, last - 1, fromTail, -1)) {
            call.reply().nilArray();
            call.wouldBlock(new Waiting(millis, ValueType.LIST, 0, 1, last - 1, BlockingCommands::oneKey));
        }
    }

    /** BZPOPMIN and BZPOPMAX key ... timeout. */
    private static void zpop(Call call, boolean max) {
        int last = call.args.count() - 1;
        long millis = BlockingTimeout.seconds(call, last);
        if (millis != BlockingTimeout.INVALID && !SortedSetPops.popOne(call, 1, last - 1, max)) {
            call.reply().nilArray();
            call.wouldBlock(new Waiting(millis, ValueType.ZSET, 0, 1, last - 1, BlockingCommands::oneKey));
        }
    }

    private static List<Waiting.Argument> oneKey(int key) {
        return List.of(Waiting.Argument.of(0), Waiting.Argument.of(key), ZERO);
    }

    /** BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout. */
    private static void blmove(Call call) {
        if (ListMoves.isEnd(call, 3) && ListMoves.isEnd(call, 4)) {
            move(call, 5, call.args.is(3, "right"), call.args.is(4, "right"));
        }
    }

    /** {@code timeout} is the last argument. */
    private static void move(Call call, int timeout, boolean fromTail, boolean toTail) {
        long millis = BlockingTimeout.seconds(call, timeout);
        if (millis != BlockingTimeout.INVALID && !ListMoves.tryMove(call, fromTail, toTail)) {
            call.reply().nil();
            call.wouldBlock(new Waiting(millis, ValueType.LIST, 0, 1, 1, key -> {
                List<Waiting.Argument> again = new ArrayList<>(timeout + 1);
                for (int i = 0; i < timeout; i++) {
                    again.add(Waiting.Argument.of(i));
                }
                again.add(ZERO);
                return again;
            }));
        }
    }

    /** BLMPOP timeout numkeys key ... LEFT|RIGHT [COUNT count]. */
    private static void blmpop(Call call) {
        long count = ListMoves.parseMultiPop(call, 2);
        if (count < 0) {
            return;
        }
        int keys = (int) CountedKeys.number(call.args, 2);
        long millis = BlockingTimeout.seconds(call, 1);
        boolean fromTail = call.args.is(3 + keys, "right");
        if (millis != BlockingTimeout.INVALID && !ListMoves.tryPop(call, 3, keys, fromTail, count)) {
            call.reply().nilArray();
            call.wouldBlock(multiPop(call, millis, ValueType.LIST, keys));
        }
    }

    /** BZMPOP timeout numkeys key ... MIN|MAX [COUNT count]. */
    private static void bzmpop(Call call) {
        long count = SortedSetPops.parseMultiPop(call, 2);
        if (count < 0) {
            return;
        }
        int keys = (int) CountedKeys.number(call.args, 2);
        long millis = BlockingTimeout.seconds(call, 1);
        boolean max = call.args.is(3 + keys, "max");
        if (millis != BlockingTimeout.INVALID && !SortedSetPops.popFirst(call, 3, keys, max, count)) {
            call.reply().nilArray();
            call.wouldBlock(multiPop(call, millis, ValueType.ZSET, keys));
        }
    }

    private static Waiting multiPop(Call call, long millis, ValueType type, int keys) {
        int count = call.args.count();
        return new Waiting(millis, type, 0, 3, keys, key -> {
            List<Waiting.Argument> again = new ArrayList<>(count - keys + 1);
            again.add(Waiting.Argument.of(0));
            again.add(ZERO);
            again.add(ONE);
            again.add(Waiting.Argument.of(key));
            for (int i = 3 + keys; i < count; i++) {
                again.add(Waiting.Argument.of(i));
            }
            return again;
        });
    }
}
