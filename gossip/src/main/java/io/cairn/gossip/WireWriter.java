package io.cairn.gossip;

import io.scalecube.cluster.Member;
import io.scalecube.cluster.membership.MemberStatus;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.Externalizable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Writes ScaleCube's messages in our own format: no class names, only the tags of {@link WireType}. The classes bring
 * their field order themselves (writeExternal), which is how their private fields are reached.
 */
final class WireWriter implements NarrowOutput {
    private final DataOutputStream out;
    private final StatusTap tap;
    private WireType current = WireType.NULL;
    private @Nullable Member member;
    private @Nullable MemberStatus status;
    private @Nullable String gossiper;
    private boolean secondHand;

    WireWriter(ByteArrayOutputStream out, StatusTap tap) {
        this.out = new DataOutputStream(out);
        this.tap = tap;
    }

    @Override
    public void writeObject(@Nullable Object value) throws IOException {
        WireType type = WireType.of(value);
        out.writeByte(type.tag());
        if (value instanceof String text) {
            out.writeUTF(text);
        } else if (value instanceof byte[] bytes) {
            out.writeInt(bytes.length);
            out.write(bytes);
        } else if (value instanceof Enum<?>) {
            out.writeByte(type.code(value));
        } else if (value instanceof Externalizable fields) {
            WireType outer = current;
            current = type;
            fields.writeExternal(this);
            current = outer;
        }
        if (value instanceof Member one) {
            member = one;
        } else if (value instanceof MemberStatus one) {
            status = one;
        }
    }

    @Override
    public void writeInt(int value) throws IOException {
        out.writeInt(value);
        Member about = member;
        MemberStatus now = status;
        if (current == WireType.RECORD && about != null && now != null) {
            tap.record(about.id(), now, value);
            secondHand |=
                    gossiper != null && now == MemberStatus.ALIVE && !about.id().equals(gossiper);
        }
    }

    /** True if what was written is a gossip that somebody else is alive. */
    boolean secondHand() {
        return secondHand;
    }

    @Override
    public void writeLong(long value) throws IOException {
        out.writeLong(value);
    }

    @Override
    public void writeBoolean(boolean value) throws IOException {
        out.writeBoolean(value);
    }

    @Override
    public void writeUTF(String text) throws IOException {
        if (current == WireType.GOSSIP) {
            gossiper = text;
        }
        out.writeUTF(text);
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        out.write(bytes);
    }
}
