package io.cairn.config;

import java.util.Set;

/**
 * The keys on which the nodes of a raft cluster agree: CONFIG SET of one at any node sets it on all, for nodes that join or
 * start later too. They are those that decide what clients of the cluster are promised, whichever node answers, and those
 * that a change of primary must not change. A key that was never set so has each node's own value.
 */
public final class ClusterScope {
    private static final Set<Key<?>> KEYS = Set.of(
            // What a reply promises
            Keys.CLUSTER_READ_CONSISTENCY,
            Keys.CLUSTER_REPLICA_READS,
            Keys.CLUSTER_REQUIRE_FULL_COVERAGE,
            Keys.CLUSTER_NODE_TIMEOUT,
            Keys.CLUSTER_PREFERRED_ENDPOINT_TYPE,
            Keys.MIN_REPLICAS_TO_WRITE,
            // What every node does for the cluster
            Keys.CLUSTER_BALANCE_LEADERS,
            Keys.CLUSTER_LOST_VOTER_TIMEOUT,
            Keys.CLUSTER_SNAPSHOT_LOG_SIZE,
            Keys.CLUSTER_SNAPSHOT_LOG_ENTRIES,
            // How data is kept, whoever is primary
            Keys.HASH_MAX_LISTPACK_ENTRIES,
            Keys.HASH_MAX_LISTPACK_VALUE,
            Keys.LIST_MAX_LISTPACK_SIZE,
            Keys.SET_MAX_INTSET_ENTRIES,
            Keys.ZSET_MAX_LISTPACK_ENTRIES,
            Keys.ZSET_MAX_LISTPACK_VALUE,
            Keys.HLL_SPARSE_MAX_BYTES,
            Keys.STREAM_NODE_MAX_BYTES,
            Keys.STREAM_NODE_MAX_ENTRIES);

    private ClusterScope() {}

    /** Whether the cluster agrees on the key. */
    public static boolean contains(Key<?> key) {
        return KEYS.contains(key);
    }
}
