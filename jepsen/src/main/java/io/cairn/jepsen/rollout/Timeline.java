package io.cairn.jepsen.rollout;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * When each shard was what. A write that was sent after a node had said that its shard is raft, and was acknowledged before anybody asked
 * for the way back, was acknowledged by a sealed raft shard; all others may have been gossip mode's. Also the longest time in which a shard
 * acknowledged nothing though it was asked. Any thread; times are nanoseconds from the beginning.
 */
final class Timeline {
    private static final long NEVER = Long.MAX_VALUE;

    private final long beginNanos = System.nanoTime();
    private final AtomicLongArray since;
    private volatile long until = NEVER;
    /** Guarded by this. */
    private final long[] lastAcknowledged;
    /** Guarded by this. */
    private final long[] longest;

    Timeline(int shards) {
        since = new AtomicLongArray(shards);
        for (int shard = 0; shard < shards; shard++) {
            since.set(shard, NEVER);
        }
        lastAcknowledged = new long[shards];
        longest = new long[shards];
    }

    long now() {
        return System.nanoTime() - beginNanos;
    }

    int shards() {
        return since.length();
    }

    /** A node has said that the shard is raft; the first to say so counts. */
    void isRaft(int shard) {
        since.compareAndSet(shard, NEVER, now());
    }

    /** The way back is about to be asked for. */
    void wayBack() {
        until = now();
    }

    boolean wasRaft(int shard, long sent, long acknowledged) {
        return sent >= since.get(shard) && acknowledged <= until;
    }

    /** A write was acknowledged now to a client that waits for one since {@code begin}. */
    synchronized void acknowledged(int shard, long begin) {
        long now = now();
        longest[shard] = Math.max(longest[shard], now - Math.max(begin, lastAcknowledged[shard]));
        lastAcknowledged[shard] = now;
    }

    /** The longest pause of each shard since this was asked last, in milliseconds. */
    synchronized long[] pausesMillis() {
        long[] pauses = Arrays.stream(longest).map(nanos -> nanos / 1_000_000).toArray();
        Arrays.fill(longest, 0);
        return pauses;
    }
}
