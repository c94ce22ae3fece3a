package io.cairn.gossip;

/** Gossip could not start, as when its port is taken; the message is one line for the operator. */
public final class GossipException extends Exception {
    private static final long serialVersionUID = 1L;

    public GossipException(String message) {
        super(message);
    }

    public GossipException(String message, Throwable cause) {
        super(message, cause);
    }
}
