package io.cairn.raft.meta;

import static io.cairn.raft.meta.MapTester.slots;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.meta.MetaCommand.EpochRange;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class NodeChangesTest {
    private static final String NEW = "e".repeat(40);
    private static final String OTHER = "f".repeat(40);

    private final MapTester cluster = new MapTester();
    private final String first = cluster.ownerOf(0);
    private final Shard firstShard = Objects.requireNonNull(cluster.map.shard(first));
    private final String primary = firstShard.preferredPrimary();
    private final String replica = firstShard.voters().get(1);

    private Shard shard(String id) {
        return Objects.requireNonNull(cluster.map.shard(id));
    }

    @Test
    void anAdmittedNodeBringsItsShardAndSlotsUnderHigherEpochs() {
        cluster.done(new MetaCommand.Release(primary, slots(0, 9)));
        cluster.done(cluster.released(first, 0, 9, 1));
        ClusterNode single = Nodes.node(20, "process-t");
        cluster.applied(new MetaCommand.Admit(single, NEW, List.of(new EpochRange(new SlotRange(0, 9), 7)), 7, 5));
        assertThat(cluster.shardOf(20)).isEqualTo(NEW).isEqualTo(cluster.ownerOf(9));
        assertThat(cluster.map.slotEpoch(0)).as("above what its own log has").isEqualTo(8);
        assertThat(cluster.map.configEpoch(single.id())).isEqualTo(5);
    }

    /** Its log keeps the epoch of a slot that it let go: one that is not above it is never served there. */
    @Test
    void slotsThatAnAdmittedNodeHadBeforeComeBackToItUnderEpochsThatItsLogTakes() {
        ClusterNode single = Nodes.node(20, "process-t");
        cluster.done(new MetaCommand.Release(primary, slots(0, 0)));
        cluster.done(cluster.released(first, 0, 0, 1));
        cluster.applied(new MetaCommand.Admit(single, NEW, List.of(), 9, 0));
        cluster.done(new MetaCommand.Assign(single.id(), OTHER, slots(0, 0)));
        assertThat(cluster.map.slotEpoch(0)).as("of nobody").isEqualTo(10);
        cluster.done(new MetaCommand.Move(single.id(), OTHER, slots(1, 1)));
        cluster.done(cluster.released(first, 1, 1, 1));
        assertThat(cluster.ownerOf(1)).isEqualTo(NEW);
        assertThat(cluster.map.slotEpoch(1)).as("of another shard").isEqualTo(10);
        String id = "d".repeat(40);
        cluster.done(new MetaCommand.BeginMigrations(
                List.of(new MetaCommand.MigrationPlan(id, slots(2, 2), primary, single.id(), OTHER)), 1));
        cluster.done(new MetaCommand.StartMigration(id, 0, 2, ""));
        cluster.done(new MetaCommand.CommitMigration(id, 1, 3, 1));
        assertThat(cluster.ownerOf(2)).isEqualTo(NEW);
        assertThat(cluster.map.slotEpoch(2)).as("migrated").isEqualTo(10);
        cluster.done(new MetaCommand.Move(primary, OTHER, slots(1, 1)));
        cluster.done(cluster.released(NEW, 1, 1, 10));
        assertThat(cluster.map.slotEpoch(1)).as("another's log needs no more").isEqualTo(11);
    }

    @Test
    void aNodeThatIsAdmittedAgainBringsWhatTheMapHasOfIt() {
        ClusterNode single = Nodes.node(20, "process-t");
        cluster.done(new MetaCommand.Release(primary, slots(0, 9)));
        cluster.done(cluster.released(first, 0, 9, 1));
        cluster.applied(new MetaCommand.Admit(single, NEW, List.of(new EpochRange(new SlotRange(0, 4), 1)), 3, 0));
        assertThat(cluster.map.slotEpoch(0)).isEqualTo(4);
        // It did not hear of that, went on by itself, and took and gave slots there.
        assertThat(cluster.refused(
                        new MetaCommand.Admit(single, NEW, List.of(new EpochRange(new SlotRange(0, 5), 1)), 3, 0)))
                .isEqualTo("the node was admitted before, without slot 5: CLUSTER DELSLOTS it there first");
        cluster.applied(new MetaCommand.Admit(single, NEW, List.of(new EpochRange(new SlotRange(1, 4), 1)), 8, 0));
        assertThat(cluster.map.slotEpoch(0)).as("its log may have had 8 of it").isEqualTo(9);
        cluster.applied(new MetaCommand.Admit(single, NEW, List.of(new EpochRange(new SlotRange(0, 4), 1)), 3, 0));
        assertThat(cluster.map.slotEpoch(0)).as("a late one changes nothing").isEqualTo(9);
    }

    @Test
    void anAdmissionWithASlotThatIsTakenChangesNothing() {
        MetaCommand both = new MetaCommand.Admit(
                Nodes.node(20, "process-t"), NEW, List.of(new EpochRange(new SlotRange(0, 0), 1)), 1, 0);
        assertThat(cluster.refused(both)).isEqualTo("both clusters have slot 0");
        assertThat(cluster.map.node(Nodes.id(20))).isNull();
        ClusterNode thief = Nodes.node(1, "process-t");
        ClusterNode renamed = new ClusterNode(
                Nodes.id(21), thief.host(), thief.port(), thief.busPort(), thief.raftPort(), "", "t", thief.state());
        assertThat(cluster.refused(new MetaCommand.Admit(renamed, "", List.of(), 0, 0)))
                .isEqualTo("the address belongs to another node");
    }

    @Test
    void aRemovedIdIsNeverAdmittedAgain() {
        ClusterNode gone = Nodes.node(10, "process-j");
        cluster.done(new MetaCommand.Leave(gone.id()));
        cluster.done(new MetaCommand.RemoveNode(gone.id()));
        assertThat(cluster.refused(new MetaCommand.Admit(gone, "", List.of(), 0, 0)))
                .startsWith("the node was removed");
    }

    @Test
    void aNodeWithoutAShardFollowsAtOnce() {
        cluster.applied(new MetaCommand.Replicate(Nodes.id(10), primary, NEW));
        assertThat(cluster.shardOf(10)).isEqualTo(first);
        assertThat(shard(first).hasMember(Nodes.id(10))).isTrue();
        assertThat(shard(first).voters()).as("four members: three vote").hasSize(3);
    }

    @Test
    void aReplicaFollowsAnotherShardOnceItsOwnHasLetItGo() {
        String to = Objects.requireNonNull(cluster.map.owner(6000)).id();
        String target = shard(to).preferredPrimary();
        cluster.applied(new MetaCommand.Replicate(replica, target, NEW));
        assertThat(shard(first).hasMember(replica)).isFalse();
        assertThat(shard(to).hasMember(replica)).isFalse();
        assertThat(cluster.map.departures()).containsEntry(replica, new Departure(first, to));
        String third = Objects.requireNonNull(cluster.map.owner(12_000)).preferredPrimary();
        assertThat(cluster.refused(new MetaCommand.Replicate(replica, third, NEW)))
                .isEqualTo("the node is on its way to another shard");
        cluster.applied(new MetaCommand.Departed(replica, to));
        assertThat(shard(to).hasMember(replica))
                .as("said by a shard that it does not leave")
                .isFalse();
        cluster.applied(new MetaCommand.Departed(replica, first));
        assertThat(shard(to).hasMember(replica)).isTrue();
        assertThat(cluster.map.departures()).isEmpty();
    }

    @Test
    void aNodeNeverComesBackToAShardThatItHasLeft() {
        Shard other = Objects.requireNonNull(cluster.map.owner(6000));
        Shard third = Objects.requireNonNull(cluster.map.owner(12_000));
        cluster.done(new MetaCommand.Replicate(replica, other.preferredPrimary(), NEW));
        cluster.done(new MetaCommand.Departed(replica, first));
        assertThat(cluster.refused(new MetaCommand.Replicate(replica, primary, NEW)))
                .startsWith("The node has left this shard before");
        cluster.done(new MetaCommand.Replicate(replica, third.preferredPrimary(), NEW));
        cluster.done(new MetaCommand.Departed(replica, other.id()));
        assertThat(shard(third.id()).hasMember(replica)).isTrue();
        for (String left : List.of(primary, other.preferredPrimary())) {
            assertThat(cluster.refused(new MetaCommand.Replicate(replica, left, NEW)))
                    .startsWith("The node has left this shard before");
        }
        cluster.done(new MetaCommand.Leave(replica));
        cluster.done(new MetaCommand.Departed(replica, third.id()));
        cluster.done(new MetaCommand.RemoveNode(replica));
        assertThat(cluster.map.values().keySet()).noneMatch(name -> name.contains(replica));
    }

    @Test
    void aPrimaryWithSlotsFollowsNobody() {
        cluster.done(new MetaCommand.Release(primary, slots(0, 0)));
        cluster.done(cluster.released(first, 0, 0, 1));
        cluster.done(new MetaCommand.Assign(Nodes.id(10), NEW, slots(0, 0)));
        assertThat(cluster.refused(new MetaCommand.Replicate(Nodes.id(10), primary, OTHER)))
                .startsWith("To set a master the node must be empty");
        cluster.done(new MetaCommand.Move(primary, OTHER, slots(0, 0)));
        assertThat(cluster.refused(new MetaCommand.Leave(Nodes.id(10)))).contains("has slots");
        cluster.done(cluster.released(NEW, 0, 0, cluster.map.slotEpoch(0)));
        cluster.done(new MetaCommand.Move(Nodes.id(10), OTHER, slots(1, 1)));
        assertThat(cluster.refused(new MetaCommand.Replicate(Nodes.id(10), primary, OTHER)))
                .isEqualTo("slots are on their way to the node");
        assertThat(cluster.refused(new MetaCommand.Leave(Nodes.id(10))))
                .isEqualTo("slots are on their way to the node");
        cluster.done(cluster.released(first, 1, 1, 1));
        assertThat(cluster.ownerOf(1)).isEqualTo(NEW);
    }

    @Test
    void aForgottenReplicaIsRemovedOnlyAfterItsShardAndNeverComesBack() {
        cluster.applied(new MetaCommand.Leave(replica));
        assertThat(cluster.map.isForgotten(replica)).isTrue();
        assertThat(cluster.map.shownNodes()).extracting(ClusterNode::id).doesNotContain(replica);
        assertThat(cluster.refused(new MetaCommand.RemoveNode(replica))).contains("has not let it go");
        assertThat(cluster.refused(new MetaCommand.Replicate(replica, primary, NEW)))
                .isEqualTo("Unknown node " + replica);
        cluster.applied(new MetaCommand.Departed(replica, first));
        cluster.applied(new MetaCommand.RemoveNode(replica));
        cluster.applied(new MetaCommand.Leave(replica));
        assertThat(cluster.map.departures()).isEmpty();
        assertThat(cluster.refused(new MetaCommand.Leave(Nodes.id(99)))).isEqualTo("Unknown node " + Nodes.id(99));
    }

    /** Node 10 and 11 in a shard of their own, without slots. */
    private void shardOfTwo() {
        cluster.done(new MetaCommand.Release(primary, slots(0, 0)));
        cluster.done(cluster.released(first, 0, 0, 1));
        cluster.done(new MetaCommand.Assign(Nodes.id(10), NEW, slots(0, 0)));
        cluster.done(new MetaCommand.Replicate(Nodes.id(11), Nodes.id(10), OTHER));
        cluster.done(new MetaCommand.Release(Nodes.id(10), slots(0, 0)));
        cluster.done(cluster.released(NEW, 0, 0, cluster.map.slotEpoch(0)));
    }

    @Test
    void whoeverLeavesAShardThatIsNoMoreHasLeftIt() {
        shardOfTwo();
        cluster.applied(new MetaCommand.Leave(Nodes.id(11)));
        assertThat(cluster.map.departures()).containsEntry(Nodes.id(11), new Departure(NEW, ""));
        cluster.applied(new MetaCommand.Leave(Nodes.id(10)));
        assertThat(cluster.map.shard(NEW)).isNull();
        assertThat(cluster.map.departures()).containsEntry(Nodes.id(11), new Departure("", ""));
        cluster.applied(new MetaCommand.RemoveNode(Nodes.id(11)));
    }

    @Test
    void whoeverGoesOnFromAShardThatIsNoMoreArrives() {
        shardOfTwo();
        cluster.applied(new MetaCommand.Replicate(Nodes.id(11), primary, OTHER));
        assertThat(cluster.map.departures()).containsEntry(Nodes.id(11), new Departure(NEW, first));
        cluster.applied(new MetaCommand.Replicate(Nodes.id(10), primary, OTHER));
        assertThat(cluster.map.shard(NEW)).isNull();
        assertThat(cluster.map.departures()).isEmpty();
        assertThat(shard(first).hasMember(Nodes.id(11))).isTrue();
        assertThat(shard(first).hasMember(Nodes.id(10))).isTrue();
    }

    @Test
    void noShardIsTakenAwayByARecoveredMapBeforeAllHaveSpoken() {
        shardOfTwo();
        cluster.done(new MetaCommand.Leave(Nodes.id(11)));
        cluster.done(new MetaCommand.MetaRecovered("r1", List.of()));
        assertThat(cluster.refused(new MetaCommand.Leave(Nodes.id(10)))).contains("have not said yet", NEW);
        assertThat(cluster.refused(new MetaCommand.Replicate(Nodes.id(10), primary, OTHER)))
                .contains("have not said yet");
        cluster.done(new MetaCommand.Leave(replica));
        cluster.map.shards().forEach(one -> cluster.done(new MetaCommand.Confirm("r1", one.id(), List.of())));
        cluster.done(new MetaCommand.Leave(Nodes.id(10)));
    }

    @Test
    void aShardOfWhichNothingIsLeftIsTakenAwayByAnOperatorsWord() {
        String lost = Objects.requireNonNull(cluster.map.owner(6000)).id();
        List<String> members = shard(lost).voters();
        cluster.done(new MetaCommand.MetaRecovered("r1", List.of()));
        cluster.done(new MetaCommand.Confirm("r1", first, List.of()));
        cluster.done(new MetaCommand.Confirm(
                "r1", Objects.requireNonNull(cluster.map.owner(12_000)).id(), List.of()));
        assertThat(cluster.refused(new MetaCommand.Assign(primary, NEW, slots(6000, 6000))))
                .contains("have not said yet", lost);
        cluster.done(new MetaCommand.LoseShard(lost));
        assertThat(cluster.map.shard(lost)).isNull();
        assertThat(cluster.map.owner(6000)).isNull();
        assertThat(cluster.ownerOf(0)).isEqualTo(first);
        assertThat(Objects.requireNonNull(Recovery.of(cluster.map)).unconfirmed())
                .isEmpty();
        cluster.done(new MetaCommand.Assign(primary, NEW, slots(6000, 6000)));
        assertThat(cluster.map.slotEpoch(6000)).isEqualTo(2);
        members.forEach(member -> assertThat(cluster.map.isForgotten(member)).isTrue());
        cluster.applied(new MetaCommand.RemoveNode(members.get(0)));
        assertThat(cluster.refused(new MetaCommand.LoseShard(lost))).contains("no such shard");
    }

    @Test
    void migrationsToAShardThatIsLostAreGivenUp() {
        Shard lost = Objects.requireNonNull(cluster.map.owner(6000));
        cluster.done(new MetaCommand.BeginMigrations(
                List.of(new MetaCommand.MigrationPlan(Nodes.id(0xAA), slots(0, 9), "", lost.preferredPrimary(), NEW)),
                5));
        cluster.done(new MetaCommand.LoseShard(lost.id()));
        assertThat(cluster.map.migrations().running()).isEmpty();
        assertThat(cluster.ownerOf(5)).isEqualTo(first);
        assertThat(cluster.map.slotEpoch(5))
                .as("what was frozen is served again")
                .isEqualTo(2);
    }

    @Test
    void configEpochsAreRaisedAboveAllOthersOnce() {
        cluster.applied(new MetaCommand.ConfigEpoch(primary, 4));
        cluster.applied(new MetaCommand.ConfigEpoch(replica, 0));
        assertThat(cluster.map.configEpoch(replica)).isEqualTo(5);
        cluster.done(new MetaCommand.ConfigEpoch(primary, 5));
        cluster.applied(new MetaCommand.ConfigEpoch(replica, 0));
        assertThat(cluster.map.configEpoch(replica))
                .as("one that another has too is raised")
                .isEqualTo(6);
    }
}
