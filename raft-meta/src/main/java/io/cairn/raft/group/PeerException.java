package io.cairn.raft.group;

import java.io.IOException;

/** A message to a peer got no answer: not connected, timed out, too much outstanding, or refused by its handler. */
public final class PeerException extends IOException {
    private static final long serialVersionUID = 1L;

    public PeerException(String message) {
        super(message);
    }
}
