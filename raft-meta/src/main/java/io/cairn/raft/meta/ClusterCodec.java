package io.cairn.raft.meta;

import java.util.List;

/** The meta commands about the cluster as a whole as bytes; part of {@link MetaCodec}, whose numbers they share. */
final class ClusterCodec {
    private static final int SET_VALUES = 60;
    private static final int RAISE_FORMAT = 61;
    private static final int META_RECOVERED = 62;
    private static final int CONFIRM = 63;
    private static final int REGRANT = 64;
    private static final int ARRIVED = 65;
    private static final int LOSE_SHARD = 66;

    private ClusterCodec() {}

    static void write(WireWriter out, MetaCommand command) {
        if (command instanceof MetaCommand.SetValues set) {
            out.u8(SET_VALUES).u16(set.changes().size());
            for (MetaCommand.Change change : set.changes()) {
                out.text(change.name()).i64(change.expected()).longText(change.text());
            }
        } else if (command instanceof MetaCommand.RaiseFormat raise) {
            out.u8(RAISE_FORMAT).i32(raise.format());
        } else if (command instanceof MetaCommand.MetaRecovered recovered) {
            out.u8(META_RECOVERED).text(recovered.recoveryId()).texts(recovered.lostShards());
        } else if (command instanceof MetaCommand.Confirm confirm) {
            out.u8(CONFIRM).text(confirm.recoveryId()).text(confirm.shardId());
            MetaCodec.writeEpochs(out, confirm.slots());
        } else if (command instanceof MetaCommand.Regrant regrant) {
            out.u8(REGRANT).text(regrant.shardId());
            MetaCodec.writeEpochs(out, regrant.slots());
        } else if (command instanceof MetaCommand.Arrived arrived) {
            out.u8(ARRIVED).text(arrived.shardId());
            MetaCodec.writeEpochs(out, arrived.slots());
        } else if (command instanceof MetaCommand.LoseShard lose) {
            out.u8(LOSE_SHARD).text(lose.shardId());
        } else {
            RolloutCodec.write(out, command);
        }
    }

    static MetaCommand read(int kind, WireReader in) {
        return switch (kind) {
            case SET_VALUES -> new MetaCommand.SetValues(readChanges(in));
            case RAISE_FORMAT -> new MetaCommand.RaiseFormat(in.i32());
            case META_RECOVERED -> new MetaCommand.MetaRecovered(in.text(), in.texts());
            case CONFIRM -> new MetaCommand.Confirm(in.text(), in.text(), MetaCodec.readEpochs(in));
            case REGRANT -> new MetaCommand.Regrant(in.text(), MetaCodec.readEpochs(in));
            case ARRIVED -> new MetaCommand.Arrived(in.text(), MetaCodec.readEpochs(in));
            case LOSE_SHARD -> new MetaCommand.LoseShard(in.text());
            default -> RolloutCodec.read(kind, in);
        };
    }

    private static List<MetaCommand.Change> readChanges(WireReader in) {
        return MetaCodec.list(in, () -> new MetaCommand.Change(in.text(), in.i64(), in.longText()));
    }
}
