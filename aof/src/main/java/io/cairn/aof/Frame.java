package io.cairn.aof;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * An entry as it lies in a segment, big-endian:
 *
 * <pre>
 *  0 crc32c    int   of all that follows, xor the segment's salt
 *  4 length    int   of the whole frame, this header included; never 0, so zeros end the log
 *  8 index     long
 * 16 term      long
 * 24 kind      byte
 * 25 flags     byte  {@link #ALL_BEFORE_IS_DURABLE}
 * 26 payload
 * </pre>
 *
 * The salt is random per segment, so neither a payload that looks like a frame nor an old file's bytes pass as one.
 */
final class Frame {
    static final int HEADER_BYTES = 26;

    /** Longest payload of one entry. */
    static final int MAX_PAYLOAD_BYTES = 1 << 30;

    /**
     * Everything before this frame was forced when it was written. So damage before it is not a torn, never
     * acknowledged tail but the loss of something that was durable.
     */
    static final byte ALL_BEFORE_IS_DURABLE = 1;

    static final int CRC_AT = 0;
    static final int LENGTH_AT = 4;
    static final int INDEX_AT = 8;
    static final int TERM_AT = 16;
    static final int KIND_AT = 24;
    static final int FLAGS_AT = 25;

    private Frame() {}

    /** Writes the header of a frame at the buffer's position, all but its checksum. */
    static void putHeader(ByteBuffer target, int payloadBytes, long index, long term, byte kind, byte flags) {
        target.putInt(0)
                .putInt(HEADER_BYTES + payloadBytes)
                .putLong(index)
                .putLong(term)
                .put(kind)
                .put(flags);
    }

    /** Checksum of the whole frame at {@code at}; leaves position and limit as they were. */
    static int checksum(CRC32C crc, ByteBuffer frames, int at, int length, int salt) {
        int position = frames.position();
        int limit = frames.limit();
        frames.limit(at + length).position(at + LENGTH_AT);
        crc.reset();
        crc.update(frames);
        frames.limit(limit).position(position);
        return (int) crc.getValue() ^ salt;
    }
}
