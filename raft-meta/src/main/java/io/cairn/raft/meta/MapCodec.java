package io.cairn.raft.meta;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** The cluster map as the bytes of a meta snapshot; equal maps give equal bytes. */
final class MapCodec {
    /**
     * Written while the cluster's active version is above 1; until then 1, which has no moves, departures, config epochs and
     * versions of values, migrations. 2, without these two, is read too.
     */
    private static final int VERSION = 3;

    private MapCodec() {}

    static byte[] encode(ClusterMap map) {
        boolean first = isFirst(map);
        WireWriter out = new WireWriter()
                .u8(first ? 1 : VERSION)
                .text(map.clusterId())
                .i64(map.version())
                .i32(map.activeFormat());
        MetaCodec.writeNodes(out, List.copyOf(map.nodes()));
        out.u16(map.shards().size());
        for (Shard shard : map.shards()) {
            out.text(shard.id()).texts(shard.voters()).texts(shard.learners()).texts(shard.initialVoters());
        }
        writeSlots(out, map.owners(), map.epochs());
        out.u16(map.claims().size());
        for (Map.Entry<String, LeaderClaim> claim : map.claims().entrySet()) {
            out.text(claim.getKey())
                    .i64(claim.getValue().term())
                    .text(claim.getValue().nodeId());
        }
        writeValues(out, map, first);
        if (first) {
            return out.toBytes();
        }
        writeMoves(out, map.moves());
        out.u16(map.departures().size());
        map.departures().forEach((id, way) -> out.text(id).text(way.fromShard()).text(way.toShard()));
        out.u16(map.configEpochs().size());
        map.configEpochs().forEach((id, epoch) -> out.text(id).i64(epoch));
        out.u16(map.migrations().all().size());
        map.migrations().all().forEach(migration -> writeMigration(out, migration));
        return out.toBytes();
    }

    private static void writeMigration(WireWriter out, Migration migration) {
        out.text(migration.id());
        MetaCodec.writeRanges(out, migration.slots());
        out.text(migration.from())
                .text(migration.to())
                .text(migration.sourceNode())
                .text(migration.targetNode())
                .i64(migration.begunAt())
                .u8(migration.state().code())
                .i64(migration.attempt())
                .i64(migration.epochs())
                .i64(migration.createMillis())
                .i64(migration.startMillis())
                .i64(migration.endMillis())
                .i64(migration.pauseMillis())
                .text(migration.lastError());
    }

    private static Migration readMigration(WireReader in) {
        String id = in.text();
        List<SlotRange> slots = MetaCodec.readRanges(in);
        return new Migration(
                id,
                slots,
                in.text(),
                in.text(),
                in.text(),
                in.text(),
                in.i64(),
                Migration.State.of(in.u8()),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.i64(),
                in.text());
    }

    /** Whether a build that knows only the first version can be told all of the map. */
    private static boolean isFirst(ClusterMap map) {
        return map.activeFormat() == ClusterFormat.FIRST
                && map.moves().next().isEmpty()
                && map.moves().open().isEmpty()
                && map.departures().isEmpty()
                && map.configEpochs().isEmpty()
                && map.migrations().all().isEmpty();
    }

    private static void writeValues(WireWriter out, ClusterMap map, boolean first) {
        out.u16(map.values().size());
        map.values().forEach((name, value) -> {
            out.text(name);
            if (first) {
                out.text(value.text());
            } else {
                out.i64(value.version()).longText(value.text());
            }
        });
    }

    private static NavigableMap<String, ClusterValue> readValues(WireReader in, int format) {
        TreeMap<String, ClusterValue> values = new TreeMap<>();
        for (int left = in.u16(); left > 0; left--) {
            String name = in.text();
            values.put(name, format < 3 ? new ClusterValue(0, in.text()) : new ClusterValue(in.i64(), in.longText()));
        }
        return values;
    }

    /** @throws FormatException for anything that {@link #encode} does not write */
    static ClusterMap decode(byte[] bytes) {
        return MetaCodec.whole(new WireReader(bytes), MapCodec::read);
    }

    private static ClusterMap read(WireReader in) {
        int format = in.u8();
        if (format < 1 || format > VERSION) {
            throw new FormatException("format version " + format + ", this build knows up to " + VERSION);
        }
        String clusterId = in.text();
        long version = in.i64();
        int activeFormat = in.i32();
        ClusterFormat.require(activeFormat);
        TreeMap<String, ClusterNode> nodes = new TreeMap<>();
        MetaCodec.readNodes(in).forEach(node -> nodes.put(node.id(), node));
        List<Shard> shards = MetaCodec.list(in, () -> new Shard(in.text(), in.texts(), in.texts(), in.texts()));
        short[] owners = new short[SlotRange.SLOTS];
        long[] epochs = new long[SlotRange.SLOTS];
        readSlots(in, shards.size(), owners, epochs);
        TreeMap<String, LeaderClaim> claims = new TreeMap<>();
        for (int left = in.u16(); left > 0; left--) {
            claims.put(in.text(), new LeaderClaim(in.i64(), in.text()));
        }
        NavigableMap<String, ClusterValue> values = readValues(in, format);
        SlotMoves moves = SlotMoves.NONE;
        TreeMap<String, Departure> departures = new TreeMap<>();
        TreeMap<String, Long> configEpochs = new TreeMap<>();
        if (format > 1) {
            moves = readMoves(in);
            for (int left = in.u16(); left > 0; left--) {
                departures.put(in.text(), new Departure(in.text(), in.text()));
            }
            for (int left = in.u16(); left > 0; left--) {
                configEpochs.put(in.text(), in.i64());
            }
        }
        Migrations migrations =
                format > 2 ? new Migrations(MetaCodec.list(in, () -> readMigration(in))) : Migrations.NONE;
        return new ClusterMap(
                clusterId,
                version,
                activeFormat,
                nodes,
                shards,
                owners,
                epochs,
                claims,
                values,
                moves,
                departures,
                configEpochs,
                migrations);
    }

    private static void writeMoves(WireWriter out, SlotMoves moves) {
        out.u16(moves.next().size());
        moves.next().forEach((slot, to) -> out.u16(slot).text(to));
        out.u16(moves.open().size());
        moves.open()
                .forEach((slot, open) -> out.u16(slot)
                        .text(open.migratingTo())
                        .text(open.importingAt())
                        .text(open.importingFrom()));
    }

    private static SlotMoves readMoves(WireReader in) {
        TreeMap<Integer, String> next = new TreeMap<>();
        for (int left = in.u16(); left > 0; left--) {
            next.put(slot(in), in.text());
        }
        TreeMap<Integer, OpenSlot> open = new TreeMap<>();
        for (int left = in.u16(); left > 0; left--) {
            open.put(slot(in), new OpenSlot(in.text(), in.text(), in.text()));
        }
        return new SlotMoves(next, open);
    }

    private static int slot(WireReader in) {
        int slot = in.u16();
        if (slot >= SlotRange.SLOTS) {
            throw new FormatException("no such slot: " + slot);
        }
        return slot;
    }

    /** Runs of slots with one owner and one epoch: last slot, owner + 1, epoch. */
    private static void writeSlots(WireWriter out, short[] owners, long[] epochs) {
        int slot = 0;
        while (slot < SlotRange.SLOTS) {
            int first = slot;
            while (slot < SlotRange.SLOTS && owners[slot] == owners[first] && epochs[slot] == epochs[first]) {
                slot++;
            }
            out.u16(slot - 1).u16(owners[first] + 1).i64(epochs[first]);
        }
    }

    private static void readSlots(WireReader in, int shards, short[] owners, long[] epochs) {
        int slot = 0;
        while (slot < SlotRange.SLOTS) {
            int last = in.u16();
            int owner = in.u16() - 1;
            long epoch = in.i64();
            if (last < slot || last >= SlotRange.SLOTS || owner >= shards) {
                throw new FormatException("slot run to " + last + " of shard " + owner);
            }
            Arrays.fill(owners, slot, last + 1, (short) owner);
            Arrays.fill(epochs, slot, last + 1, epoch);
            slot = last + 1;
        }
    }
}
