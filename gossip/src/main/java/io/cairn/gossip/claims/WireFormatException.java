package io.cairn.gossip.claims;

import java.io.IOException;

/** Bytes of a peer that are no message. */
final class WireFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    WireFormatException(String message) {
        super(message);
    }
}
