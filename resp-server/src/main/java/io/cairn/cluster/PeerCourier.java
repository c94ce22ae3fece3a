package io.cairn.cluster;

import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/** Carries parts of streams of messages between nodes; each part is answered. Any thread; never waits. */
interface PeerCourier {
    /** Bytes of a part at most. */
    int partBytes();

    /** Completes when the node has taken the part; the caller bounds the time. */
    CompletableFuture<byte[]> send(String nodeId, byte[] part);

    /** @param receiver told the sender's id and the part; what it gives completes when the part is taken */
    void receive(BiFunction<String, byte[], CompletableFuture<byte[]>> receiver);
}
