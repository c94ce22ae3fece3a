package io.cairn.raft.group;

import com.alipay.sofa.jraft.conf.ConfigurationEntry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A configuration as this replica's log has it, committed or not.
 *
 * @param oldVoters while joint, the voters of the old configuration; empty otherwise
 * @param index of its entry; 0 for the initial configuration
 */
record Members(List<String> voters, List<String> oldVoters, List<String> learners, long index) {
    static final Members NONE = new Members(List.of(), List.of(), List.of(), 0);

    /**
     * Starts a data entry that tells all replicas, in log order, which members are committed. The library's own callback
     * leaves out learners and most changes. No record starts with these bytes.
     */
    private static final byte[] MAGIC = "\0cairn-members\1\n".getBytes(StandardCharsets.US_ASCII);

    static Members of(ConfigurationEntry entry) {
        return new Members(
                Peers.nodeIds(entry.getConf().listPeers()),
                Peers.nodeIds(entry.getOldConf().listPeers()),
                Peers.nodeIds(entry.getConf().listLearners()),
                entry.getId().getIndex());
    }

    boolean isJoint() {
        return !oldVoters.isEmpty();
    }

    Set<String> all() {
        Set<String> all = new HashSet<>(voters);
        all.addAll(oldVoters);
        all.addAll(learners);
        return all;
    }

    ByteBuffer encode() {
        ByteBuf out = Unpooled.buffer();
        out.writeBytes(MAGIC);
        write(out, voters);
        write(out, learners);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    static boolean isEncoded(ByteBuffer data) {
        if (data.remaining() < MAGIC.length) {
            return false;
        }
        for (int i = 0; i < MAGIC.length; i++) {
            if (data.get(data.position() + i) != MAGIC[i]) {
                return false;
            }
        }
        return true;
    }

    /** The members of an encoded entry, or null when it is none. */
    static @Nullable Members decode(ByteBuffer data, long index) {
        if (!isEncoded(data)) {
            return null;
        }
        ByteBuf in = Unpooled.wrappedBuffer(data.duplicate());
        in.skipBytes(MAGIC.length);
        return new Members(read(in), List.of(), read(in), index);
    }

    private static void write(ByteBuf out, List<String> nodeIds) {
        out.writeShort(nodeIds.size());
        for (String nodeId : nodeIds) {
            out.writeByte(nodeId.length()).writeCharSequence(nodeId, StandardCharsets.US_ASCII);
        }
    }

    private static List<String> read(ByteBuf in) {
        int size = in.readUnsignedShort();
        List<String> nodeIds = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            nodeIds.add(in.readCharSequence(in.readUnsignedByte(), StandardCharsets.US_ASCII)
                    .toString());
        }
        return nodeIds;
    }
}
