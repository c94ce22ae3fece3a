package io.cairn.gossip.claims;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.gossip.claims.SimCluster.SimNode;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Single schedules that lost writes, had two nodes take them, or left a shard without a primary. {@link SimCluster} looks for two writers all the time. */
class ClaimsHazardsTest {
    private static final long LONG_TIMEOUT = 15_000;

    private static SimCluster three(long seed) {
        SimCluster cluster = new SimCluster(seed);
        cluster.form(3, 1);
        return cluster;
    }

    /** The first shard is cut off; its replica asks its primary, and gets no majority. */
    private static SimCluster cutWithLongTimeout(long seed) {
        SimCluster cluster = three(seed);
        cluster.nodes.forEach(node -> node.timeout = LONG_TIMEOUT);
        cluster.run(3_000);
        cluster.side(cluster.nodes.get(0), 1);
        cluster.side(cluster.nodes.get(3), 1);
        return cluster;
    }

    @Test
    void aManualFailoverIsOverBeforeThePrimaryTakesWritesAgain() {
        SimCluster cluster = cutWithLongTimeout(1);
        SimNode primary = cluster.nodes.get(0);
        SimNode replica = cluster.nodes.get(3);
        cluster.tell(replica, admin -> assertThat(admin.failover(false)).isNull());
        cluster.eventually("it stops", 1_000, () -> !primary.takesWrites(0));
        cluster.eventually("it goes on", 11_000, () -> primary.takesWrites(0));
        cluster.heal();
        cluster.run(5_000);
        assertThat(replica.picture().self().isPrimary()).isFalse();
        assertThat(primary.takesWrites(0)).isTrue();
    }

    @Test
    void aSecondManualFailoverHoldsWritesAnew() {
        SimCluster cluster = cutWithLongTimeout(2);
        SimNode primary = cluster.nodes.get(0);
        SimNode replica = cluster.nodes.get(3);
        cluster.tell(replica, admin -> assertThat(admin.failover(false)).isNull());
        cluster.run(8_000);
        cluster.tell(replica, admin -> assertThat(admin.failover(false)).isNull());
        cluster.run(3_000);
        assertThat(primary.takesWrites(0)).isFalse();
        cluster.heal();
        cluster.eventually("it leads", 1_500, () -> replica.takesWrites(0));
    }

    @Test
    void noSlotIsTakenFromAnOwnerThatIsBackFromAFailure() {
        SimCluster cluster = three(3);
        SimNode owner = cluster.nodes.get(0);
        SimNode other = cluster.nodes.get(2);
        cluster.nodes.get(3).kill();
        owner.kill();
        cluster.eventually("it has failed", 5_000, () -> failed(other, owner));
        owner.start(false);
        owner.keys.add(7);
        cluster.eventually("it serves", 1_000, () -> owner.takesWrites(7));
        assertThat(failed(other, owner)).isTrue();
        AtomicReference<String> done = new AtomicReference<>();
        cluster.tell(other, admin -> admin.assign(7, other.id, done::set));
        cluster.eventually("decided", 3_000, () -> done.get() != null);
        assertThat(done.get()).contains("still holds keys");
        assertThat(owner.keys).contains(7);
    }

    @Test
    void aSlotIsTakenFromAnOwnerThatIsGone() {
        SimCluster cluster = three(4);
        SimNode owner = cluster.nodes.get(0);
        SimNode other = cluster.nodes.get(2);
        cluster.nodes.get(3).kill();
        owner.kill();
        cluster.eventually("it has failed", 5_000, () -> failed(other, owner));
        AtomicReference<String> done = new AtomicReference<>();
        cluster.tell(other, admin -> admin.assign(7, other.id, done::set));
        cluster.eventually("decided", 3_000, () -> done.get() != null);
        assertThat(done.get()).isEmpty();
        owner.start(false);
        cluster.eventually("all agree", 5_000, cluster::isWell);
        assertThat(other.takesWrites(7)).isTrue();
    }

    @Test
    void aSlotThatAMoveDidNotGetIsServedAgain() {
        SimCluster cluster = new SimCluster(15);
        cluster.form(5, 0);
        SimNode owner = cluster.nodes.get(0);
        SimNode other = cluster.nodes.get(1);
        cluster.side(owner, 1);
        cluster.side(other, 1);
        AtomicReference<String> done = new AtomicReference<>();
        cluster.tell(other, admin -> admin.assign(7, other.id, done::set));
        cluster.eventually(
                "its owner agrees",
                500,
                () -> other.id.equals(owner.picture().migrating().get(7)));
        // What it agreed to rests on the slot's being empty.
        cluster.tell(owner, admin -> assertThat(admin.stable(7)).startsWith("TRYAGAIN the slot is promised to"));
        cluster.tell(
                owner,
                admin -> assertThat(admin.migrating(7, cluster.nodes.get(2).id)).startsWith("TRYAGAIN"));
        cluster.eventually("no majority does", 3_000, () -> done.get() != null);
        assertThat(done.get()).startsWith("CLUSTERDOWN");
        cluster.heal();
        cluster.eventually("all is well", 5_000, cluster::isWell);
        assertThat(owner.takesWrites(7)).isTrue();
    }

    private static boolean failed(SimNode at, SimNode whom) {
        return Objects.requireNonNull(at.picture().node(whom.id)).failed();
    }

    @Test
    void aPrimaryWithALongerTimeoutThanItsVotersStopsInTime() {
        SimCluster cluster = three(5);
        SimNode slow = cluster.nodes.get(0);
        slow.timeout = LONG_TIMEOUT;
        cluster.run(5_000);
        assertThat(slow.takesWrites(0)).isTrue();
        cluster.side(slow, 1);
        cluster.eventually(
                "its replica serves", 5_000, () -> cluster.nodes.get(3).takesWrites(0));
        assertThat(slow.takesWrites(0)).isFalse();
    }

    @Test
    void aVoterKeepsItsPromiseWhenItsTimeoutBecomesShorter() {
        SimCluster cluster = three(6);
        cluster.nodes.forEach(node -> node.timeout = LONG_TIMEOUT);
        cluster.run(5_000);
        SimNode cut = cluster.nodes.get(0);
        cluster.side(cut, 1);
        cluster.nodes.stream().filter(node -> node != cut).forEach(node -> node.timeout = SimCluster.TIMEOUT);
        cluster.eventually(
                "its replica serves", 30_000, () -> cluster.nodes.get(3).takesWrites(0));
        assertThat(cut.takesWrites(0)).isFalse();
    }

    @Test
    void aPrimaryWhoseSuccessorDiedUnheardServesAgain() {
        SimCluster cluster = three(7);
        cluster.maxDelay = 100;
        SimNode primary = cluster.nodes.get(0);
        SimNode heir = cluster.nodes.get(3);
        primary.kill();
        cluster.eventually(
                "both have voted",
                10_000,
                () -> hasVotedFor(cluster.nodes.get(1), heir) && hasVotedFor(cluster.nodes.get(2), heir));
        heir.kill();
        cluster.side(heir, 1);
        primary.start(false);
        cluster.run(3_000);
        assertThat(primary.picture().self().isPrimary()).isTrue();
        cluster.eventually("it serves", 10_000, () -> primary.takesWrites(0));
        cluster.heal();
        heir.start(false);
        cluster.eventually("all agree", 10_000, cluster::isWell);
        assertThat(primary.takesWrites(0)).isTrue();
    }

    @Test
    void whoWasAwayWhenANodeFailedLearnsOfIt() {
        SimCluster cluster = three(16);
        SimNode dead = cluster.nodes.get(3);
        SimNode away = cluster.nodes.get(4);
        away.kill();
        dead.kill();
        cluster.eventually("it has failed", 5_000, () -> failed(cluster.nodes.get(1), dead));
        cluster.run(1_000);
        away.start(false);
        cluster.eventually("who was away knows", 5_000, () -> failed(away, dead));
    }

    private static boolean hasVotedFor(SimNode voter, SimNode candidate) {
        return Objects.requireNonNull(voter.disk).grants().stream()
                .anyMatch(grant -> grant.candidate().equals(candidate.id));
    }

    @Test
    void anAnswerToAPingOfALifeBeforeGivesNoLease() {
        for (int seed = 1; seed < 20; seed++) {
            SimCluster cluster = three(seed);
            cluster.maxDelay = 150;
            cluster.run(1_000);
            SimNode node = cluster.nodes.get(0);
            node.kill();
            node.skew -= 400_000;
            node.start(false);
            for (int i = 0; i < 50; i++) {
                cluster.run(10);
                assertThat(node.picture().leaseUntilMillis()).isLessThanOrEqualTo(node.clock() + SimCluster.TIMEOUT);
            }
        }
    }

    @Test
    void ofTwoNodesTheOldPrimaryDoesNotServeBeforeItHearsOfTheTakeover() {
        SimCluster cluster = new SimCluster(8);
        cluster.form(1, 1);
        SimNode primary = cluster.nodes.get(0);
        SimNode replica = cluster.nodes.get(1);
        primary.kill();
        cluster.run(2_000);
        cluster.tell(replica, admin -> assertThat(admin.takeover()).isNull());
        cluster.eventually("it serves", 1_000, () -> replica.takesWrites(0));
        cluster.run(100);
        cluster.maxDelay = 300;
        primary.start(false);
        cluster.eventually("it follows", 5_000, () -> !primary.picture().self().isPrimary());
    }

    @Test
    void aNodeWithAnOldFileIsWhatItLastWasAndVotesForNothingOld() {
        SimCluster cluster = three(9);
        SimNode node = cluster.nodes.get(1);
        Saved old = Objects.requireNonNull(node.disk);
        AtomicReference<String> done = new AtomicReference<>();
        cluster.tell(node, admin -> admin.assign(7, node.id, done::set));
        cluster.eventually("moved", 2_000, () -> "".equals(done.get()));
        cluster.tell(
                cluster.nodes.get(5), admin -> assertThat(admin.failover(false)).isNull());
        cluster.eventually("it leads", 2_000, () -> cluster.nodes.get(5).takesWrites(16_000));
        long voted = Objects.requireNonNull(node.disk).lastVoteEpoch();
        node.kill();
        node.disk = old;
        node.start(false);
        cluster.eventually("all is well", 5_000, cluster::isWell);
        assertThat(node.takesWrites(7)).isTrue();
        assertThat(Objects.requireNonNull(node.disk).lastVoteEpoch()).isGreaterThanOrEqualTo(voted);
    }

    @Test
    void ofTwoThatClaimTheSameNeitherLosesItsDataByItsId() {
        SimCluster cluster = new SimCluster(10);
        for (int i = 1; i <= 2; i++) {
            SimNode node = cluster.add(i);
            cluster.tell(
                    node,
                    admin -> admin.addSlots(
                            SlotSet.range(0, SlotSet.SLOTS - 1),
                            done -> assertThat(done).isEmpty()));
        }
        SimNode one = cluster.nodes.get(0);
        SimNode two = cluster.nodes.get(1);
        two.keys.add(5);
        cluster.tell(one, admin -> assertThat(admin.meet(two.place.bus())).isNull());
        cluster.eventually(
                "they know each other",
                5_000,
                () -> one.picture().nodes().size() == 2 && two.picture().nodes().size() == 2);
        cluster.run(10_000);
        assertThat(two.picture().self().isPrimary()).isTrue();
        assertThat(two.keys).contains(5);
        assertThat(two.takesWrites(5)).isFalse();
        assertThat(one.takesWrites(5)).isTrue();
    }

    @Test
    void aForgottenNodeThatLooksForItsSeedsStaysForgotten() {
        SimCluster cluster = three(11);
        SimNode gone = cluster.nodes.get(5);
        String seed = cluster.nodes.get(1).place.bus();
        cluster.tell(
                cluster.nodes.get(0), admin -> assertThat(admin.forget(gone.id)).isNull());
        cluster.run(2_000);
        gone.data = false;
        cluster.tell(gone, admin -> assertThat(admin.reset(null)).isNull());
        cluster.tell(gone, admin -> admin.join(seed));
        cluster.run(3_000);
        assertThat(cluster.nodes.get(0).picture().node(gone.id)).isNull();
        assertThat(gone.picture().nodes()).hasSize(1);
        cluster.tell(gone, admin -> assertThat(admin.meet(seed)).isNull());
        cluster.eventually(
                "by an operator's word it is back",
                5_000,
                () -> cluster.nodes.get(0).picture().node(gone.id) != null);
    }

    @Test
    void whoIsResetTellsTheOthers() {
        SimCluster cluster = three(12);
        SimNode node = cluster.nodes.get(0);
        node.data = false;
        cluster.tell(node, admin -> assertThat(admin.reset(null)).isNull());
        cluster.eventually(
                "its slots have no owner",
                1_000,
                () -> cluster.nodes.get(1).picture().owners()[0] == null);
    }

    @Test
    void anAnswerWaitsForTheDisk() {
        SimCluster cluster = new SimCluster(13);
        SimNode node = cluster.add(1);
        AtomicReference<Saved> disk = new AtomicReference<>();
        cluster.tell(node, admin -> admin.addSlots(SlotSet.one(3), done -> admin.answer(() -> disk.set(node.disk))));
        assertThat(Objects.requireNonNull(disk.get()).self().slots().has(3)).isTrue();
    }

    @Test
    void nothingIsForgottenInSilenceWhenTheListIsFull() {
        SimCluster cluster = three(14);
        SimNode node = cluster.nodes.get(0);
        for (int i = 0; i < MessageCodec.MAX_NODES; i++) {
            String id = String.format(java.util.Locale.ROOT, "%040x", 1_000 + i);
            cluster.hear(node, cluster.nodes.get(1), new Ban(id, 1, true));
        }
        cluster.tell(
                node,
                admin -> assertThat(admin.forget(cluster.nodes.get(5).id))
                        .isEqualTo("ERR too many nodes are forgotten (1024)"));
    }
}
