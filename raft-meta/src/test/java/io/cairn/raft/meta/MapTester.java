package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** A cluster map that commands are applied to one after the other, as the meta group does. For tests. */
public final class MapTester {
    public ClusterMap map;
    private long index = 1;

    /** Three shards of the nodes 1-3, 4-6 and 7-9, each in a domain of its own; 10 and 11 have no shard. */
    public MapTester() {
        try {
            Layout layout = LayoutPlanner.plan(Nodes.id(0xC1), Nodes.inDomains(3, 3, 3), 2, false);
            map = MetaApply.apply(ClusterMap.EMPTY, new MetaCommand.Form(layout), 1)
                    .map();
        } catch (PlanException e) {
            throw new AssertionError(e);
        }
        applied(new MetaCommand.AddNode(Nodes.node(10, "process-j")));
        applied(new MetaCommand.AddNode(Nodes.node(11, "process-k")));
    }

    /** A map that was formed so. */
    MapTester(Layout layout) {
        map = MetaApply.apply(ClusterMap.EMPTY, new MetaCommand.Form(layout), 1).map();
    }

    public MetaResult apply(MetaCommand command) {
        MetaApply.Applied applied = MetaApply.apply(map, command, ++index);
        MetaApply.Applied decoded =
                MetaApply.apply(map, MetaCodec.decode(java.nio.ByteBuffer.wrap(MetaCodec.encode(command))), index);
        assertThat(MapCodec.encode(decoded.map()))
                .as("its bytes mean the same")
                .isEqualTo(MapCodec.encode(applied.map()));
        map = applied.map();
        assertThat(MapCodec.encode(MapCodec.decode(MapCodec.encode(map))))
                .as("a snapshot has all of it")
                .isEqualTo(MapCodec.encode(map));
        return applied.result();
    }

    /** Applies it twice: the second time nothing may change. */
    public void applied(MetaCommand command) {
        assertThat(apply(command).reason()).isEmpty();
        byte[] once = MapCodec.encode(map.withVersion(0));
        apply(command);
        assertThat(MapCodec.encode(map.withVersion(0))).as("%s again", command).isEqualTo(once);
    }

    /** Applies it once, for what says of itself when it comes again. */
    public void done(MetaCommand command) {
        assertThat(apply(command).reason()).isEmpty();
    }

    public String refused(MetaCommand command) {
        byte[] before = MapCodec.encode(map.withVersion(0));
        MetaResult result = apply(command);
        assertThat(result.outcome()).as("%s", command).isEqualTo(MetaResult.Outcome.REFUSED);
        assertThat(MapCodec.encode(map.withVersion(0))).isEqualTo(before);
        return result.reason();
    }

    public String shardOf(int node) {
        Shard shard = map.shardOfNode(Nodes.id(node));
        return shard == null ? "" : shard.id();
    }

    public String ownerOf(int slot) {
        Shard owner = map.owner(slot);
        return owner == null ? "" : owner.id();
    }

    public static List<SlotRange> slots(int first, int last) {
        return List.of(new SlotRange(first, last));
    }

    /** The owner's word that it let the slots go. */
    public MetaCommand.Released released(String shardId, int first, int last, long epoch) {
        return new MetaCommand.Released(
                shardId, List.of(new MetaCommand.EpochRange(new SlotRange(first, last), epoch)));
    }
}
