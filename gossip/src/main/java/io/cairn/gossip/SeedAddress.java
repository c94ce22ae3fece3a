package io.cairn.gossip;

/**
 * Where a node's gossip port may be.
 *
 * @param host an address or a name, looked up anew at each try
 */
public record SeedAddress(String host, int busPort) {
    @Override
    public String toString() {
        return host + ":" + busPort;
    }
}
