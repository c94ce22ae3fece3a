package io.cairn.gossip;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * {@link NodeInfo} and {@link SoftState} on the wire: a version byte, then fields in order. A later version may append
 * fields; a reader ignores what follows those it knows, so that nodes of two versions understand each other.
 */
final class FactsCodec {
    static final int VERSION = 1;
    /** Bytes of one node's facts. */
    static final int MAX_FACT_BYTES = 4096;
    /** Nodes in one message of soft states. */
    static final int MAX_STATES = 1024;

    private static final int MAX_ID = 64;

    private FactsCodec() {}

    /** Writes into memory, where no I/O can fail. */
    private interface Fields {
        void write(DataOutputStream out) throws IOException;
    }

    private static byte[] bytes(Fields fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            fields.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] info(NodeInfo info) {
        return bytes(out -> {
            out.writeByte(VERSION);
            text(out, info.nodeId());
            out.writeLong(info.startedAtMillis());
            text(out, info.host());
            out.writeShort(info.clientPort());
            out.writeShort(info.busPort());
            out.writeShort(info.raftPort());
            text(out, info.failureDomain());
            text(out, info.clusterId());
            text(out, info.hostname());
            text(out, info.version());
        });
    }

    static NodeInfo info(byte[] bytes) throws IOException {
        DataInputStream in = open(bytes);
        String nodeId = text(in);
        if (nodeId.isEmpty() || nodeId.length() > MAX_ID) {
            throw new WireException("not a node id: " + nodeId);
        }
        return new NodeInfo(
                nodeId,
                in.readLong(),
                text(in),
                in.readUnsignedShort(),
                in.readUnsignedShort(),
                in.readUnsignedShort(),
                text(in),
                text(in),
                text(in),
                text(in));
    }

    /** States by node id, each with its length, so that a reader can pass over fields it does not know. */
    static byte[] states(Map<String, SoftState> states) {
        return bytes(out -> {
            out.writeByte(VERSION);
            out.writeShort(states.size());
            for (Map.Entry<String, SoftState> entry : states.entrySet()) {
                byte[] state = state(entry.getKey(), entry.getValue());
                out.writeShort(state.length);
                out.write(state);
            }
        });
    }

    private static byte[] state(String nodeId, SoftState state) {
        return bytes(out -> {
            text(out, nodeId);
            out.writeLong(state.sequence());
            out.writeLong(state.clients());
            out.writeLong(state.usedMemoryBytes());
            out.writeLong(state.opsPerSecond());
            out.writeLong(state.replicationLagMillis());
            out.writeBoolean(state.primary());
            text(out, state.shardId());
            text(out, state.ledShardId());
            out.writeLong(state.ledTerm());
            out.writeLong(state.appliedIndex());
        });
    }

    static Map<String, SoftState> states(byte[] bytes) throws IOException {
        DataInputStream in = open(bytes);
        int count = in.readUnsignedShort();
        if (count > MAX_STATES) {
            throw new WireException(count + " soft states in one message");
        }
        Map<String, SoftState> states = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            byte[] one = new byte[in.readUnsignedShort()];
            in.readFully(one);
            DataInputStream fields = new DataInputStream(new ByteArrayInputStream(one));
            states.put(text(fields), state(fields));
        }
        return states;
    }

    private static SoftState state(DataInputStream in) throws IOException {
        return new SoftState(
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readBoolean(),
                text(in),
                text(in),
                in.readLong(),
                in.readLong());
    }

    private static DataInputStream open(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        if (in.readUnsignedByte() < VERSION) {
            throw new WireException("facts of version 0");
        }
        return in;
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > NodeInfo.MAX_TEXT) {
            throw new IllegalArgumentException("longer than " + NodeInfo.MAX_TEXT + " bytes: " + text);
        }
        out.writeByte(bytes.length);
        out.write(bytes);
    }

    private static String text(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readUnsignedByte()];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
