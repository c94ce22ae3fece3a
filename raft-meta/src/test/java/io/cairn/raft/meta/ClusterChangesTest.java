package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.raft.meta.MetaCommand.Change;
import io.cairn.raft.meta.MetaCommand.EpochRange;
import io.cairn.raft.meta.MetaResult.Outcome;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class ClusterChangesTest {
    private final Layout layout = layout();
    private final String one = layout.shards().get(0).id();
    private final String two = layout.shards().get(1).id();
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

    private MetaResult apply(MetaCommand command) {
        MetaCommand sent = MetaCodec.decode(ByteBuffer.wrap(MetaCodec.encode(command)));
        assertThat(sent).isEqualTo(command);
        MetaApply.Applied applied = MetaApply.apply(map, sent, ++index);
        map = MapCodec.decode(MapCodec.encode(applied.map()));
        assertThat(MapCodec.encode(map)).isEqualTo(MapCodec.encode(applied.map()));
        return applied.result();
    }

    private void announceAll(int format) {
        for (ClusterNode node : map.activeNodes()) {
            apply(new MetaCommand.SetConfig(ClusterFormat.PREFIX + node.id(), Integer.toString(format)));
        }
    }

    private void raise() {
        announceAll(2);
        assertThat(apply(new MetaCommand.RaiseFormat(2)).isApplied()).isTrue();
    }

    @Test
    void valuesAreSetAllOrNoneUnderTheVersionsThatWereExpected() {
        raise();
        assertThat(apply(new MetaCommand.SetValues(List.of(new Change("a", 0, "1"), new Change("b", Change.ANY, "2"))))
                        .isApplied())
                .isTrue();
        long version = index;
        assertThat(map.value("a")).isEqualTo(new ClusterValue(version, "1"));
        MetaResult late =
                apply(new MetaCommand.SetValues(List.of(new Change("b", version, "3"), new Change("a", 0, "3"))));
        assertThat(late.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(map.value("b")).isEqualTo(new ClusterValue(version, "2"));
        String large = "x".repeat(100_000);
        assertThat(apply(new MetaCommand.SetValues(
                                List.of(new Change("a", version, ""), new Change("b", version, large))))
                        .isApplied())
                .isTrue();
        assertThat(map.value("a")).isNull();
        assertThat(map.value("b")).isEqualTo(new ClusterValue(index, large));
        assertThat(apply(new MetaCommand.SetValues(List.of(new Change("", Change.ANY, "1"))))
                        .outcome())
                .isEqualTo(Outcome.REFUSED);
    }

    @Test
    void theActiveVersionRisesOnceAllMembersCanReadIt() {
        assertThat(map.activeFormat()).isEqualTo(1);
        assertThat(MapCodec.encode(map)[0]).as("what an older build reads").isEqualTo((byte) 1);
        assertThat(apply(new MetaCommand.RaiseFormat(2)).outcome()).isEqualTo(Outcome.REFUSED);
        announceAll(2);
        apply(new MetaCommand.SetConfig(ClusterFormat.PREFIX + Nodes.id(3), ""));
        assertThat(apply(new MetaCommand.RaiseFormat(2)).outcome()).isEqualTo(Outcome.REFUSED);
        announceAll(2);
        assertThat(apply(new MetaCommand.RaiseFormat(2)).isApplied()).isTrue();
        assertThat(map.activeFormat()).isEqualTo(2);
        assertThat(MapCodec.encode(map)[0]).isEqualTo((byte) 3);
        assertThat(apply(new MetaCommand.RaiseFormat(1)).isApplied()).isTrue();
        assertThat(map.activeFormat()).isEqualTo(2);
        announceAll(9);
        assertThatThrownBy(() -> apply(new MetaCommand.RaiseFormat(9)))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("active version is 9");
    }

    @Test
    void aNodeThatIsGoneTakesItsAnnouncementAlong() {
        raise();
        ClusterNode old = Objects.requireNonNull(map.node(Nodes.id(1)));
        ClusterNode fresh = new ClusterNode(
                Nodes.id(0x101), old.host(), old.port(), old.busPort(), old.raftPort(), "", "process-a", old.state());
        apply(new MetaCommand.ReplaceNode(old.id(), fresh));
        assertThat(map.value(ClusterFormat.PREFIX + old.id())).isNull();
        assertThat(ClusterFormat.announced(map, fresh.id())).isEqualTo(1);
        assertThat(map.activeFormat()).isEqualTo(2);
    }

    @Test
    void afterTheMetaGroupWasRecoveredShardsLogsCorrectTheMapFirst() {
        SlotRange slots = new SlotRange(0, 9);
        assertThat(apply(new MetaCommand.MetaRecovered("r1", List.of())).isApplied())
                .isTrue();
        assertThat(map.activeFormat()).isEqualTo(2);
        assertThat(Objects.requireNonNull(Recovery.of(map)).unconfirmed()).hasSize(3);
        MetaResult early = apply(new MetaCommand.Regrant(one, List.of(new EpochRange(slots, 1))));
        assertThat(early.outcome()).as("another shard may have the slots").isEqualTo(Outcome.REFUSED);
        // What the map had forgotten: slots 0 to 9 had gone to shard two.
        assertThat(apply(new MetaCommand.Confirm("r1", two, List.of(new EpochRange(slots, 2))))
                        .isApplied())
                .isTrue();
        assertThat(map.owner(5)).isEqualTo(map.shard(two));
        assertThat(map.slotEpoch(5)).isEqualTo(2);
        assertThat(apply(new MetaCommand.Confirm("r0", one, List.of())).outcome())
                .isEqualTo(Outcome.REFUSED);
        apply(new MetaCommand.Confirm("r1", one, List.of(new EpochRange(new SlotRange(0, 5_460), 1))));
        assertThat(map.owner(5)).isEqualTo(map.shard(two));
        apply(new MetaCommand.Confirm("r1", layout.shards().get(2).id(), List.of()));
        assertThat(Objects.requireNonNull(Recovery.of(map)).unconfirmed()).isEmpty();
        assertThat(apply(new MetaCommand.Regrant(one, List.of(new EpochRange(new SlotRange(0, 100), 1))))
                        .outcome())
                .as("not all of them are its own: none")
                .isEqualTo(Outcome.REFUSED);
        assertThat(map.slotEpoch(50)).isEqualTo(1);
        SlotRange own = new SlotRange(10, 100);
        assertThat(apply(new MetaCommand.Regrant(one, List.of(new EpochRange(own, 1))))
                        .isApplied())
                .isTrue();
        assertThat(map.owner(5)).isEqualTo(map.shard(two));
        assertThat(map.slotEpoch(5)).isEqualTo(2);
        assertThat(map.slotEpoch(50)).isEqualTo(2);
        apply(new MetaCommand.Regrant(one, List.of(new EpochRange(own, 1))));
        assertThat(map.slotEpoch(50)).as("said again").isEqualTo(2);
    }

    @Test
    void nobodyWaitsForAShardOfWhichNothingIsLeft() {
        apply(new MetaCommand.MetaRecovered("r1", List.of(one, two)));
        assertThat(Objects.requireNonNull(Recovery.of(map)).unconfirmed())
                .containsExactly(layout.shards().get(2).id());
    }

    @Test
    void aMigrationOutOfARecoveredShardIsGivenUp() {
        raise();
        SlotRange slots = new SlotRange(0, 9);
        MetaCommand.MigrationPlan plan = new MetaCommand.MigrationPlan(
                Nodes.id(0xAA),
                List.of(slots),
                "",
                layout.shards().get(1).voters().get(0),
                "");
        assertThat(apply(new MetaCommand.BeginMigrations(List.of(plan), 5)).isApplied())
                .isTrue();
        assertThat(apply(new MetaCommand.Regrant(one, List.of(new EpochRange(new SlotRange(0, 100), 1))))
                        .isApplied())
                .isTrue();
        assertThat(map.migrations().running()).isEmpty();
        assertThat(map.owner(5)).isEqualTo(map.shard(one));
        assertThat(map.slotEpoch(5)).as("once, by the end of the migration").isEqualTo(2);
        assertThat(map.slotEpoch(50)).isEqualTo(2);
    }

    @Test
    void aMigrationOfOtherSlotsGoesOnWhenSomeAreGrantedAnew() {
        raise();
        MetaCommand.MigrationPlan plan = new MetaCommand.MigrationPlan(
                Nodes.id(0xAA),
                List.of(new SlotRange(0, 9)),
                "",
                layout.shards().get(1).voters().get(0),
                "");
        apply(new MetaCommand.BeginMigrations(List.of(plan), 5));
        apply(new MetaCommand.Regrant(one, List.of(new EpochRange(new SlotRange(50, 60), 1))));
        assertThat(map.slotEpoch(50)).isEqualTo(2);
        assertThat(map.migrations().running()).hasSize(1);
        apply(new MetaCommand.Regrant(one, List.of(new EpochRange(new SlotRange(0, 9), 7))));
        assertThat(map.migrations().running()).as("said of another epoch").hasSize(1);
        assertThat(map.slotEpoch(5)).isEqualTo(1);
    }

    @Test
    void nothingIsDecidedAboutSlotsBeforeAllShardsHaveSpoken() {
        apply(new MetaCommand.MetaRecovered("r1", List.of()));
        MetaResult refused = apply(new MetaCommand.Release(Nodes.id(1), List.of(new SlotRange(0, 0))));
        assertThat(refused.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(refused.reason()).contains("was recovered");
    }
}
