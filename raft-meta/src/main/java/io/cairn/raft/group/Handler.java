package io.cairn.raft.group;

import java.util.concurrent.CompletableFuture;

/** Answers one type of the messages that layers above exchange over the Raft port. */
@FunctionalInterface
public interface Handler {
    /**
     * Called on a pool thread of the host: may take locks, must not wait for another message. The answer goes back when
     * the future completes; a failed one reaches the sender as a {@link PeerException} with its message.
     *
     * @param payload owned by the handler, at most {@link RaftHost#MAX_MESSAGE_BYTES}
     */
    CompletableFuture<byte[]> handle(Sender from, byte[] payload);
}
