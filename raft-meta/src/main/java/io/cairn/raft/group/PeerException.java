package io.cairn.raft.group;

import java.io.IOException;

/** A message to a peer got no answer: not connected, timed out, too much outstanding, or refused by its handler. */
public final class PeerException extends IOException {
    private static final long serialVersionUID = 1L;
    static final String LATE = "no answer in time";

    public PeerException(String message) {
        super(message);
    }

    /** The message may have arrived, and what it asks for may still come. */
    public boolean isLate() {
        return LATE.equals(getMessage());
    }
}
