package io.cairn.gossip;

import io.scalecube.cluster.Member;
import io.scalecube.cluster.membership.MemberStatus;
import io.scalecube.cluster.transport.api.Message;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.Externalizable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads what {@link WireWriter} wrote, trusting nothing: only the classes of {@link WireType}, only where they belong,
 * no count above the bytes that are left, no nesting past {@value #MAX_DEPTH}, no incarnation that could never be
 * refuted.
 */
final class WireReader implements NarrowInput {
    private static final int MAX_DEPTH = 8;
    /** A record with an incarnation near the largest int would stay true for ever: nobody could go above it. */
    private static final int MAX_INCARNATION = 1 << 30;

    private final ByteArrayInputStream bytes;
    private final DataInputStream in;
    private final StatusTap tap;
    private WireType current = WireType.NULL;
    private int position;
    private int depth;
    private @Nullable Member member;
    private @Nullable MemberStatus status;

    WireReader(byte[] payload, int offset, StatusTap tap) {
        this.bytes = new ByteArrayInputStream(payload, offset, payload.length - offset);
        this.in = new DataInputStream(bytes);
        this.tap = tap;
    }

    /** Reads the one message of a frame. */
    Message message() throws IOException {
        if (!(object() instanceof Message message)) {
            throw new WireException("not a message");
        }
        if (bytes.available() > 0) {
            throw new WireException(bytes.available() + " bytes after the message");
        }
        MessageRules.checkOuter(message);
        return message;
    }

    // ScaleCube reads nulls and knows it; its interface has no annotations to say so.
    @Override
    @SuppressWarnings("NullAway")
    public Object readObject() throws IOException {
        return object();
    }

    private @Nullable Object object() throws IOException {
        WireType type = WireType.ofTag(in.readUnsignedByte());
        if (depth > 0 && !current.mayHold(type, position)) {
            throw new WireException(current + " cannot hold " + type);
        }
        position++;
        return switch (type) {
            case NULL -> null;
            case STRING -> readUTF();
            case BYTES -> in.readNBytes(count(in.readInt()));
            case STATUS -> {
                MemberStatus read = (MemberStatus) type.constant(in.readUnsignedByte());
                status = read;
                yield read;
            }
            case ACK -> type.constant(in.readUnsignedByte());
            default -> fields(type);
        };
    }

    private Object fields(WireType type) throws IOException {
        if (++depth > MAX_DEPTH) {
            throw new WireException("nested too deep");
        }
        WireType outer = current;
        int outerPosition = position;
        current = type;
        position = 0;
        Externalizable value = type.create();
        try {
            value.readExternal(this);
        } catch (ClassNotFoundException | ClassCastException e) {
            throw new WireException("bad " + type + ": " + e);
        }
        current = outer;
        position = outerPosition;
        depth--;
        if (value instanceof Member read) {
            MessageRules.checkMember(read);
            member = read;
        } else if (value instanceof Message read && outer == WireType.GOSSIP) {
            MessageRules.checkGossiped(read);
        }
        return value;
    }

    @Override
    public int readInt() throws IOException {
        int value = in.readInt();
        if (current.intsAreCounts()) {
            return count(value);
        }
        Member about = member;
        MemberStatus now = status;
        if (about == null || now == null || value < 0 || value > MAX_INCARNATION) {
            throw new WireException("a membership record with incarnation " + value);
        }
        tap.record(about.id(), now, value);
        return value;
    }

    private int count(int value) throws WireException {
        if (value < 0 || value > bytes.available()) {
            throw new WireException(value + " elements announced, " + bytes.available() + " bytes left");
        }
        return value;
    }

    @Override
    public long readLong() throws IOException {
        return in.readLong();
    }

    @Override
    public boolean readBoolean() throws IOException {
        return in.readBoolean();
    }

    @Override
    public String readUTF() throws IOException {
        String text = in.readUTF();
        if (text.length() > MessageRules.MAX_TEXT) {
            throw new WireException("a text of " + text.length() + " characters");
        }
        return text;
    }

    @Override
    public void readFully(byte[] target) throws IOException {
        in.readFully(target);
    }
}
