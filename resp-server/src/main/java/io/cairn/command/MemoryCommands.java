package io.cairn.command;

import io.cairn.keyspace.Value;
import java.util.List;

/** MEMORY USAGE; the other subcommands are {@link InfoMemory}'s. Redis: memoryCommand. */
final class MemoryCommands {
    /** What an entry of the index takes beside its key and value: header, slot, share of free room. Measured. */
    static final int ENTRY_OVERHEAD = 40;
    /** A malloc header and the object that counts references. */
    private static final int BLOCK_OVERHEAD = 48;

    private MemoryCommands() {}

    static List<Command> table() {
        return List.of(Command.data(
                "memory|usage", -3, "readonly @read @slow", KeySpec.range(2, 2, 1), MemoryCommands::usage));
    }

    /** MEMORY USAGE key [SAMPLES n]: about; what is counted needs no samples. */
    private static void usage(Call call) {
        Args args = call.args;
        for (int i = 3; i < args.count(); i += 2) {
            if (!args.is(i, "samples") || i + 1 == args.count()) {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
            if (!CounterCommands.isInteger(call, i + 1)) {
                return;
            }
            if (Decimal.parse(args.address(i + 1), args.length(i + 1)) < 0) {
                call.reply().error(ErrorText.SYNTAX);
                return;
            }
        }
        // Redis looks into the table directly here: no hit, no miss, no touch.
        if (!call.database().peek(args.address(2), args.length(2), call.now(), call.value)) {
            call.reply().nil();
            return;
        }
        Value value = call.value;
        call.reply().number(ENTRY_OVERHEAD + args.length(2) + payload(value));
    }

    private static long payload(Value value) {
        if (value.object != null) {
            return value.object.usedBytes();
        }
        if (value.block != null) {
            return (long) value.block.capacity() + BLOCK_OVERHEAD;
        }
        return value.encoding == Value.INT ? Long.BYTES : value.length;
    }
}
