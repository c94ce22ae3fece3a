package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.nio.charset.StandardCharsets;

/** Test text in native memory, freed on close. */
final class NativeText implements AutoCloseable {
    private final NativeBlock block;
    final int length;

    NativeText(byte[] bytes) {
        block = NativeBlock.allocate(bytes.length);
        length = bytes.length;
        Memory.copy(bytes, 0, block.address(), length);
    }

    NativeText(String text) {
        this(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    long address() {
        return block.address();
    }

    @Override
    public void close() {
        block.release();
    }
}
