package io.cairn.gossip.claims;

/**
 * Where a node is found.
 *
 * @param host an address
 * @param port of its clients
 * @param busPort of its gossip
 * @param hostname empty if it has none
 */
public record Place(String host, int port, int busPort, String hostname) {
    /** Where its gossip is dialled. */
    public String bus() {
        return host + ":" + busPort;
    }
}
