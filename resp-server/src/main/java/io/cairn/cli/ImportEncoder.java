package io.cairn.cli;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Encodes commands argument by argument. Not thread-safe. */
final class ImportEncoder implements AutoCloseable {
    private static final int FIRST_BYTES = 64 * 1024;
    /** Larger memory is given back after use. */
    private static final int KEPT_BYTES = 32 << 20;

    private NativeBlock body = NativeBlock.allocate(FIRST_BYTES);
    private int length;
    private int arguments;

    ImportEncoder begin() {
        length = 0;
        arguments = 0;
        return this;
    }

    int arguments() {
        return arguments;
    }

    int bytes() {
        return length;
    }

    ImportEncoder add(String text) {
        return add(text.getBytes(StandardCharsets.UTF_8));
    }

    ImportEncoder add(long number) {
        return add(Long.toString(number));
    }

    ImportEncoder add(byte[] bytes) {
        head(bytes.length);
        Memory.copy(bytes, 0, body.address() + length, bytes.length);
        length += bytes.length;
        end();
        return this;
    }

    ImportEncoder add(long address, int count) {
        head(count);
        Memory.copy(address, body.address() + length, count);
        length += count;
        end();
        return this;
    }

    private void head(int count) {
        byte[] head = ("$" + count + "\r\n").getBytes(StandardCharsets.US_ASCII);
        reserve((long) length + head.length + count + 2);
        Memory.copy(head, 0, body.address() + length, head.length);
        length += head.length;
        arguments++;
    }

    private void end() {
        Memory.putByte(body.address() + length++, (byte) '\r');
        Memory.putByte(body.address() + length++, (byte) '\n');
    }

    private void reserve(long bytes) {
        if (bytes <= body.capacity()) {
            return;
        }
        if (bytes > Integer.MAX_VALUE - 64) {
            throw new OutOfMemoryError("a command above 2 GB");
        }
        NativeBlock larger =
                NativeBlock.allocate((int) Math.min(Integer.MAX_VALUE - 64, Math.max(bytes, 2L * body.capacity())));
        Memory.copy(body.address(), larger.address(), length);
        body.release();
        body = larger;
    }

    /** The command that was encoded, as a request of its own. */
    ImportRequest request(int slot, int database, String key, @Nullable ImportBatch batch, boolean control) {
        byte[] head = ("*" + arguments + "\r\n").getBytes(StandardCharsets.US_ASCII);
        NativeBlock block = NativeBlock.allocate(head.length + length);
        Memory.copy(head, 0, block.address(), head.length);
        Memory.copy(body.address(), block.address() + head.length, length);
        int bytes = head.length + length;
        if (body.capacity() > KEPT_BYTES) {
            body.release();
            body = NativeBlock.allocate(FIRST_BYTES);
        }
        return new ImportRequest(block, bytes, slot, database, key, batch, control);
    }

    @Override
    public void close() {
        body.release();
    }
}
