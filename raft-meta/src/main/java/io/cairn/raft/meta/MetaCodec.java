package io.cairn.raft.meta;

import io.cairn.raft.meta.Layout.ShardLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** Commands, results, layouts and nodes as bytes: a version byte, a kind byte, the fields in order. */
final class MetaCodec {
    /** Bound of an encoded command: 1,000 nodes with their names fit. */
    static final int MAX_COMMAND_BYTES = 2 << 20;

    private static final int VERSION = 1;
    private static final int FORM = 1;
    private static final int CLAIM_LEADER = 2;
    private static final int ADD_NODE = 3;
    private static final int REPLACE_NODE = 4;
    private static final int REMOVE_NODE = 5;
    private static final int SET_MEMBERS = 6;
    private static final int UPDATE_ADDRESS = 7;
    private static final int SET_CONFIG = 8;

    private MetaCodec() {}

    static byte[] encode(MetaCommand command) {
        WireWriter out = new WireWriter().u8(VERSION);
        if (command instanceof MetaCommand.Form form) {
            writeLayout(out.u8(FORM), form.layout());
        } else if (command instanceof MetaCommand.ClaimLeader claim) {
            out.u8(CLAIM_LEADER).text(claim.shardId()).i64(claim.term()).text(claim.nodeId());
        } else if (command instanceof MetaCommand.AddNode add) {
            writeNode(out.u8(ADD_NODE), add.node());
        } else if (command instanceof MetaCommand.ReplaceNode replace) {
            writeNode(out.u8(REPLACE_NODE).text(replace.oldId()), replace.node());
        } else if (command instanceof MetaCommand.RemoveNode remove) {
            out.u8(REMOVE_NODE).text(remove.nodeId());
        } else if (command instanceof MetaCommand.SetMembers set) {
            out.u8(SET_MEMBERS).text(set.shardId()).texts(set.voters()).texts(set.learners());
        } else if (command instanceof MetaCommand.UpdateAddress update) {
            writeNode(out.u8(UPDATE_ADDRESS), update.node());
        } else if (command instanceof MetaCommand.SetConfig set) {
            out.u8(SET_CONFIG).text(set.key()).text(set.value());
        }
        byte[] bytes = out.toBytes();
        if (bytes.length > MAX_COMMAND_BYTES) {
            throw new IllegalArgumentException("meta command of " + bytes.length + " bytes");
        }
        return bytes;
    }

    /** @throws FormatException for anything that {@link #encode} does not write */
    static MetaCommand decode(ByteBuffer bytes) {
        return whole(new WireReader(bytes), MetaCodec::readCommand);
    }

    private static MetaCommand readCommand(WireReader in) {
        requireVersion(in);
        int kind = in.u8();
        return switch (kind) {
            case FORM -> new MetaCommand.Form(readLayout(in));
            case CLAIM_LEADER -> new MetaCommand.ClaimLeader(in.text(), in.i64(), in.text());
            case ADD_NODE -> new MetaCommand.AddNode(readNode(in));
            case REPLACE_NODE -> new MetaCommand.ReplaceNode(in.text(), readNode(in));
            case REMOVE_NODE -> new MetaCommand.RemoveNode(in.text());
            case SET_MEMBERS -> new MetaCommand.SetMembers(in.text(), in.texts(), in.texts());
            case UPDATE_ADDRESS -> new MetaCommand.UpdateAddress(readNode(in));
            case SET_CONFIG -> new MetaCommand.SetConfig(in.text(), in.text());
            default -> throw new FormatException("unknown meta command " + kind);
        };
    }

    static byte[] encode(MetaResult result) {
        return new WireWriter()
                .u8(VERSION)
                .u8(result.outcome().code())
                .text(result.reason())
                .i64(result.version())
                .toBytes();
    }

    static MetaResult decodeResult(byte[] bytes) {
        return whole(new WireReader(bytes), in -> {
            requireVersion(in);
            return new MetaResult(MetaResult.Outcome.of(in.u8()), in.text(), in.i64());
        });
    }

    static byte[] encode(Layout layout) {
        WireWriter out = new WireWriter().u8(VERSION);
        writeLayout(out, layout);
        return out.toBytes();
    }

    static Layout decodeLayout(byte[] bytes) {
        return whole(new WireReader(bytes), in -> {
            requireVersion(in);
            return readLayout(in);
        });
    }

    static void writeNode(WireWriter out, ClusterNode node) {
        out.text(node.id())
                .text(node.host())
                .u16(node.port())
                .u16(node.busPort())
                .u16(node.raftPort())
                .text(node.hostname())
                .text(node.domain())
                .u8(node.state().code());
    }

    static ClusterNode readNode(WireReader in) {
        return new ClusterNode(
                in.text(), in.text(), in.u16(), in.u16(), in.u16(), in.text(), in.text(), NodeState.of(in.u8()));
    }

    static void writeNodes(WireWriter out, List<ClusterNode> nodes) {
        out.u16(nodes.size());
        nodes.forEach(node -> writeNode(out, node));
    }

    static List<ClusterNode> readNodes(WireReader in) {
        return list(in, () -> readNode(in));
    }

    static void writeLayout(WireWriter out, Layout layout) {
        out.text(layout.clusterId());
        writeNodes(out, layout.nodes());
        out.texts(layout.meta().voters()).texts(layout.meta().learners());
        out.u16(layout.shards().size());
        for (ShardLayout shard : layout.shards()) {
            out.text(shard.id()).texts(shard.voters()).texts(shard.learners());
            writeRanges(out, shard.slots());
        }
    }

    static Layout readLayout(WireReader in) {
        String clusterId = in.text();
        List<ClusterNode> nodes = readNodes(in);
        Members meta = new Members(in.texts(), in.texts());
        List<ShardLayout> shards = list(in, () -> new ShardLayout(in.text(), in.texts(), in.texts(), readRanges(in)));
        return new Layout(clusterId, nodes, meta, shards);
    }

    static void writeRanges(WireWriter out, List<SlotRange> ranges) {
        out.u16(ranges.size());
        ranges.forEach(range -> out.u16(range.first()).u16(range.last()));
    }

    static List<SlotRange> readRanges(WireReader in) {
        return list(in, () -> new SlotRange(in.u16(), in.u16()));
    }

    static <T> List<T> list(WireReader in, Supplier<T> element) {
        int count = in.u16();
        List<T> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(element.get());
        }
        return values;
    }

    static void requireVersion(WireReader in) {
        int version = in.u8();
        if (version != VERSION) {
            throw new FormatException("format version " + version + ", this build knows " + VERSION);
        }
    }

    /** Values that their classes refuse are as malformed as bytes that end early. */
    static <T> T whole(WireReader in, Function<WireReader, T> body) {
        try {
            T value = body.apply(in);
            in.end();
            return value;
        } catch (IllegalArgumentException e) {
            throw new FormatException("a value out of bounds: " + e.getMessage(), e);
        }
    }
}
