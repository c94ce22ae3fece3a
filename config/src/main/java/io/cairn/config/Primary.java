package io.cairn.config;

/**
 * Whom a node follows: {@code replicaof}.
 *
 * @param host empty for nobody
 */
public record Primary(String host, int port) {
    /** A node that is a primary itself. */
    public static final Primary NONE = new Primary("", 0);

    public boolean isNone() {
        return host.isEmpty();
    }
}
