package io.cairn.raft.group;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The messages before anything else is parsed. Each is {@code magic (8), version, step, u16 length, body}.
 *
 * <pre>
 * 1 hello      connecting side: cluster id, its node id, the node id it wants (or none), its port, its host (or none), a nonce
 * 2 challenge  accepting side: a nonce
 * 3 proof      connecting side: HMAC of all that came before
 * 4 welcome    accepting side: cluster id, its node id, HMAC
 * </pre>
 *
 * Whatever is wrong or late is answered by closing, without a byte that tells why.
 */
final class Handshake {
    static final long MAGIC = 0x4341_4952_4e52_4654L;
    static final byte VERSION = 2;
    static final byte HELLO = 1;
    static final byte CHALLENGE = 2;
    static final byte PROOF = 3;
    static final byte WELCOME = 4;

    static final int HEADER_BYTES = 8 + 1 + 1 + 2;
    static final int MAX_BODY_BYTES = 512;
    static final int MAX_CLUSTER_ID_BYTES = 64;
    static final int MAX_HOST_BYTES = 253;
    static final int TIMEOUT_MILLIS = 2_000;
    static final String CLIENT = "client";
    static final String SERVER = "server";

    private static final int NODE_ID_BYTES = 40;

    private Handshake() {}

    /**
     * What the connecting side says.
     *
     * @param wanted null when it only knows an address
     * @param host where it says that its peers find it; null where they see it is right
     */
    record Hello(
            @Nullable String clusterId,
            String nodeId,
            @Nullable String wanted,
            int port,
            @Nullable String host) {}

    /** What the accepting side says once the other has proved itself. */
    record Welcome(@Nullable String clusterId, String nodeId, byte[] proof) {}

    static ByteBuf message(byte step, byte[]... body) {
        int length = 0;
        for (byte[] part : body) {
            length += part.length;
        }
        ByteBuf out = Unpooled.buffer(HEADER_BYTES + length);
        out.writeLong(MAGIC).writeByte(VERSION).writeByte(step).writeShort(length);
        for (byte[] part : body) {
            out.writeBytes(part);
        }
        return out;
    }

    /** The body of the next message, or null when it is not all there yet; throws when it cannot be ours. */
    static byte @Nullable [] body(ByteBuf in, byte step) throws PeerException {
        int readable = in.readableBytes();
        int start = in.readerIndex();
        if (readable >= 8 ? in.getLong(start) != MAGIC : !startsLikeMagic(in)) {
            throw new PeerException("not this protocol");
        }
        if (readable < HEADER_BYTES) {
            return null;
        }
        int length = in.getUnsignedShort(start + 10);
        if (in.getByte(start + 8) != VERSION || in.getByte(start + 9) != step || length > MAX_BODY_BYTES) {
            throw new PeerException("another version or step of this protocol");
        }
        if (readable < HEADER_BYTES + length) {
            return null;
        }
        byte[] body = new byte[length];
        in.skipBytes(HEADER_BYTES).readBytes(body);
        return body;
    }

    private static boolean startsLikeMagic(ByteBuf in) {
        for (int i = 0; i < in.readableBytes(); i++) {
            if (in.getByte(in.readerIndex() + i) != (byte) (MAGIC >>> (56 - 8 * i))) {
                return false;
            }
        }
        return true;
    }

    static byte[] hello(Hello hello, byte[] nonce) {
        ByteBuf out = Unpooled.buffer(MAX_BODY_BYTES);
        write(out, hello.clusterId());
        write(out, hello.nodeId());
        write(out, hello.wanted());
        out.writeShort(hello.port());
        write(out, hello.host());
        out.writeBytes(nonce);
        return bytes(out);
    }

    static Hello readHello(byte[] body) throws PeerException {
        ByteBuf in = Unpooled.wrappedBuffer(body);
        try {
            String clusterId = read(in, MAX_CLUSTER_ID_BYTES);
            String nodeId = read(in, NODE_ID_BYTES);
            String wanted = read(in, NODE_ID_BYTES);
            int port = in.readUnsignedShort();
            String host = read(in, MAX_HOST_BYTES);
            if (nodeId == null || in.readableBytes() != Identity.NONCE_BYTES) {
                throw new PeerException("a malformed hello");
            }
            return new Hello(clusterId, nodeId, wanted, port, host);
        } catch (IndexOutOfBoundsException e) {
            throw new PeerException("a malformed hello");
        }
    }

    static byte[] welcome(@Nullable String clusterId, String nodeId) {
        ByteBuf out = Unpooled.buffer(MAX_BODY_BYTES);
        write(out, clusterId);
        write(out, nodeId);
        return bytes(out);
    }

    static Welcome readWelcome(byte[] body) throws PeerException {
        ByteBuf in = Unpooled.wrappedBuffer(body);
        try {
            String clusterId = read(in, MAX_CLUSTER_ID_BYTES);
            String nodeId = read(in, NODE_ID_BYTES);
            if (nodeId == null || in.readableBytes() != Identity.PROOF_BYTES) {
                throw new PeerException("a malformed welcome");
            }
            byte[] proof = new byte[Identity.PROOF_BYTES];
            in.readBytes(proof);
            return new Welcome(clusterId, nodeId, proof);
        } catch (IndexOutOfBoundsException e) {
            throw new PeerException("a malformed welcome");
        }
    }

    /** Both sides in one cluster speak freely; if one is in none they only exchange what is allowed then. */
    static boolean mayTalk(@Nullable String one, @Nullable String other) {
        return one == null || other == null || one.equals(other);
    }

    static boolean isFormed(@Nullable String one, @Nullable String other) {
        return one != null && one.equals(other);
    }

    /**
     * Closes a connection whose handshake told a cluster id that was set meanwhile; it is made anew. Called once the
     * connection is known to the host: who sets the id closes those it knows, so none slips between.
     */
    static void closeIfOutdated(Channel channel, Identity self, @Nullable String said) {
        if (!Objects.equals(said, self.clusterId())) {
            channel.close();
        }
    }

    private static void write(ByteBuf out, @Nullable String text) {
        byte[] bytes = text == null ? new byte[0] : text.getBytes(StandardCharsets.US_ASCII);
        out.writeByte(bytes.length).writeBytes(bytes);
    }

    private static @Nullable String read(ByteBuf in, int maxBytes) throws PeerException {
        int length = in.readUnsignedByte();
        if (length > maxBytes) {
            throw new PeerException("a malformed handshake");
        }
        return length == 0
                ? null
                : in.readCharSequence(length, StandardCharsets.US_ASCII).toString();
    }

    private static byte[] bytes(ByteBuf out) {
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return bytes;
    }
}
