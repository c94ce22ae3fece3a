package io.cairn.resp;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A command queued by MULTI with a copy of its arguments; large arguments are kept by reference to their block. */
final class QueuedCall {
    final Command command;
    final Args args = new Args();
    /** The database it works on. */
    final int database;

    private final long memory;
    private final long size;
    private final long heldBytes;
    private @Nullable String refusal;

    /** The same call with some arguments exchanged; {@code replaced} by their index. */
    QueuedCall with(Map<Integer, byte[]> replaced) {
        Args other = new Args();
        List<NativeBlock> blocks = new ArrayList<>(replaced.size());
        try {
            for (int i = 0; i < args.count(); i++) {
                byte[] bytes = replaced.get(i);
                NativeBlock block = args.block(i);
                if (bytes != null) {
                    NativeBlock copy = NativeBlock.allocate(bytes.length);
                    blocks.add(copy);
                    Memory.copy(bytes, 0, copy.address(), bytes.length);
                    other.add(copy.address(), bytes.length);
                } else if (block != null) {
                    other.add(block, args.length(i));
                } else {
                    other.add(args.address(i), args.length(i));
                }
            }
            return new QueuedCall(command, other, database);
        } finally {
            blocks.forEach(NativeBlock::release);
        }
    }

    QueuedCall(Command command, Args source, int database) {
        this.command = command;
        this.database = database;
        long copied = 0;
        long held = 0;
        for (int i = 0; i < source.count(); i++) {
            held += source.length(i);
            copied += source.block(i) == null ? source.length(i) : 0;
        }
        size = Math.max(1, copied);
        heldBytes = held;
        memory = Memory.allocate(size);
        long at = memory;
        for (int i = 0; i < source.count(); i++) {
            NativeBlock block = source.block(i);
            if (block != null) {
                args.add(block.retain(), source.length(i));
            } else {
                Memory.copy(source.address(i), at, source.length(i));
                args.add(at, source.length(i));
                at += source.length(i);
            }
        }
    }

    /** EXEC answers this error, and the command does not run; null for none. */
    void refuse(@Nullable String error) {
        refusal = error;
    }

    @Nullable
    String refusal() {
        return refusal;
    }

    /** Whether it takes effect as a part of the block. */
    boolean isData() {
        return command.session() == null && refusal == null;
    }

    long heldBytes() {
        return heldBytes;
    }

    void release() {
        for (int i = 0; i < args.count(); i++) {
            NativeBlock block = args.block(i);
            if (block != null) {
                block.release();
            }
        }
        args.clear();
        Memory.free(memory, size);
    }
}
