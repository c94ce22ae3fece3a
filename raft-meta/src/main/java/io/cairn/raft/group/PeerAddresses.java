package io.cairn.raft.group;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Resolves a node id to the address of its Raft port: a peer is its node id, never an address (SAFETY 5). */
public interface PeerAddresses {
    /** The address, or null when the node is unknown or was removed. Called from any thread, must not block. */
    @Nullable
    InetSocketAddress resolve(String nodeId);

    /**
     * True when this node id was removed from the cluster: removal is permanent (SAFETY 5), so nothing of it is
     * accepted any more and nothing is sent to it. Called from any thread, must not block.
     */
    default boolean isRemoved(String nodeId) {
        return false;
    }
}
