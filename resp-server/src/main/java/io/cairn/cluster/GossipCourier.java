package io.cairn.cluster;

import io.cairn.gossip.Gossip;
import io.cairn.gossip.claims.Picture;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;

/**
 * Parts of pub/sub streams over gossip's direct messages, whose connections are opened as they are needed: a node has one to those it has
 * something for.
 *
 * <p>A part: {@code u8 2, sender's id, u64 number, bytes}. Its answer: {@code u8 3, u64 number}.
 */
final class GossipCourier implements PeerCourier {
    private static final byte PART = 2;
    private static final byte TAKEN = 3;
    private static final int ID_BYTES = 20;
    private static final int HEAD_BYTES = 1 + ID_BYTES + Long.BYTES;
    private static final int PART_BYTES = 100 * 1024;
    private static final byte[] NOTHING = {};

    private final ClaimsRunner[] claims;
    private final AtomicLong numbers = new AtomicLong(System.nanoTime());
    private final Map<Long, CompletableFuture<byte[]>> open = new ConcurrentHashMap<>();
    private volatile BiFunction<String, byte[], CompletableFuture<byte[]>> receiver =
            (from, part) -> CompletableFuture.failedFuture(new IllegalStateException("nobody listens"));

    GossipCourier() {
        claims = new ClaimsRunner[1];
    }

    /** Over this; before the first message. */
    void over(ClaimsRunner runner) {
        claims[0] = runner;
    }

    @Override
    public int partBytes() {
        return PART_BYTES;
    }

    @Override
    public CompletableFuture<byte[]> send(String nodeId, byte[] part) {
        Picture picture = claims[0].picture();
        Picture.Node node = picture.node(nodeId);
        Gossip gossip = claims[0].gossip();
        if (node == null || gossip == null) {
            return CompletableFuture.failedFuture(new IllegalStateException("no such node"));
        }
        long number = numbers.incrementAndGet();
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        open.put(number, answer);
        answer.whenComplete((taken, failure) -> open.remove(number));
        byte[] id = HexFormat.of().parseHex(picture.self().id());
        gossip.send(
                node.claim().place().bus(),
                ByteBuffer.allocate(HEAD_BYTES + part.length)
                        .put(PART)
                        .put(id)
                        .putLong(number)
                        .put(part)
                        .array());
        return answer;
    }

    @Override
    public void receive(BiFunction<String, byte[], CompletableFuture<byte[]>> toldOf) {
        receiver = toldOf;
    }

    /** A direct message that is none of the claims. On gossip's socket thread. */
    void message(byte[] message) {
        ByteBuffer in = ByteBuffer.wrap(message);
        try {
            byte kind = in.get();
            if (kind == TAKEN) {
                CompletableFuture<byte[]> answer = open.remove(in.getLong());
                if (answer != null) {
                    answer.complete(NOTHING);
                }
            } else if (kind == PART) {
                byte[] id = new byte[ID_BYTES];
                in.get(id);
                long number = in.getLong();
                byte[] part = new byte[in.remaining()];
                in.get(part);
                taken(HexFormat.of().formatHex(id), number, part);
            }
        } catch (BufferUnderflowException e) {
            // Nonsense is passed over, as by the claims.
            return;
        }
    }

    private void taken(String from, long number, byte[] part) {
        Picture.Node node = claims[0].picture().node(from);
        if (node == null) {
            return;
        }
        receiver.apply(from, part).thenAccept(done -> {
            Gossip gossip = claims[0].gossip();
            if (gossip != null) {
                gossip.send(
                        node.claim().place().bus(),
                        ByteBuffer.allocate(1 + Long.BYTES)
                                .put(TAKEN)
                                .putLong(number)
                                .array());
            }
        });
    }
}
