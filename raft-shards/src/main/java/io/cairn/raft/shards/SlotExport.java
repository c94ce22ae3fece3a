package io.cairn.raft.shards;

/**
 * The keys of slots, and everything that changes them from then on, as one stream of bytes: what a shard that applies it
 * has, after each change, is what the source had. Made by {@link ShardApply#export}. One thread but for the getters.
 */
public interface SlotExport extends AutoCloseable {
    /**
     * The next bytes of the stream, at most {@code limit}; empty when there is nothing to send for now. Takes stripe locks
     * briefly.
     */
    byte[] next(int limit);

    /** True once all keys that were there at the beginning are in the stream. */
    boolean isSnapshotDone();

    /** Bytes that wait to be taken. */
    long waitingBytes();

    /** Keys of the beginning that went into the stream; a key may be counted twice. */
    long keysSent();

    /** Keys that there were at the beginning. */
    long keysTotal();

    /** The slots are frozen: the stream ends behind what it has. To be called once no change can follow. */
    void end();

    /** Why the stream came to nothing, or empty; it has then no more bytes. */
    String failure();

    /** No more is gathered. */
    @Override
    void close();
}
