package io.cairn.gossip;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The first bytes of a connection, sent by the side that accepted it: magic, version, whether it wants seals, and the
 * nonce the seals must cover.
 */
record Hello(boolean sealed, byte[] nonce) {
    static final int NONCE_BYTES = 16;

    private static final byte[] MAGIC = "CAIRNGSP".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;

    /** Bytes of a hello. */
    static final int BYTES = MAGIC.length + 2 + NONCE_BYTES;

    void write(ByteBuf out) {
        out.writeBytes(MAGIC).writeByte(VERSION).writeByte(sealed ? 1 : 0).writeBytes(nonce);
    }

    /** Reads {@link #BYTES} bytes. */
    static Hello read(ByteBuf in) throws WireException {
        byte[] magic = new byte[MAGIC.length];
        in.readBytes(magic);
        int version = in.readUnsignedByte();
        if (!Arrays.equals(magic, MAGIC) || version != VERSION) {
            throw new WireException("the other side is no Cairn gossip port of version " + VERSION);
        }
        boolean sealed = in.readUnsignedByte() != 0;
        byte[] nonce = new byte[NONCE_BYTES];
        in.readBytes(nonce);
        return new Hello(sealed, nonce);
    }
}
