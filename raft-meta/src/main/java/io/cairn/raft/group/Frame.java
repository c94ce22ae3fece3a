package io.cairn.raft.group;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * What goes over a connection after the handshake, big endian: {@code u32 length of the rest, u8 kind, u8 type, u64
 * request id, u32 lane, payload}.
 *
 * @param kind one of the constants below
 * @param type message type: of {@link RaftMessages}, or of a custom message
 * @param id chosen by the requester, repeated by the answer
 * @param lane requests with equal lanes are handled in the order sent
 */
record Frame(byte kind, byte type, long id, int lane, byte[] payload) {
    static final byte RAFT = 1;
    static final byte CUSTOM = 2;
    static final byte ANSWER = 3;
    static final byte FAILURE = 4;

    /** Header bytes that follow the length. */
    static final int HEADER_BYTES = 1 + 1 + 8 + 4;

    static final int LENGTH_BYTES = 4;

    /** Bound of the length field: an AppendEntries holds at most the largest proposal and one batch more. */
    static final int MAX_BYTES = 48 << 20;

    static ByteBuf header(ByteBufAllocator allocator, byte kind, byte type, long id, int lane, int payloadBytes) {
        int length = HEADER_BYTES + payloadBytes;
        if (payloadBytes < 0 || length > MAX_BYTES) {
            throw new IllegalArgumentException("a message of " + payloadBytes + " bytes is too large");
        }
        ByteBuf out = allocator.ioBuffer(LENGTH_BYTES + length, LENGTH_BYTES + length);
        return out.writeInt(length)
                .writeByte(kind)
                .writeByte(type)
                .writeLong(id)
                .writeInt(lane);
    }

    static ByteBuf of(ByteBufAllocator allocator, byte kind, byte type, long id, int lane, byte[] payload) {
        return header(allocator, kind, type, id, lane, payload.length).writeBytes(payload);
    }

    /** Reads a frame without its length field; copies the payload to the heap, where protobuf may alias it. */
    static Frame read(ByteBuf in) {
        byte kind = in.readByte();
        byte type = in.readByte();
        long id = in.readLong();
        int lane = in.readInt();
        byte[] payload = new byte[in.readableBytes()];
        in.readBytes(payload);
        return new Frame(kind, type, id, lane, payload);
    }
}
