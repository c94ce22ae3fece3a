package io.cairn.gossip;

/**
 * A node's load and role as of a moment; spread about every half second, the newest sequence wins.
 *
 * @param sequence grows with every publication of a node, also across restarts; {@link Gossip} sets it
 * @param clients connected clients
 * @param usedMemoryBytes memory used for data
 * @param opsPerSecond commands per second
 * @param replicationLagMillis how far this replica is behind its primary, or 0
 * @param primary true for the primary of its shard
 * @param shardId empty if it has none
 * @param ledShardId the shard whose Raft group it leads, empty if none
 * @param ledTerm the term it leads in, or 0
 * @param appliedIndex last applied log index, or 0
 */
public record SoftState(
        long sequence,
        long clients,
        long usedMemoryBytes,
        long opsPerSecond,
        long replicationLagMillis,
        boolean primary,
        String shardId,
        String ledShardId,
        long ledTerm,
        long appliedIndex) {
    /** Nothing known yet. */
    public static final SoftState EMPTY = new SoftState(0, 0, 0, 0, 0, false, "", "", 0, 0);

    SoftState withSequence(long newSequence) {
        return new SoftState(
                newSequence,
                clients,
                usedMemoryBytes,
                opsPerSecond,
                replicationLagMillis,
                primary,
                shardId,
                ledShardId,
                ledTerm,
                appliedIndex);
    }
}
