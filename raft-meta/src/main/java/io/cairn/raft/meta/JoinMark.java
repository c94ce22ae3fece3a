package io.cairn.raft.meta;

import java.io.IOException;

/**
 * Where a node's identity is kept: whether the node of this id was ever in a cluster. It outlives {@code cluster.conf},
 * whose loss with the logs would else let an old id vote as if it had never held anything (SAFETY 5).
 */
public interface JoinMark {
    /** The cluster this node was in or about to join, or empty. */
    String clusterId();

    /** This node joins a cluster now, or is found to be in it. On the disk when this returns. */
    void joins(String clusterId) throws IOException;
}
