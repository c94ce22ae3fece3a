package io.cairn.cluster;

import io.cairn.raft.group.RaftHost;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/** Over the Raft port with its proofs, but on TCP connections of their own. */
final class RaftCourier implements PeerCourier {
    /** "Messages for your subscribers": part of the wire format, beside {@code MessageTypes}. */
    private static final byte MESSAGES = 33;

    private final RaftHost host;

    RaftCourier(RaftHost host) {
        this.host = host;
    }

    @Override
    public int partBytes() {
        return PeerStream.MAX_PART_BYTES;
    }

    @Override
    public CompletableFuture<byte[]> send(String nodeId, byte[] part) {
        return host.sendBulk(nodeId, MESSAGES, part);
    }

    @Override
    public void receive(BiFunction<String, byte[], CompletableFuture<byte[]>> receiver) {
        host.handle(MESSAGES, false, (from, payload) -> receiver.apply(from.nodeId(), payload));
    }
}
