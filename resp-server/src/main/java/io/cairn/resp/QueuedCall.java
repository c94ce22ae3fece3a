package io.cairn.resp;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;

/** A command queued by MULTI with a copy of its arguments; large arguments are kept by reference to their block. */
final class QueuedCall {
    final Command command;
    final Args args = new Args();
    /** The database it works on. */
    final int database;

    private final long memory;
    private final long size;
    private final long heldBytes;

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
