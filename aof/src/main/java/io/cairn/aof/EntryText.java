package io.cairn.aof;

import java.io.IOException;
import java.nio.ByteBuffer;

/** An entry as a line of text. */
final class EntryText {
    /** More of a payload is not printed. */
    private static final int MAX_PAYLOAD_BYTES = 256;

    private EntryText() {}

    static void print(long index, long term, byte kind, ByteBuffer payload, Appendable out) throws IOException {
        int bytes = payload.remaining();
        out.append("index=").append(Long.toString(index));
        out.append(" term=").append(Long.toString(term));
        out.append(" kind=").append(Integer.toString(kind));
        out.append(" bytes=").append(Integer.toString(bytes)).append(" \"");
        int shown = Math.min(bytes, MAX_PAYLOAD_BYTES);
        for (int i = 0; i < shown; i++) {
            escape(payload.get(payload.position() + i), out);
        }
        out.append(shown < bytes ? "\"...\n" : "\"\n");
    }

    private static void escape(byte value, Appendable out) throws IOException {
        if (value == '"' || value == '\\') {
            out.append('\\').append((char) value);
        } else if (value >= 0x20 && value < 0x7f) {
            out.append((char) value);
        } else {
            out.append(String.format("\\x%02x", value & 0xff));
        }
    }
}
