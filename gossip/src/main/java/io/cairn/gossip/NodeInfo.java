package io.cairn.gossip;

/**
 * What a node tells of itself; it changes rarely. Strings are at most {@value #MAX_TEXT} bytes in UTF-8.
 *
 * @param nodeId 40 hex digits, as in CLUSTER NODES
 * @param startedAtMillis wall clock of this start; of two starts of one node the later one counts
 * @param host the address others reach it at
 * @param clientPort RESP
 * @param busPort gossip
 * @param raftPort Raft, or 0
 * @param failureDomain what fails together with it
 * @param clusterId empty while it belongs to no cluster
 * @param hostname empty if it has none
 * @param version of Cairn
 */
public record NodeInfo(
        String nodeId,
        long startedAtMillis,
        String host,
        int clientPort,
        int busPort,
        int raftPort,
        String failureDomain,
        String clusterId,
        String hostname,
        String version) {
    /** Bytes of UTF-8 in one of the strings. */
    public static final int MAX_TEXT = 255;

    /** The same node, now a member of a cluster. */
    public NodeInfo withClusterId(String id) {
        return new NodeInfo(
                nodeId, startedAtMillis, host, clientPort, busPort, raftPort, failureDomain, id, hostname, version);
    }

    /** The same node with the endpoint it announces now. */
    public NodeInfo withEndpoint(String newHost, int newClientPort, String newHostname) {
        return new NodeInfo(
                nodeId,
                startedAtMillis,
                newHost,
                newClientPort,
                busPort,
                raftPort,
                failureDomain,
                clusterId,
                newHostname,
                version);
    }
}
