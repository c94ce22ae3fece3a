package io.cairn.config;

/**
 * A node to ask for the cluster, written {@code host:port[@busport]} as in CLUSTER NODES.
 *
 * @param port the client port
 * @param busPort the gossip port: port + 10000 unless it was given
 */
public record Seed(String host, int port, int busPort) {
    @Override
    public String toString() {
        String shown = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return shown + ":" + port + (busPort == port + Config.BUS_PORT_OFFSET ? "" : "@" + busPort);
    }
}
