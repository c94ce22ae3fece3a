package io.cairn.raft.meta;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The cluster map as the bytes of a meta snapshot; equal maps give equal bytes. */
final class MapCodec {
    private MapCodec() {}

    static byte[] encode(ClusterMap map) {
        WireWriter out =
                new WireWriter().u8(1).text(map.clusterId()).i64(map.version()).i32(map.activeFormat());
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
        out.u16(map.config().size());
        map.config().forEach((key, value) -> out.text(key).text(value));
        return out.toBytes();
    }

    /** @throws FormatException for anything that {@link #encode} does not write */
    static ClusterMap decode(byte[] bytes) {
        return MetaCodec.whole(new WireReader(bytes), MapCodec::read);
    }

    private static ClusterMap read(WireReader in) {
        MetaCodec.requireVersion(in);
        String clusterId = in.text();
        long version = in.i64();
        int activeFormat = in.i32();
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
        TreeMap<String, String> config = new TreeMap<>();
        for (int left = in.u16(); left > 0; left--) {
            config.put(in.text(), in.text());
        }
        return new ClusterMap(clusterId, version, activeFormat, nodes, shards, owners, epochs, claims, config);
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
