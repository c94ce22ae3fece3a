package io.cairn.cli;

import io.cairn.keyspace.NativeBlock;
import org.jspecify.annotations.Nullable;

/** One command on its way to the server, encoded. The window holds its memory until it is answered for good. */
final class ImportRequest {
    /** The encoded command. */
    final NativeBlock block;

    final int length;
    final int slot;
    final int database;
    /** For messages. */
    final String key;
    /** What it is a part of, null when it stands alone. */
    final @Nullable ImportBatch batch;

    /** SELECT, ASKING, AUTH: not counted, and an error of it is one of everything. */
    final boolean control;

    /** It was sent before, and what became of that is not known. */
    boolean unsure;
    /** Where ASK sent it. */
    @Nullable
    String ask;

    /** When it was answered by an error first, by System.nanoTime; 0 before. */
    long failingSinceNanos;
    /** When it is to be sent again, by System.nanoTime. */
    long notBeforeNanos;
    /** When it was sent last, by System.nanoTime. */
    volatile long sentNanos;

    ImportRequest(
            NativeBlock block,
            int length,
            int slot,
            int database,
            String key,
            @Nullable ImportBatch batch,
            boolean control) {
        this.block = block;
        this.length = length;
        this.slot = slot;
        this.database = database;
        this.key = key;
        this.batch = batch;
        this.control = control;
    }
}
