package io.cairn.raft.meta;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.meta.MetaCommand.MigrationPlan;
import io.cairn.raft.meta.MetaResult.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Atomic migrations in the meta map: one at a time per slot, one commit or none. */
final class MigrationChangesTest {
    private static final long NOW = 1_000;
    private static final String ID = Nodes.id(0xA1);

    private final Layout layout = layout();
    private final List<Shard> shards;
    private ClusterMap map;
    private long index = 1;

    MigrationChangesTest() {
        map = MetaApply.apply(ClusterMap.EMPTY, new MetaCommand.Form(layout), 1).map();
        shards = map.shards();
    }

    private static Layout layout() {
        try {
            return LayoutPlanner.plan(Nodes.id(0xC1), Nodes.inDomains(3, 3, 3), 2, false);
        } catch (PlanException e) {
            throw new AssertionError(e);
        }
    }

    private MetaResult apply(MetaCommand command) {
        MetaApply.Applied applied = MetaApply.apply(map, command, ++index);
        map = applied.map();
        ClusterMap read = MapCodec.decode(MapCodec.encode(map));
        assertThat(MapCodec.encode(read)).isEqualTo(MapCodec.encode(map));
        assertThat(read.migrations()).isEqualTo(map.migrations());
        return applied.result();
    }

    private MetaResult begin(String id, Shard to, int first, int last) {
        return apply(new MetaCommand.BeginMigrations(
                List.of(new MigrationPlan(
                        id, List.of(new SlotRange(first, last)), "", to.voters().get(0), Nodes.id(0xB1))),
                NOW));
    }

    private MetaResult start(String id, long attempt) {
        return apply(new MetaCommand.StartMigration(id, attempt, NOW + 1, ""));
    }

    private MetaResult commit(String id, long attempt) {
        return apply(new MetaCommand.CommitMigration(id, attempt, NOW + 2, 7));
    }

    private MetaResult cancel(String id) {
        return apply(new MetaCommand.EndMigration(id, true, NOW + 3, "cancelled"));
    }

    private Migration migration(String id) {
        return Objects.requireNonNull(map.migrations().find(id));
    }

    @Test
    void aCommitGivesTheSlotsUnderTheNextEpoch() {
        assertThat(begin(ID, shards.get(1), 100, 199).isApplied()).isTrue();
        assertThat(map.owner(150)).as("until the commit nothing changes").isEqualTo(shards.get(0));
        assertThat(map.slotEpoch(150)).isEqualTo(1);
        assertThat(start(ID, 0).isApplied()).isTrue();
        assertThat(commit(ID, 1).isApplied()).isTrue();
        assertThat(map.owner(150)).isEqualTo(shards.get(1));
        assertThat(map.slotEpoch(150)).isEqualTo(2);
        assertThat(map.owner(99)).isEqualTo(shards.get(0));
        assertThat(map.owner(200)).isEqualTo(shards.get(0));
        assertThat(migration(ID).state()).isEqualTo(Migration.State.DONE);
        assertThat(migration(ID).pauseMillis()).isEqualTo(7);
        assertThat(commit(ID, 1).isApplied()).as("again").isTrue();
        assertThat(map.slotEpoch(150)).isEqualTo(2);
    }

    @Test
    void commitAndAbortAreOneDecision() {
        begin(ID, shards.get(1), 100, 199);
        start(ID, 0);
        assertThat(cancel(ID).isApplied()).isTrue();
        assertThat(commit(ID, 1).outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(map.owner(150)).isEqualTo(shards.get(0));
        assertThat(map.slotEpoch(150))
                .as("the owner serves it again, under a new epoch")
                .isEqualTo(2);
        String other = Nodes.id(0xA2);
        begin(other, shards.get(1), 100, 199);
        start(other, 0);
        assertThat(commit(other, 1).isApplied()).isTrue();
        assertThat(cancel(other).isApplied()).isTrue();
        assertThat(migration(other).state()).isEqualTo(Migration.State.DONE);
        assertThat(map.owner(150)).isEqualTo(shards.get(1));
    }

    @Test
    void onlyTheLastAttemptCanBeCommitted() {
        begin(ID, shards.get(1), 100, 199);
        assertThat(commit(ID, 0).outcome()).as("nothing was streamed").isEqualTo(Outcome.REFUSED);
        assertThat(commit(ID, 1).outcome()).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void whoTakesOverVoidsTheAttemptBefore() {
        begin(ID, shards.get(1), 100, 199);
        start(ID, 0);
        assertThat(start(ID, 0).outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(apply(new MetaCommand.StartMigration(ID, 1, NOW, "gone")).isApplied())
                .isTrue();
        assertThat(map.slotEpoch(150)).isEqualTo(2);
        assertThat(migration(ID).lastError()).isEqualTo("gone");
        assertThat(migration(ID).startMillis()).isEqualTo(NOW + 1);
        assertThat(commit(ID, 1).outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(commit(ID, 2).isApplied()).isTrue();
        assertThat(map.slotEpoch(150)).isEqualTo(3);
    }

    /** A shard that was recovered and granted its slots anew no longer has what was streamed. */
    @Test
    void slotsUnderAnotherEpochAreNotCommitted() {
        begin(ID, shards.get(1), 100, 199);
        start(ID, 0);
        apply(new MetaCommand.Regrant(
                shards.get(0).id(), List.of(new MetaCommand.EpochRange(new SlotRange(150, 150), 1))));
        assertThat(map.slotEpoch(150)).isEqualTo(2);
        assertThat(commit(ID, 1).outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(map.owner(120)).isEqualTo(shards.get(0));
        assertThat(migration(ID).isRunning()).as("a recovery ends it").isFalse();
    }

    @Test
    void overlapsAndWhatIsUnderWayOtherwiseAreRefused() {
        begin(ID, shards.get(1), 100, 199);
        assertThat(begin(ID, shards.get(1), 100, 199).isApplied())
                .as("the same again")
                .isTrue();
        assertThat(map.migrations().all()).hasSize(1);
        assertThat(begin(Nodes.id(0xA2), shards.get(2), 199, 210).reason()).contains("overlapping import exists");
        assertThat(begin(Nodes.id(0xA2), shards.get(0), 200, 210).reason()).contains("already the owner");
        assertThat(begin(Nodes.id(0xA2), shards.get(2), 5_000, 6_000).reason()).contains("different source nodes");
        String source = shards.get(0).voters().get(0);
        List<SlotRange> slot = List.of(new SlotRange(150, 150));
        assertThat(apply(new MetaCommand.Release(source, slot)).reason()).contains("is in migration " + ID);
        String target = shards.get(1).voters().get(0);
        assertThat(apply(new MetaCommand.Move(target, Nodes.id(0xB2), slot)).reason())
                .contains("is in migration " + ID);
        assertThat(apply(new MetaCommand.Open(150, MetaCommand.OpenKind.MIGRATING, source, target, Nodes.id(0xB2)))
                        .reason())
                .contains("is in migration " + ID);
        apply(new MetaCommand.Open(300, MetaCommand.OpenKind.MIGRATING, source, target, Nodes.id(0xB2)));
        assertThat(begin(Nodes.id(0xA2), shards.get(2), 300, 300).reason()).contains("must be STABLE");
        apply(new MetaCommand.Release(source, List.of(new SlotRange(400, 400))));
        assertThat(begin(Nodes.id(0xA2), shards.get(2), 400, 400).reason()).contains("is being moved");
        assertThat(begin(Nodes.id(0xA2), shards.get(2), 200, 210).isApplied()).isTrue();
    }

    @Test
    void allBeginOrNone() {
        String target = shards.get(1).voters().get(0);
        MetaResult result = apply(new MetaCommand.BeginMigrations(
                List.of(
                        new MigrationPlan(Nodes.id(1), List.of(new SlotRange(0, 9)), "", target, Nodes.id(0xB1)),
                        new MigrationPlan(Nodes.id(2), List.of(new SlotRange(9, 12)), "", target, Nodes.id(0xB2))),
                NOW));
        assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(map.migrations().all()).isEmpty();
    }

    @Test
    void theHistoryIsBoundedAndForgetsNothingThatRuns() {
        begin(ID, shards.get(1), 0, 0);
        for (int i = 0; i < Migrations.MAX_ENDED + 50; i++) {
            begin(Nodes.id(0x1000 + i), shards.get(1), 1, 5);
            cancel(Nodes.id(0x1000 + i));
        }
        assertThat(map.migrations().all()).hasSize(Migrations.MAX_ENDED + 1);
        assertThat(map.migrations().running(ID)).isNotNull();
        assertThat(map.migrations().find(Nodes.id(0x1000))).isNull();
    }

    /** Whatever order commands come in, every slot has one owner, and only commits change it. */
    @Test
    void randomCommandsKeepOneOwner() {
        Random random = new Random(4);
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            String id = ids.isEmpty() ? ID : ids.get(random.nextInt(ids.size()));
            List<Integer> owners = owners();
            Migration known = map.migrations().find(id);
            int way = random.nextInt(5);
            MetaResult result;
            if (way == 0) {
                ids.add(Nodes.id(0x5000 + i));
                int first = random.nextInt(200);
                result = begin(
                        ids.get(ids.size() - 1), shards.get(random.nextInt(3)), first, first + random.nextInt(20));
            } else if (way == 1) {
                result = start(id, random.nextInt(3));
            } else if (way == 2) {
                result = cancel(id);
            } else {
                result = commit(id, random.nextInt(3));
                boolean decided = result.isApplied() && known != null && known.isRunning();
                if (decided) {
                    continue;
                }
            }
            assertThat(owners()).as(i + ": " + result).isEqualTo(owners);
        }
    }

    private List<Integer> owners() {
        List<Integer> owners = new ArrayList<>();
        for (int slot = 0; slot < 250; slot++) {
            owners.add(map.shards().indexOf(Objects.requireNonNull(map.owner(slot))));
        }
        return owners;
    }
}
