package io.cairn.raft.meta;

import java.net.InetSocketAddress;

/**
 * One RESP endpoint as the meta group knows it.
 *
 * @param id 40 lower-case hex digits, drawn anew for every empty data directory
 * @param host what clients and peers connect to: an address or a name, at most 255 bytes
 * @param port of the RESP clients
 * @param busPort of the cluster bus, as CLUSTER NODES shows it after the @ sign
 * @param raftPort where its Raft host listens
 * @param hostname {@code cluster-announce-hostname}, or empty
 * @param domain failure domain: nodes of one process share it (SAFETY 7)
 */
public record ClusterNode(
        String id, String host, int port, int busPort, int raftPort, String hostname, String domain, NodeState state) {
    /** Bound of {@code host}, {@code hostname} and {@code domain}, in UTF-8 bytes. */
    public static final int MAX_NAME_BYTES = 255;

    public ClusterNode {
        Ids.check(id);
        if (host.isEmpty()) {
            throw new IllegalArgumentException("a node needs a host: " + id);
        }
        checkPort(port);
        checkPort(busPort);
        checkPort(raftPort);
        Ids.checkName(host);
        Ids.checkName(hostname);
        Ids.checkName(domain);
    }

    public boolean isActive() {
        return state == NodeState.ACTIVE;
    }

    /** Where its Raft host listens; a host name is left to whoever connects, so this never waits for DNS. */
    public InetSocketAddress raftAddress() {
        boolean literal = host.indexOf(':') >= 0 || host.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '.');
        return literal ? new InetSocketAddress(host, raftPort) : InetSocketAddress.createUnresolved(host, raftPort);
    }

    ClusterNode withState(NodeState newState) {
        return new ClusterNode(id, host, port, busPort, raftPort, hostname, domain, newState);
    }

    private static void checkPort(int port) {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port out of range: " + port);
        }
    }
}
