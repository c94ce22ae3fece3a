package io.cairn.gossip;

import java.io.IOException;

/** Bytes from a peer that are not a message of ours. The connection they came on is closed. */
final class WireException extends IOException {
    private static final long serialVersionUID = 1L;

    WireException(String message) {
        super(message);
    }
}
