package io.cairn.raft.meta;

import java.util.Collection;

/** What discovery (gossip) knows of the nodes around; it hints, it never decides. Called from the cluster thread. */
public interface NodeDirectory {
    /** All nodes seen, dead ones as long as they are remembered, this node included. */
    Collection<SeenNode> seen();

    /**
     * A node as it announces itself.
     *
     * @param clusterId empty while it is in no cluster
     * @param alive false once the failure detector calls it dead
     */
    record SeenNode(
            String id,
            String host,
            int port,
            int busPort,
            int raftPort,
            String hostname,
            String domain,
            String clusterId,
            boolean alive) {
        ClusterNode toNode() {
            return new ClusterNode(id, host, port, busPort, raftPort, hostname, domain, NodeState.ACTIVE);
        }
    }
}
