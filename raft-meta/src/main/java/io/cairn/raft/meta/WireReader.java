package io.cairn.raft.meta;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads what {@link WireWriter} wrote. Whatever the bytes are, it ends in a value or a {@link FormatException}: nothing
 * is allocated for a length that the bytes left do not hold. One thread.
 */
public final class WireReader {
    private final ByteBuffer bytes;

    public WireReader(byte[] bytes) {
        this(ByteBuffer.wrap(bytes));
    }

    /** Does not move the position of {@code bytes}. */
    public WireReader(ByteBuffer bytes) {
        this.bytes = bytes.slice().order(ByteOrder.BIG_ENDIAN);
    }

    public int u8() {
        need(1);
        return bytes.get() & 0xFF;
    }

    public int u16() {
        need(2);
        return bytes.getShort() & 0xFFFF;
    }

    public int i32() {
        need(4);
        return bytes.getInt();
    }

    public long i64() {
        need(8);
        return bytes.getLong();
    }

    public String text() {
        return text(u16());
    }

    /** What {@link WireWriter#longText} wrote. */
    public String longText() {
        int length = i32();
        if (length < 0) {
            throw new FormatException("a length below zero");
        }
        return text(length);
    }

    private String text(int length) {
        need(length);
        ByteBuffer part = bytes.slice(bytes.position(), length);
        bytes.position(bytes.position() + length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(part).toString();
        } catch (CharacterCodingException e) {
            throw new FormatException("text that is not UTF-8", e);
        }
    }

    public byte[] blob() {
        int length = i32();
        if (length < 0) {
            throw new FormatException("a length below zero");
        }
        need(length);
        byte[] value = new byte[length];
        bytes.get(value);
        return value;
    }

    public List<String> texts() {
        int count = u16();
        List<String> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(text());
        }
        return values;
    }

    /** Whether there is more: what a later build has added. */
    public boolean hasMore() {
        return bytes.hasRemaining();
    }

    /** Everything must have been read. */
    public void end() {
        if (bytes.hasRemaining()) {
            throw new FormatException(bytes.remaining() + " bytes too many");
        }
    }

    private void need(int count) {
        if (bytes.remaining() < count) {
            throw new FormatException("ends early: " + count + " bytes needed, " + bytes.remaining() + " left");
        }
    }
}
