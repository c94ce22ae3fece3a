package io.cairn.mode;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;

/**
 * A frame of a migration's stream while it is written: length of what follows (4 bytes), kind, fields; numbers are little
 * endian on every machine. Grows up to 2 GB. Not thread-safe.
 */
final class FrameBuffer implements WritableByteChannel {
    /** Bytes of the length. */
    static final int HEAD = Integer.BYTES;

    private static final int FIRST_BYTES = 4 * 1024;
    private static final int KEPT_BYTES = 1 << 20;
    private static final boolean BIG = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN;

    private NativeBlock block = NativeBlock.allocate(FIRST_BYTES);
    private int length;

    /** Begins a frame. */
    FrameBuffer begin(int kind) {
        if (block.capacity() > KEPT_BYTES) {
            block.release();
            block = NativeBlock.allocate(FIRST_BYTES);
        }
        length = HEAD;
        return u8(kind);
    }

    /** Completes the frame; it lies at {@link #address}, {@link #length} bytes. */
    void end() {
        putInt(block.address(), length - HEAD);
    }

    long address() {
        return block.address();
    }

    int length() {
        return length;
    }

    FrameBuffer u8(int value) {
        room(1);
        Memory.putByte(block.address() + length++, (byte) value);
        return this;
    }

    FrameBuffer i32(int value) {
        room(Integer.BYTES);
        putInt(block.address() + length, value);
        length += Integer.BYTES;
        return this;
    }

    FrameBuffer i64(long value) {
        room(Long.BYTES);
        putLong(block.address() + length, value);
        length += Long.BYTES;
        return this;
    }

    /** Bytes without their length. */
    FrameBuffer raw(long from, int count) {
        room(count);
        Memory.copy(from, block.address() + length, count);
        length += count;
        return this;
    }

    /** Bytes behind their length. */
    FrameBuffer bytes(long from, int count) {
        return i32(count).raw(from, count);
    }

    @Override
    public int write(ByteBuffer from) {
        int count = from.remaining();
        room(count);
        Memory.copy(Memory.addressOf(from) + from.position(), block.address() + length, count);
        from.position(from.limit());
        length += count;
        return count;
    }

    private void room(int more) {
        long needed = (long) length + more;
        if (needed <= block.capacity()) {
            return;
        }
        if (needed > Integer.MAX_VALUE - HEAD) {
            throw new OutOfMemoryError("a value above 2 GB cannot be migrated");
        }
        NativeBlock larger =
                NativeBlock.allocate((int) Math.min(Integer.MAX_VALUE, Math.max(needed, 2L * block.capacity())));
        Memory.copy(block.address(), larger.address(), length);
        block.release();
        block = larger;
    }

    /** Little endian on every machine. */
    static void putInt(long address, int value) {
        Memory.putInt(address, BIG ? Integer.reverseBytes(value) : value);
    }

    static int getInt(long address) {
        int value = Memory.getInt(address);
        return BIG ? Integer.reverseBytes(value) : value;
    }

    static void putLong(long address, long value) {
        Memory.putLong(address, BIG ? Long.reverseBytes(value) : value);
    }

    static long getLong(long address) {
        long value = Memory.getLong(address);
        return BIG ? Long.reverseBytes(value) : value;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        block.release();
    }
}
