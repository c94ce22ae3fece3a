package io.cairn.jepsen.resp;

/** Where a node listens for clients. */
public record Address(String host, int port) {
    /** A port of this machine. */
    public static Address local(int port) {
        return new Address("127.0.0.1", port);
    }

    /** Reads {@code host:port}, as MOVED writes it. */
    public static Address parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("not host:port: " + text);
        }
        return new Address(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
