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
    private static final int SET_VOTE = 40;
    private static final int SWAP_VOTER = 41;
    private static final int ADMIT = 9;
    private static final int ASSIGN = 10;
    private static final int RELEASE = 11;
    private static final int MOVE = 12;
    private static final int RELEASED = 13;
    private static final int REPLICATE = 14;
    private static final int LEAVE = 15;
    private static final int DEPARTED = 16;
    private static final int OPEN = 17;
    private static final int CONFIG_EPOCH = 18;
    private static final int KEEP = 19;
    private static final int BEGIN_MIGRATIONS = 20;
    private static final int START_MIGRATION = 21;
    private static final int COMMIT_MIGRATION = 22;
    private static final int END_MIGRATION = 23;
    private static final int BATCH = 24;

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
        } else if (command instanceof MetaCommand.SetVote vote) {
            out.u8(SET_VOTE).text(vote.nodeId()).u8(vote.votes() ? 1 : 0);
        } else if (command instanceof MetaCommand.SwapVoter swap) {
            out.u8(SWAP_VOTER).text(swap.shardId()).text(swap.lostId()).text(swap.spareId());
        } else {
            writeLater(out, command);
        }
        byte[] bytes = out.toBytes();
        if (bytes.length > MAX_COMMAND_BYTES) {
            throw new IllegalArgumentException("meta command of " + bytes.length + " bytes");
        }
        return bytes;
    }

    private static void writeLater(WireWriter out, MetaCommand command) {
        if (command instanceof MetaCommand.Admit admit) {
            writeNode(out.u8(ADMIT), admit.node());
            out.text(admit.shardId()).i64(admit.floor()).i64(admit.configEpoch());
            writeEpochs(out, admit.slots());
        } else if (command instanceof MetaCommand.Assign assign) {
            out.u8(ASSIGN).text(assign.nodeId()).text(assign.newShardId());
            writeRanges(out, assign.slots());
        } else if (command instanceof MetaCommand.Release release) {
            out.u8(RELEASE).text(release.nodeId());
            writeRanges(out, release.slots());
        } else if (command instanceof MetaCommand.Move move) {
            out.u8(MOVE).text(move.nodeId()).text(move.newShardId());
            writeRanges(out, move.slots());
        } else if (command instanceof MetaCommand.Released released) {
            out.u8(RELEASED).text(released.shardId());
            writeEpochs(out, released.slots());
        } else if (command instanceof MetaCommand.Keep keep) {
            out.u8(KEEP).text(keep.shardId());
            writeEpochs(out, keep.slots());
        } else if (command instanceof MetaCommand.Replicate replicate) {
            out.u8(REPLICATE)
                    .text(replicate.nodeId())
                    .text(replicate.primaryId())
                    .text(replicate.newShardId());
        } else if (command instanceof MetaCommand.Leave leave) {
            out.u8(LEAVE).text(leave.nodeId());
        } else if (command instanceof MetaCommand.Departed departed) {
            out.u8(DEPARTED).text(departed.nodeId()).text(departed.shardId());
        } else if (command instanceof MetaCommand.Open open) {
            out.u8(OPEN).u16(open.slot()).u8(open.kind().code());
            out.text(open.nodeId()).text(open.otherId()).text(open.newShardId());
        } else if (command instanceof MetaCommand.ConfigEpoch epoch) {
            out.u8(CONFIG_EPOCH).text(epoch.nodeId()).i64(epoch.epoch());
        } else if (command instanceof MetaCommand.Batch batch) {
            out.u8(BATCH).u16(batch.commands().size());
            batch.commands().forEach(part -> out.blob(encode(part)));
        } else {
            writeMigration(out, command);
        }
    }

    private static void writeMigration(WireWriter out, MetaCommand command) {
        if (command instanceof MetaCommand.BeginMigrations begin) {
            out.u8(BEGIN_MIGRATIONS).i64(begin.nowMillis()).u16(begin.plans().size());
            for (MetaCommand.MigrationPlan plan : begin.plans()) {
                out.text(plan.id())
                        .text(plan.sourceNode())
                        .text(plan.targetNode())
                        .text(plan.newShardId());
                writeRanges(out, plan.slots());
            }
        } else if (command instanceof MetaCommand.StartMigration start) {
            out.u8(START_MIGRATION)
                    .text(start.id())
                    .i64(start.attempt())
                    .i64(start.nowMillis())
                    .text(start.why());
        } else if (command instanceof MetaCommand.CommitMigration commit) {
            out.u8(COMMIT_MIGRATION).text(commit.id()).i64(commit.attempt());
            out.i64(commit.nowMillis()).i64(commit.pauseMillis());
        } else if (command instanceof MetaCommand.EndMigration end) {
            out.u8(END_MIGRATION)
                    .text(end.id())
                    .u8(end.cancelled() ? 1 : 0)
                    .i64(end.nowMillis())
                    .text(end.why());
        } else {
            ClusterCodec.write(out, command);
        }
    }

    private static MetaCommand readBegin(WireReader in) {
        long now = in.i64();
        List<MetaCommand.MigrationPlan> plans = list(in, () -> {
            String id = in.text();
            String source = in.text();
            String target = in.text();
            String newShard = in.text();
            return new MetaCommand.MigrationPlan(id, readRanges(in), source, target, newShard);
        });
        return new MetaCommand.BeginMigrations(plans, now);
    }

    static void writeEpochs(WireWriter out, List<MetaCommand.EpochRange> ranges) {
        out.u16(ranges.size());
        for (MetaCommand.EpochRange range : ranges) {
            out.u16(range.range().first()).u16(range.range().last()).i64(range.epoch());
        }
    }

    static List<MetaCommand.EpochRange> readEpochs(WireReader in) {
        return list(in, () -> new MetaCommand.EpochRange(new SlotRange(in.u16(), in.u16()), in.i64()));
    }

    private static MetaCommand readOpen(WireReader in) {
        int slot = in.u16();
        int kind = in.u8();
        if (slot >= SlotRange.SLOTS) {
            throw new FormatException("SETSLOT " + slot);
        }
        return new MetaCommand.Open(slot, MetaCommand.OpenKind.of(kind), in.text(), in.text(), in.text());
    }

    private static MetaCommand readAdmit(WireReader in) {
        ClusterNode node = readNode(in);
        String shardId = in.text();
        long floor = in.i64();
        long configEpoch = in.i64();
        return new MetaCommand.Admit(node, shardId, readEpochs(in), floor, configEpoch);
    }

    /** @throws FormatException for anything that {@link #encode} does not write */
    static MetaCommand decode(ByteBuffer bytes) {
        return whole(new WireReader(bytes), MetaCodec::readCommand);
    }

    /** A batch holds no batch, so this goes one level deep. */
    private static MetaCommand decodePart(WireReader in) {
        byte[] part = in.blob();
        if (part.length > 1 && part[1] == BATCH) {
            throw new FormatException("a batch in a batch");
        }
        return decode(ByteBuffer.wrap(part));
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
            case SET_VOTE -> new MetaCommand.SetVote(in.text(), in.u8() == 1);
            case SWAP_VOTER -> new MetaCommand.SwapVoter(in.text(), in.text(), in.text());
            case ADMIT -> readAdmit(in);
            case ASSIGN -> new MetaCommand.Assign(in.text(), in.text(), readRanges(in));
            case RELEASE -> new MetaCommand.Release(in.text(), readRanges(in));
            case MOVE -> new MetaCommand.Move(in.text(), in.text(), readRanges(in));
            case RELEASED -> new MetaCommand.Released(in.text(), readEpochs(in));
            case REPLICATE -> new MetaCommand.Replicate(in.text(), in.text(), in.text());
            case LEAVE -> new MetaCommand.Leave(in.text());
            case DEPARTED -> new MetaCommand.Departed(in.text(), in.text());
            case OPEN -> readOpen(in);
            case CONFIG_EPOCH -> new MetaCommand.ConfigEpoch(in.text(), in.i64());
            case BEGIN_MIGRATIONS -> readBegin(in);
            case START_MIGRATION -> new MetaCommand.StartMigration(in.text(), in.i64(), in.i64(), in.text());
            case COMMIT_MIGRATION -> new MetaCommand.CommitMigration(in.text(), in.i64(), in.i64(), in.i64());
            case END_MIGRATION -> new MetaCommand.EndMigration(in.text(), in.u8() != 0, in.i64(), in.text());
            case KEEP -> new MetaCommand.Keep(in.text(), readEpochs(in));
            case BATCH -> new MetaCommand.Batch(list(in, () -> decodePart(in)));
            default -> ClusterCodec.read(kind, in);
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
