package io.cairn.raft.meta;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Appends big-endian values to a growing array; the counterpart of {@link WireReader}. One thread. */
public final class WireWriter {
    private byte[] bytes = new byte[256];
    private int size;

    public WireWriter u8(int value) {
        room(1)[size++] = (byte) value;
        return this;
    }

    public WireWriter u16(int value) {
        if (value < 0 || value > 0xFFFF) {
            throw new IllegalArgumentException("does not fit 16 bits: " + value);
        }
        return u8(value >> 8).u8(value);
    }

    public WireWriter i32(int value) {
        ByteBuffer.wrap(room(4)).putInt(size, value);
        size += 4;
        return this;
    }

    public WireWriter i64(long value) {
        ByteBuffer.wrap(room(8)).putLong(size, value);
        size += 8;
        return this;
    }

    /** At most 65,535 bytes of UTF-8. */
    public WireWriter text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return u16(utf8.length).raw(utf8);
    }

    /** Bytes with their length in 32 bits. */
    public WireWriter blob(byte[] value) {
        return i32(value.length).raw(value);
    }

    /** UTF-8 with its length in 32 bits. */
    public WireWriter longText(String value) {
        return blob(value.getBytes(StandardCharsets.UTF_8));
    }

    /** At most 65,535 elements. */
    public WireWriter texts(List<String> values) {
        u16(values.size());
        values.forEach(this::text);
        return this;
    }

    private WireWriter raw(byte[] value) {
        System.arraycopy(value, 0, room(value.length), size, value.length);
        size += value.length;
        return this;
    }

    public byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    private byte[] room(int more) {
        if (size + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
        }
        return bytes;
    }
}
