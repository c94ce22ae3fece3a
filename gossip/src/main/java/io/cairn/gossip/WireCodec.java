package io.cairn.gossip;

import io.scalecube.cluster.transport.api.Message;
import io.scalecube.cluster.transport.api.MessageCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The format of a message: a version byte, then the fields by {@link WireWriter}. Takes the place of ScaleCube's Java
 * serialization, which must never be reachable from a port. Safe for any thread.
 */
final class WireCodec implements MessageCodec {
    static final int VERSION = 1;
    /** Room for the records of more than a thousand members. */
    static final int MAX_MESSAGE_BYTES = 512 * 1024;

    private static final int USUAL_BYTES = 1024;

    private final StatusTap tap;

    WireCodec(StatusTap tap) {
        this.tap = tap;
    }

    byte[] encode(Message message) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(USUAL_BYTES);
        write(message, out);
        return out.toByteArray();
    }

    /**
     * As {@link #encode}, but null for a gossip that another member is alive. ScaleCube spreads every member that it learns
     * in a sync: n members starting together would each gossip n members, and a loaded machine then misses pings, accuses,
     * refutes and drowns. Members tell of themselves; who missed it learns by sync.
     */
    byte @Nullable [] encodeFirstHand(Message message) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(USUAL_BYTES);
        return write(message, out).secondHand() ? null : out.toByteArray();
    }

    private WireWriter write(Message message, ByteArrayOutputStream out) throws IOException {
        out.write(VERSION);
        WireWriter writer = new WireWriter(out, tap);
        writer.writeObject(message);
        if (out.size() > MAX_MESSAGE_BYTES) {
            throw new WireException("a message of " + out.size() + " bytes");
        }
        return writer;
    }

    /** Every malformed input ends in an IOException. */
    Message decode(byte[] payload) throws IOException {
        if (payload.length > MAX_MESSAGE_BYTES || payload.length < 2 || payload[0] != VERSION) {
            throw new WireException("not a message of version " + VERSION);
        }
        return new WireReader(payload, 1, tap).message();
    }

    @Override
    public Message deserialize(InputStream stream) throws IOException {
        return decode(stream.readNBytes(MAX_MESSAGE_BYTES + 1));
    }

    @Override
    public void serialize(Message message, OutputStream stream) throws IOException {
        stream.write(encode(message));
    }
}
