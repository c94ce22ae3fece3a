package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.meta.MetaResult.Outcome;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MetaApplyTest {
    private final Layout layout = layout();
    private final String firstShard = layout.shards().get(0).id();
    private ClusterMap map =
            MetaApply.apply(ClusterMap.EMPTY, new MetaCommand.Form(layout), 1).map();
    private long index = 1;

    private static Layout layout() {
        try {
            return LayoutPlanner.plan(Nodes.id(0xC1), Nodes.inDomains(3, 3, 3), 2, false);
        } catch (PlanException e) {
            throw new AssertionError(e);
        }
    }

    static ClusterMap applyAll(List<MetaCommand> commands) {
        ClusterMap map = ClusterMap.EMPTY;
        long index = 0;
        for (MetaCommand command : commands) {
            map = MetaApply.apply(map, command, ++index).map();
        }
        return map;
    }

    private MetaResult apply(MetaCommand command) {
        MetaApply.Applied applied = MetaApply.apply(map, command, ++index);
        map = applied.map();
        return applied.result();
    }

    @Test
    void formingGivesEverySlotAnOwnerUnderItsFirstEpoch() {
        assertThat(map.clusterId()).isEqualTo(layout.clusterId());
        assertThat(map.ownedSlots()).isEqualTo(SlotRange.SLOTS);
        assertThat(map.slotEpoch(0)).isEqualTo(1);
        assertThat(map.slotsOf(firstShard)).containsExactly(new SlotRange(0, 5460));
        assertThat(map.owner(16_383)).isEqualTo(map.shards().get(2));
    }

    @Test
    void formingTwiceChangesNothingAndAnotherClusterIsRefused() {
        byte[] before = MapCodec.encode(map.withVersion(0));
        assertThat(apply(new MetaCommand.Form(layout)).isApplied()).isTrue();
        assertThat(MapCodec.encode(map.withVersion(0))).isEqualTo(before);
        Layout other = new Layout(Nodes.id(0xC2), layout.nodes(), layout.meta(), layout.shards());
        assertThat(apply(new MetaCommand.Form(other)).outcome()).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void onlyAHigherTermTakesALeadersClaim() {
        assertThat(apply(new MetaCommand.ClaimLeader(firstShard, 5, Nodes.id(1)))
                        .isApplied())
                .isTrue();
        assertThat(apply(new MetaCommand.ClaimLeader(firstShard, 5, Nodes.id(1)))
                        .isApplied())
                .isTrue();
        assertThat(apply(new MetaCommand.ClaimLeader(firstShard, 4, Nodes.id(2)))
                        .outcome())
                .isEqualTo(Outcome.REFUSED);
        assertThat(apply(new MetaCommand.ClaimLeader(firstShard, 5, Nodes.id(2)))
                        .outcome())
                .isEqualTo(Outcome.REFUSED);
        assertThat(map.leaderClaim(firstShard)).isEqualTo(new LeaderClaim(5, Nodes.id(1)));
    }

    @Test
    void aReplacementTakesItsSeatsAndTheOldIdNeverComesBack() {
        ClusterNode old = Objects.requireNonNull(map.node(Nodes.id(1)));
        ClusterNode fresh = new ClusterNode(
                Nodes.id(0x101), old.host(), old.port(), old.busPort(), old.raftPort(), "", "process-a", old.state());
        MetaCommand replace = new MetaCommand.ReplaceNode(old.id(), fresh);
        assertThat(apply(replace).isApplied()).isTrue();
        Shard shard = Objects.requireNonNull(map.shard(firstShard));
        assertThat(shard.preferredPrimary()).isEqualTo(fresh.id());
        assertThat(shard.voters()).doesNotContain(old.id());
        assertThat(shard.initialVoters()).contains(old.id());
        assertThat(apply(replace).isApplied()).as("a retry").isTrue();
        assertThat(apply(new MetaCommand.AddNode(old)).outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(apply(new MetaCommand.ReplaceNode(fresh.id(), old)).outcome())
                .isEqualTo(Outcome.REFUSED);
        assertThat(map.activeNodes()).hasSize(9);
    }

    @Test
    void aMemberOfAShardIsNotRemovedAndARemovedNodeIsForgottenOnce() {
        assertThat(apply(new MetaCommand.RemoveNode(Nodes.id(1))).outcome()).isEqualTo(Outcome.REFUSED);
        ClusterNode extra = Nodes.node(10, "process-d");
        assertThat(apply(new MetaCommand.AddNode(extra)).isApplied()).isTrue();
        assertThat(apply(new MetaCommand.AddNode(extra)).isApplied()).isTrue();
        assertThat(apply(new MetaCommand.RemoveNode(extra.id())).isApplied()).isTrue();
        assertThat(apply(new MetaCommand.RemoveNode(extra.id())).isApplied()).isTrue();
        assertThat(apply(new MetaCommand.AddNode(extra)).outcome()).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void anAddressBelongsToOneNode() {
        ClusterNode thief = Nodes.node(1, "process-x");
        ClusterNode renamed = new ClusterNode(
                Nodes.id(99), thief.host(), thief.port(), thief.busPort(), thief.raftPort(), "", "x", thief.state());
        assertThat(apply(new MetaCommand.AddNode(renamed)).outcome()).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void aNodeIsInOneShardOnly() {
        String other = layout.shards().get(1).voters().get(0);
        MetaCommand grab = new MetaCommand.SetMembers(firstShard, List.of(Nodes.id(1), other), List.of());
        assertThat(apply(grab).outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(apply(new MetaCommand.SetMembers(firstShard, List.of(), List.of()))
                        .outcome())
                .isEqualTo(Outcome.REFUSED);
        assertThat(apply(new MetaCommand.SetMembers(firstShard, List.of(Nodes.id(1)), List.of(Nodes.id(1))))
                        .outcome())
                .isEqualTo(Outcome.REFUSED);
    }

    @Test
    void settingsComeAndGo() {
        assertThat(apply(new MetaCommand.SetConfig("a", "1")).isApplied()).isTrue();
        assertThat(map.value("a")).isEqualTo(new ClusterValue(0, "1"));
        assertThat(apply(new MetaCommand.SetConfig("a", "")).isApplied()).isTrue();
        assertThat(map.values()).isEmpty();
        assertThat(apply(new MetaCommand.SetConfig("", "1")).outcome()).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void equalCommandsGiveEqualSnapshotsAndSnapshotsComeBackAsTheyWent() {
        for (int seed = 0; seed < 20; seed++) {
            ClusterMap one = randomMap(seed);
            ClusterMap two = randomMap(seed);
            byte[] bytes = MapCodec.encode(one);
            assertThat(bytes).isEqualTo(MapCodec.encode(two));
            assertThat(MapCodec.encode(MapCodec.decode(bytes))).isEqualTo(bytes);
        }
    }

    private ClusterMap randomMap(int seed) {
        Random random = new Random(seed);
        ClusterMap result = map;
        for (int i = 2; i < 200; i++) {
            result = MetaApply.apply(result, randomCommand(random), i).map();
        }
        return result;
    }

    private MetaCommand randomCommand(Random random) {
        String shard = layout.shards().get(random.nextInt(3)).id();
        String some = Nodes.id(1 + random.nextInt(30));
        ClusterNode node = Nodes.node(1 + random.nextInt(30), "process-" + random.nextInt(3));
        return switch (random.nextInt(7)) {
            case 0 -> new MetaCommand.ClaimLeader(shard, random.nextInt(50), some);
            case 1 -> new MetaCommand.AddNode(node);
            case 2 -> new MetaCommand.ReplaceNode(some, node);
            case 3 -> new MetaCommand.RemoveNode(some);
            case 4 -> new MetaCommand.SetMembers(shard, List.of(some), List.of());
            case 5 -> new MetaCommand.UpdateAddress(node);
            default -> new MetaCommand.SetConfig("key" + random.nextInt(5), "v" + random.nextInt(5));
        };
    }
}
