package io.cairn.aof;

import java.nio.ByteBuffer;

/**
 * One entry of a log.
 *
 * @param index position in the log, 1 for the first entry ever
 * @param term Raft term, or 0 outside Raft; never decreases from one entry to the next
 * @param kind opaque to the log; the layer above distinguishes data, configuration and no-op entries by it
 * @param payload from position to limit; the log never changes its position
 */
public record Entry(long index, long term, byte kind, ByteBuffer payload) {}
