package io.cairn.raft.shards;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.MapTester;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.Migration;
import io.cairn.raft.meta.OpenSlot;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.SlotRange;
import io.cairn.raft.shards.ShardEntry.Activation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a shard's leader makes of the map: what it takes, what it says to be gone, what it shows of what came. */
final class GrantedSlotsTest {
    private static final String ID = String.format("%040x", 0xA1);
    private static final String OTHER = String.format("%040x", 0xA2);
    private static final String NEW = "e".repeat(40);

    private final MapTester cluster = new MapTester();
    /** Owns slots 0 to 5460. */
    private final Shard first = Objects.requireNonNull(cluster.map.owner(0));

    private final Shard second = Objects.requireNonNull(cluster.map.owner(6000));
    private final Shard third = Objects.requireNonNull(cluster.map.owner(12_000));

    private static List<Activation> one(int slot, long epoch) {
        return List.of(new Activation(new SlotRange(slot, slot), epoch));
    }

    private void begin(String id, int slot, Shard to) {
        cluster.done(new MetaCommand.BeginMigrations(
                List.of(new MetaCommand.MigrationPlan(
                        id, List.of(new SlotRange(slot, slot)), "", to.preferredPrimary(), NEW)),
                1));
    }

    private List<Activation> granted(Shard shard, SlotTable table) {
        return ShardReconciler.granted(cluster.map, shard, table, slot -> true);
    }

    private List<MetaCommand.EpochRange> again(SlotTable table) {
        return ShardRecovery.again(cluster.map, first, table, new BitSet());
    }

    /** The target's log once all of a migration is there. */
    private static Imports ended(String id, int slot, long epoch) {
        return Imports.NONE.with(new Imports.Import(id, 1, 1, one(slot, epoch), 1, true));
    }

    @Test
    void aSlotThatTheLogHasYetToTakeIsNotGone() {
        // Its activation may be on its way through the log, and would be served for good.
        SlotTable table = SlotTable.EMPTY.activate(new SlotRange(0, 5460), 1).release(new SlotRange(3, 3), 1);
        cluster.done(new MetaCommand.Release(first.preferredPrimary(), MapTester.slots(3, 3)));
        assertThat(ShardReconciler.gone(cluster.map, first, table)).isEqualTo(one(3, 1));
        cluster.done(new MetaCommand.Assign(first.preferredPrimary(), NEW, MapTester.slots(3, 3)));
        assertThat(cluster.map.slotEpoch(3)).isEqualTo(2);
        cluster.done(new MetaCommand.Move(second.preferredPrimary(), NEW, MapTester.slots(3, 3)));
        assertThat(ShardReconciler.gone(cluster.map, first, table)).isEmpty();
        assertThat(granted(first, table)).isEqualTo(one(3, 2));
        table = table.activate(new SlotRange(3, 3), 2);
        assertThat(ShardReconciler.gone(cluster.map, first, table)).isEmpty();
        assertThat(ShardReconciler.gone(cluster.map, first, table.freeze(new SlotRange(3, 3), 2)))
                .as("its keys are here")
                .isEmpty();
        table = table.release(new SlotRange(3, 3), 2);
        assertThat(ShardReconciler.gone(cluster.map, first, table)).isEqualTo(one(3, 2));
    }

    @Test
    void whatAMigrationBroughtIsTakenBeforeItIsLetGo() {
        begin(ID, 3, second);
        cluster.done(new MetaCommand.StartMigration(ID, 0, 1, ""));
        cluster.done(new MetaCommand.CommitMigration(ID, 1, 1, 1));
        SlotTable table = SlotTable.EMPTY.with(Imports.slots(one(3, 1)), SlotState.RECEIVING);
        Imports.Import whole = Objects.requireNonNull(ended(ID, 3, 1).find(ID));
        cluster.done(new MetaCommand.Move(third.preferredPrimary(), NEW, MapTester.slots(3, 3)));
        assertThat(ShardReconciler.gone(cluster.map, second, table)).isEmpty();
        assertThat(granted(second, table)).contains(one(3, 2).get(0));
        assertThat(MigrationTarget.becomesOurs(cluster.map, second.id(), table, whole))
                .as("not to be forgotten")
                .isTrue();
    }

    @Test
    void whatWasCommittedIsNamedWhateverItsEpochIsByNow() {
        Imports imports = ended(ID, 3, 1);
        begin(ID, 3, second);
        cluster.done(new MetaCommand.StartMigration(ID, 0, 1, ""));
        assertThat(ShardReconciler.committed(cluster.map, imports)).isEmpty();
        cluster.done(new MetaCommand.CommitMigration(ID, 1, 1, 1));
        begin(OTHER, 3, third);
        cluster.done(new MetaCommand.EndMigration(OTHER, true, 1, "cancelled"));
        ClusterMap map = cluster.map;
        assertThat(map.slotEpoch(3)).isEqualTo(3);
        assertThat(ShardReconciler.committed(map, imports)).containsExactly(new ShardEntry.Attempt(ID, 1));
        assertThat(ShardReconciler.committed(map, imports.with(new Imports.Import(ID, 2, 1, one(3, 1), 1, true))))
                .as("another attempt")
                .isEmpty();
        assertThat(ShardReconciler.committed(map, imports.with(new Imports.Import(ID, 1, 1, one(3, 1), 1, false))))
                .as("not whole")
                .isEmpty();
    }

    @Test
    void aSlotThatIsKeptOpenIsTakenAsMigrating() {
        cluster.done(new MetaCommand.Open(
                3, MetaCommand.OpenKind.MIGRATING, first.preferredPrimary(), second.preferredPrimary(), NEW));
        cluster.done(new MetaCommand.Move(second.preferredPrimary(), NEW, MapTester.slots(3, 3)));
        SlotTable before = SlotTable.EMPTY.activate(new SlotRange(0, 5460), 1).with(3, SlotState.MIGRATING, 1);
        cluster.done(new MetaCommand.Keep(
                first.id(), List.of(new MetaCommand.EpochRange(new SlotRange(3, 3), cluster.map.slotEpoch(3)))));
        for (SlotTable table : List.of(before, before.release(new SlotRange(3, 3), 1))) {
            List<Activation> granted = granted(first, table);
            assertThat(granted).isEqualTo(one(3, 2));
            assertThat(ShardReconciler.migrating(cluster.map, granted)).containsExactly(new SlotRange(3, 3));
        }
    }

    @Test
    void whatIsFrozenOrHeldAndAnotherShardsIsGivenUp() {
        SlotTable table = SlotTable.EMPTY.activate(new SlotRange(0, 5460), 1).hold();
        assertThat(Migrator.gone(cluster.map, first.id(), table)).isEmpty();
        cluster.done(new MetaCommand.Move(second.preferredPrimary(), NEW, MapTester.slots(3, 3)));
        assertThat(Migrator.gone(cluster.map, first.id(), table))
                .as("the owner's still")
                .isEmpty();
        cluster.done(cluster.released(first.id(), 3, 3, 1));
        assertThat(Migrator.gone(cluster.map, first.id(), table)).isEqualTo(one(3, 1));
        table = table.drop(new SlotRange(3, 3), 1);
        assertThat(table.state(3)).isEqualTo(SlotState.DROPPED);
        assertThat(table.state(4)).isEqualTo(SlotState.HELD);
        assertThat(Migrator.gone(cluster.map, first.id(), table)).isEmpty();
    }

    @Test
    void aRecoveredShardServesOnlyWhatItWasGrantedAnewByAMapThatShowsIt() {
        // Epoch 2 was activated, and let go, in entries that this log has lost; the map has it again from a log that is
        // read.
        SlotTable table = SlotTable.EMPTY.activate(new SlotRange(0, 5460), 1).hold();
        begin(ID, 3, second);
        cluster.done(new MetaCommand.StartMigration(ID, 0, 1, ""));
        cluster.done(new MetaCommand.StartMigration(ID, 1, 1, ""));
        assertThat(cluster.map.slotEpoch(3)).isEqualTo(2);
        List<MetaCommand> proposed = new ArrayList<>();
        List<CompletableFuture<MetaResult>> answers = new ArrayList<>();
        ShardRecovery recovery = new ShardRecovery(
                command -> {
                    proposed.add(command);
                    answers.add(new CompletableFuture<>());
                    return answers.get(answers.size() - 1);
                },
                () -> 5_000L * proposed.size());
        recovery.tick(cluster.map, first, table, 7, true);
        assertThat(recovery.mayServe(cluster.map, table, 3)).isFalse();
        MetaCommand.Regrant regrant = (MetaCommand.Regrant) proposed.get(0);
        assertThat(regrant.slots())
                .as("under the map's epochs")
                .contains(new MetaCommand.EpochRange(new SlotRange(3, 3), 2));
        ClusterMap old = cluster.map;
        MetaResult result = cluster.apply(regrant);
        assertThat(result.isApplied()).isTrue();
        assertThat(cluster.map.migrations().running())
                .as("whose commit would be taken")
                .isEmpty();
        answers.get(0).complete(result);
        recovery.tick(cluster.map, first, table, 7, true);
        assertThat(recovery.mayServe(old, table, 3)).isFalse();
        assertThat(recovery.mayServe(cluster.map, table, 3)).isTrue();
        assertThat(granted(first, table)).contains(one(3, 3).get(0));
        assertThat(cluster.refused(regrant)).contains("epoch");

        recovery.tick(cluster.map, first, table, 8, true);
        assertThat(recovery.mayServe(cluster.map, table, 3))
                .as("the next leader asks again")
                .isFalse();
        assertThat(proposed).hasSize(2);
        answers.get(1).complete(cluster.apply(proposed.get(1)));
        recovery.tick(cluster.map, first, table, 8, true);
        SlotTable served = table.activate(new SlotRange(3, 3), 4);
        assertThat(served.waits(3)).isFalse();
        assertThat(served.waits(4)).isTrue();
        recovery.tick(cluster.map, first, served, 9, true);
        assertThat(recovery.mayServe(cluster.map, served, 3)).isTrue();
        assertThat(recovery.mayServe(cluster.map, served, 4)).isFalse();
    }

    @Test
    void noSlotIsServedByARecoveredMapBeforeAllShardsHaveSpoken() {
        SlotTable table = SlotTable.EMPTY;
        ShardRecovery recovery = new ShardRecovery(command -> new CompletableFuture<>(), () -> 0);
        assertThat(recovery.mayServe(cluster.map, table, 3)).isTrue();
        cluster.done(new MetaCommand.MetaRecovered("r1", List.of(first.id(), third.id())));
        assertThat(recovery.mayServe(cluster.map, table, 3)).isFalse();
        cluster.done(new MetaCommand.Confirm("r1", second.id(), List.of()));
        assertThat(recovery.mayServe(cluster.map, table, 3)).isTrue();
    }

    @Test
    void whatIsAnothersByALaterWordIsServedNoLonger() {
        SlotTable table = SlotTable.EMPTY.activate(new SlotRange(0, 5460), 1);
        assertThat(ShardReconciler.isOverrun(cluster.map, first, table, 3)).isFalse();
        cluster.done(new MetaCommand.Move(second.preferredPrimary(), NEW, MapTester.slots(3, 3)));
        cluster.done(cluster.released(first.id(), 3, 3, 1));
        assertThat(ShardReconciler.isOverrun(cluster.map, first, table, 3)).isTrue();
        assertThat(ShardReconciler.isOverrun(cluster.map, first, table, 4)).isFalse();
        table = table.with(3, SlotState.HELD, 1);
        assertThat(Migrator.gone(cluster.map, first.id(), table)).isEqualTo(one(3, 1));
    }

    @Test
    void aSlotThatIsMovedKeyByKeyStaysOpenWhenItIsGrantedAnew() {
        cluster.done(new MetaCommand.Open(
                3, MetaCommand.OpenKind.IMPORTING, second.preferredPrimary(), first.preferredPrimary(), NEW));
        cluster.done(new MetaCommand.Open(
                3, MetaCommand.OpenKind.MIGRATING, first.preferredPrimary(), second.preferredPrimary(), NEW));
        SlotTable table = SlotTable.EMPTY
                .activate(new SlotRange(0, 5460), 1)
                .with(3, SlotState.MIGRATING, 1)
                .hold();
        assertThat(table.state(3)).isEqualTo(SlotState.HELD);
        cluster.done(new MetaCommand.Regrant(first.id(), again(table)));
        assertThat(cluster.map.slotEpoch(3)).isEqualTo(2);
        assertThat(cluster.map.moves().openSlot(3))
                .as("keys that have gone are at the importer")
                .isEqualTo(new OpenSlot(second.id(), second.id(), first.id()));
        table = table.activate(new SlotRange(3, 3), 2, Imports.slots(one(3, 2)));
        assertThat(table.state(3)).isEqualTo(SlotState.MIGRATING);
        assertThat(table.waits(3)).isFalse();
    }

    @Test
    void afterTheMetaGroupForgotAMigrationWhatWasFrozenForItIsGrantedAnew() {
        SlotTable table = SlotTable.EMPTY.activate(new SlotRange(0, 5460), 1).freeze(new SlotRange(3, 3), 1);
        assertThat(again(table)).isEmpty();
        cluster.done(new MetaCommand.MetaRecovered("r1", List.of(first.id(), second.id(), third.id())));
        assertThat(again(table)).containsExactly(new MetaCommand.EpochRange(new SlotRange(3, 3), 1));
        begin(ID, 3, second);
        assertThat(again(table)).as("its migration is known").isEmpty();
    }

    @Test
    void aForgottenCommitIsMadeGoodByTheTargetThatHasItAll() {
        begin(ID, 3, second);
        cluster.done(new MetaCommand.StartMigration(ID, 0, 1, ""));
        // The commit is lost with most voters of the meta group; the source has dropped the slot, the target is not
        // that far.
        SlotTable source = SlotTable.EMPTY
                .activate(new SlotRange(0, 5460), 1)
                .freeze(new SlotRange(3, 3), 1)
                .drop(new SlotRange(3, 3), 1);
        SlotTable target = SlotTable.EMPTY.with(Imports.slots(one(3, 1)), SlotState.RECEIVING);
        Imports.Import whole = Objects.requireNonNull(ended(ID, 3, 1).find(ID));
        cluster.done(new MetaCommand.MetaRecovered("r1", List.of(second.id(), third.id())));
        assertThat(ShardRecovery.isUnconfirmed(cluster.map)).isTrue();
        cluster.done(new MetaCommand.Confirm("r1", first.id(), List.of()));
        assertThat(cluster.map.migrations().running()).isEmpty();
        assertThat(cluster.map.slotEpoch(3)).as("not given to the source anew").isEqualTo(1);
        assertThat(granted(first, source)).isEmpty();
        assertThat(again(source)).isEmpty();
        assertThat(ShardRecovery.given(cluster.map, first, source))
                .containsExactly(new MetaCommand.EpochRange(new SlotRange(3, 3), 1));
        List<MetaCommand.EpochRange> arrived = MigrationTarget.arrived(cluster.map, target, whole);
        cluster.applied(new MetaCommand.Arrived(second.id(), arrived));
        assertThat(cluster.map.owner(3)).isEqualTo(cluster.map.shard(second.id()));
        assertThat(granted(second, target)).contains(one(3, 2).get(0));
        assertThat(MigrationTarget.becomesOurs(cluster.map, second.id(), target, whole))
                .isTrue();
        assertThat(MigrationTarget.arrived(cluster.map, target, whole)).isEmpty();
    }

    @Test
    void aSourceThatWasGivenItsFrozenSlotAnewIsNotOverrunByTheTarget() {
        begin(ID, 3, second);
        cluster.done(new MetaCommand.StartMigration(ID, 0, 1, ""));
        SlotTable source = SlotTable.EMPTY.activate(new SlotRange(0, 5460), 1).freeze(new SlotRange(3, 3), 1);
        SlotTable target = SlotTable.EMPTY.with(Imports.slots(one(3, 1)), SlotState.RECEIVING);
        Imports.Import whole = Objects.requireNonNull(ended(ID, 3, 1).find(ID));
        assertThat(MigrationTarget.arrived(cluster.map, target, whole))
                .as("nothing was recovered")
                .isEmpty();
        cluster.done(new MetaCommand.MetaRecovered("r1", List.of(second.id(), third.id())));
        cluster.done(new MetaCommand.Confirm("r1", first.id(), List.of()));
        MetaCommand late = new MetaCommand.Arrived(second.id(), MigrationTarget.arrived(cluster.map, target, whole));
        cluster.done(new MetaCommand.Regrant(first.id(), again(source)));
        assertThat(cluster.map.slotEpoch(3)).isEqualTo(2);
        cluster.applied(late);
        assertThat(cluster.map.owner(3)).isEqualTo(cluster.map.shard(first.id()));
        assertThat(cluster.map.slotEpoch(3)).isEqualTo(2);
    }

    @Test
    void onlyACurrentMapHasWhatWasReleasedGrantedAnew() {
        List<MetaCommand> proposed = new ArrayList<>();
        ShardRecovery recovery = new ShardRecovery(
                command -> {
                    proposed.add(command);
                    return new CompletableFuture<>();
                },
                () -> 0);
        SlotTable table = SlotTable.EMPTY.activate(new SlotRange(0, 5460), 1).release(new SlotRange(3, 3), 1);
        cluster.done(new MetaCommand.MetaRecovered("r1", List.of(first.id(), second.id(), third.id())));
        ClusterMap late = cluster.map;
        recovery.tick(late, first, table, 7, false);
        assertThat(proposed).as("it may not know yet where the slot goes").isEmpty();
        cluster.done(new MetaCommand.Move(second.preferredPrimary(), NEW, MapTester.slots(3, 3)));
        recovery.tick(cluster.map, first, table, 7, true);
        assertThat(proposed).as("it is on its way").isEmpty();
        recovery.tick(late, first, table, 7, true);
        assertThat(proposed)
                .containsExactly(new MetaCommand.Regrant(
                        first.id(), List.of(new MetaCommand.EpochRange(new SlotRange(3, 3), 1))));
    }

    @Test
    void aMigrationThatFailedStandsBehindTheOthers() {
        begin(ID, 3, second);
        begin(OTHER, 4, second);
        List<Migration> running = cluster.map.migrations().running();
        BitSet none = new BitSet();
        assertThat(Migrator.inTurn(running, "", none)).isEqualTo(running);
        assertThat(Migrator.inTurn(running, ID, none).get(0).id()).isEqualTo(OTHER);
        assertThat(Migrator.inTurn(running, OTHER, none).get(0).id()).isEqualTo(ID);
        BitSet frozen = new BitSet();
        running.get(0).slots().get(0).forEach(frozen::set);
        assertThat(Migrator.inTurn(running, ID, frozen).get(0).id())
                .as("nobody waits for a frozen slot while another migration runs")
                .isEqualTo(ID);
    }
}
