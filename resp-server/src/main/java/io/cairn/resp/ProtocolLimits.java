package io.cairn.resp;

/** Bounds of a request; what Redis 7.0 names in server.h and networking.c. */
public final class ProtocolLimits {
    /** Longest inline request and longest count line, bytes (Redis: PROTO_INLINE_MAX_SIZE). */
    static final int MAX_LINE_BYTES = 64 * 1024;
    /** Most arguments of a request of a connection that must still log in. */
    static final int MAX_STRANGER_ARGUMENTS = 10;
    /** Longest argument of a connection that must still log in, bytes. */
    static final int MAX_STRANGER_BULK = 16_384;
    /** An argument longer than this is received into a block of its own, bytes. */
    static final int BLOCK_BYTES = 64 * 1024;

    /** Longest argument, bytes (proto-max-bulk-len). */
    volatile long maxBulkBytes = 512L << 20;
    /** Most undecoded bytes of a connection (client-query-buffer-limit). */
    volatile long maxQueryBytes = 1L << 30;

    public void maxBulkBytes(long bytes) {
        maxBulkBytes = bytes;
    }

    public void maxQueryBytes(long bytes) {
        maxQueryBytes = bytes;
    }
}
