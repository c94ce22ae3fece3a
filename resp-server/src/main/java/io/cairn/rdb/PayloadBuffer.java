package io.cairn.rdb;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.Value;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Collects what is written in one native block that grows, up to 2 GB. Not thread-safe. */
public final class PayloadBuffer implements WritableByteChannel {
    private static final int FIRST_BYTES = 256;

    private final RdbOutput out = new RdbOutput(this, true);
    private NativeBlock block = NativeBlock.allocate(FIRST_BYTES);
    private int length;

    /** Where it is; another one after the next write. */
    public NativeBlock block() {
        return block;
    }

    /** Bytes written. */
    public int length() {
        return length;
    }

    /** Holds the payload of a value, compressed, and nothing else. */
    public void dump(Value value) throws IOException {
        clear();
        out.restart();
        DumpPayload.write(out, value);
    }

    /** Forgets what was written. */
    public void clear() {
        length = 0;
    }

    /** @throws OutOfMemoryError when there is no memory, or more than 2 GB were written */
    @Override
    public int write(ByteBuffer from) {
        int count = from.remaining();
        reserve((long) length + count);
        if (from.isDirect()) {
            Memory.copy(Memory.addressOf(from) + from.position(), block.address() + length, count);
            from.position(from.limit());
        } else {
            for (int i = 0; i < count; i++) {
                Memory.putByte(block.address() + length + i, from.get());
            }
        }
        length += count;
        return count;
    }

    private void reserve(long bytes) {
        if (bytes <= block.capacity()) {
            return;
        }
        if (bytes > Integer.MAX_VALUE) {
            throw new OutOfMemoryError("a serialized value above 2 GB");
        }
        NativeBlock larger =
                NativeBlock.allocate((int) Math.min(Integer.MAX_VALUE, Math.max(bytes, 2L * block.capacity())));
        Memory.copy(block.address(), larger.address(), length);
        block.release();
        block = larger;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
        block.release();
    }
}
