package io.cairn.raft.meta;

import static io.cairn.raft.meta.MapTester.slots;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.meta.MetaCommand.Batch;
import io.cairn.raft.meta.MetaCommand.EpochRange;
import io.cairn.raft.meta.MetaCommand.OpenKind;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class SlotChangesTest {
    private static final String NEW = "e".repeat(40);

    private final MapTester cluster = new MapTester();
    /** Owns slots 0 to 5460. */
    private final String first = cluster.ownerOf(0);

    private final String second = cluster.ownerOf(6000);
    private final String firstNode =
            Objects.requireNonNull(cluster.map.shard(first)).preferredPrimary();
    private final String secondNode =
            Objects.requireNonNull(cluster.map.shard(second)).preferredPrimary();
    private final String thirdNode =
            Objects.requireNonNull(cluster.map.owner(12_000)).preferredPrimary();

    private OpenSlot open(int slot) {
        return Objects.requireNonNullElse(cluster.map.moves().openSlot(slot), OpenSlot.CLOSED);
    }

    @Test
    void aReleasedSlotStaysItsOwnersUntilTheLogOfThatHasLetItGo() {
        cluster.applied(new MetaCommand.Release(firstNode, slots(3, 4)));
        assertThat(cluster.ownerOf(3)).isEqualTo(first);
        assertThat(cluster.map.moves().isLeaving(3)).isTrue();
        cluster.applied(cluster.released(first, 3, 3, 1));
        assertThat(cluster.ownerOf(3)).isEmpty();
        assertThat(cluster.map.slotEpoch(3)).isEqualTo(2);
        assertThat(cluster.ownerOf(4)).isEqualTo(first);
        assertThat(cluster.refused(new MetaCommand.Release(firstNode, slots(3, 3))))
                .isEqualTo("Slot 3 is already unassigned");
        assertThat(cluster.refused(new MetaCommand.Release(firstNode, slots(6000, 6000))))
                .startsWith("Slot 6000 belongs to another shard");
    }

    @Test
    void aWordOfAReleaseThatIsOverChangesNothing() {
        cluster.done(new MetaCommand.Move(secondNode, NEW, slots(3, 3)));
        cluster.done(new MetaCommand.Keep(first, List.of(new EpochRange(new SlotRange(3, 3), 1))));
        assertThat(cluster.map.slotEpoch(3)).isEqualTo(2);
        cluster.done(new MetaCommand.Move(secondNode, NEW, slots(3, 3)));
        cluster.applied(cluster.released(first, 3, 3, 1));
        assertThat(cluster.ownerOf(3)).as("said of the first epoch").isEqualTo(first);
        cluster.applied(cluster.released(second, 3, 3, 2));
        assertThat(cluster.ownerOf(3)).as("said by another").isEqualTo(first);
        cluster.applied(cluster.released(first, 3, 3, 2));
        assertThat(cluster.ownerOf(3)).isEqualTo(second);
    }

    @Test
    void onlyFreeSlotsAreAssignedAndNothingOfACallThatIsRefused() {
        assertThat(cluster.refused(new MetaCommand.Assign(Nodes.id(10), NEW, slots(3, 3))))
                .isEqualTo("Slot 3 is already busy");
        cluster.done(new MetaCommand.Release(firstNode, slots(3, 3)));
        assertThat(cluster.refused(new MetaCommand.Assign(secondNode, NEW, slots(3, 3))))
                .isEqualTo("Slot 3 is already busy");
        cluster.done(cluster.released(first, 3, 3, 1));
        assertThat(cluster.refused(new MetaCommand.Assign(Nodes.id(10), NEW, slots(3, 4))))
                .isEqualTo("Slot 4 is already busy");
        assertThat(cluster.shardOf(10)).isEmpty();
        cluster.done(new MetaCommand.Assign(Nodes.id(10), NEW, slots(3, 3)));
        assertThat(cluster.ownerOf(3)).isEqualTo(NEW).isEqualTo(cluster.shardOf(10));
        assertThat(cluster.map.slotEpoch(3)).isEqualTo(3);
    }

    @Test
    void aShardTakesBackWhatItIsLettingGoUnderANewEpoch() {
        cluster.done(new MetaCommand.Release(firstNode, slots(3, 3)));
        cluster.done(new MetaCommand.Assign(firstNode, NEW, slots(3, 3)));
        assertThat(cluster.ownerOf(3)).isEqualTo(first);
        assertThat(cluster.map.moves().isLeaving(3)).isFalse();
        cluster.applied(cluster.released(first, 3, 3, 1));
        assertThat(cluster.ownerOf(3)).isEqualTo(first);
        assertThat(cluster.map.slotEpoch(3)).isEqualTo(2);
    }

    @Test
    void aSlotOnItsWayGoesToNobodyElse() {
        cluster.applied(new MetaCommand.Move(secondNode, NEW, slots(3, 3)));
        assertThat(cluster.refused(new MetaCommand.Move(thirdNode, NEW, slots(3, 3))))
                .isEqualTo("Slot 3 is being moved");
        assertThat(cluster.refused(new MetaCommand.Release(firstNode, slots(3, 3))))
                .isEqualTo("Slot 3 is being moved");
        assertThat(cluster.refused(new MetaCommand.Open(3, OpenKind.MIGRATING, firstNode, thirdNode, NEW)))
                .isEqualTo("Slot 3 is being moved");
    }

    @Test
    void aSlotIsOpenedByItsOwnerAndByWhoWillHaveIt() {
        assertThat(cluster.refused(new MetaCommand.Open(3, OpenKind.MIGRATING, secondNode, firstNode, NEW)))
                .isEqualTo("I'm not the owner of hash slot 3");
        assertThat(cluster.refused(new MetaCommand.Open(3, OpenKind.IMPORTING, firstNode, secondNode, NEW)))
                .isEqualTo("I'm already the owner of hash slot 3");
        assertThat(cluster.refused(new MetaCommand.Open(3, OpenKind.MIGRATING, firstNode, Nodes.id(77), NEW)))
                .isEqualTo("I don't know about node " + Nodes.id(77));
        cluster.applied(new MetaCommand.Open(3, OpenKind.IMPORTING, secondNode, firstNode, NEW));
        cluster.applied(new MetaCommand.Open(3, OpenKind.MIGRATING, firstNode, secondNode, NEW));
        assertThat(open(3)).isEqualTo(new OpenSlot(second, second, first));
        cluster.done(new MetaCommand.Move(secondNode, NEW, slots(3, 3)));
        cluster.done(cluster.released(first, 3, 3, 1));
        assertThat(open(3)).as("closed with the move").isEqualTo(OpenSlot.CLOSED);
        assertThat(cluster.ownerOf(3)).isEqualTo(second);
        cluster.applied(new MetaCommand.Open(4, OpenKind.MIGRATING, firstNode, secondNode, NEW));
        cluster.applied(new MetaCommand.Open(4, OpenKind.STABLE, firstNode, firstNode, NEW));
        assertThat(open(4)).isEqualTo(OpenSlot.CLOSED);
    }

    @Test
    void aNodeWithoutAShardGetsOneWhenASlotIsOpenedForIt() {
        cluster.applied(new MetaCommand.Open(3, OpenKind.IMPORTING, Nodes.id(10), firstNode, NEW));
        assertThat(cluster.shardOf(10)).isEqualTo(NEW);
        assertThat(cluster.map.slotsOf(NEW)).isEmpty();
    }

    /** What redis-cli's fix sends in one EXEC for a slot that nobody has. */
    @Test
    void aBatchGoesOnAfterARefusalAndSaysWhatBecameOfEach() {
        cluster.done(new MetaCommand.Release(firstNode, slots(3, 3)));
        cluster.done(cluster.released(first, 3, 3, 1));
        MetaResult result = cluster.apply(new Batch(List.of(
                new MetaCommand.Release(secondNode, slots(3, 3)),
                new MetaCommand.Assign(secondNode, NEW, slots(3, 3)),
                new MetaCommand.Open(3, OpenKind.STABLE, secondNode, secondNode, NEW),
                new MetaCommand.ConfigEpoch(secondNode, 0))));
        assertThat(result.isApplied()).isTrue();
        assertThat(result.reasons()).containsExactly("Slot 3 is already unassigned", "", "", "");
        assertThat(cluster.ownerOf(3)).isEqualTo(second);
        assertThat(cluster.map.configEpoch(secondNode)).isPositive();
        assertThat(MetaCodec.decodeResult(MetaCodec.encode(result))).isEqualTo(result);
    }

    @Test
    void aBatchOfAnOwnersReleaseAndAssignmentKeepsTheSlot() {
        MetaResult result = cluster.apply(new Batch(List.of(
                new MetaCommand.Release(firstNode, slots(3, 3)), new MetaCommand.Assign(firstNode, NEW, slots(3, 3)))));
        assertThat(result.reasons()).containsExactly("", "");
        assertThat(cluster.ownerOf(3)).isEqualTo(first);
        assertThat(cluster.map.moves().isLeaving(3)).isFalse();
    }
}
