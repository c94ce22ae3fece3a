package io.cairn.mode;

import io.cairn.command.Args;
import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;

/** A copy of a call's arguments that outlives the read they came with; large ones are kept by reference to their block. */
final class HeldArgs {
    final Args args = new Args();
    private final long memory;
    private final long size;
    private final long bytes;

    HeldArgs(Args source) {
        long copied = 0;
        long all = 0;
        for (int i = 0; i < source.count(); i++) {
            all += source.length(i);
            copied += source.block(i) == null ? source.length(i) : 0;
        }
        bytes = all;
        size = Math.max(1, copied);
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

    /** Bytes of all arguments. */
    long bytes() {
        return bytes;
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
