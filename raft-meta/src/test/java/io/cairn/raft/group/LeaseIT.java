package io.cairn.raft.group;

import static io.cairn.raft.group.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.TestCluster.Member;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** While a leader holds a lease nobody else leads, whatever hints, cuts, transfers and restarts say. */
class LeaseIT {
    @TempDir
    Path root;

    private static void useLeases(TestCluster cluster) {
        cluster.members.values().forEach(member -> member.group.useLeases(true));
    }

    private static Member holder(TestCluster cluster) {
        Member leader = cluster.leader();
        eventually("a lease", leader.group::holdsLease);
        return leader;
    }

    @Test
    void aLeaderThatIsToldToGetsALeaseAndNobodyElseDoes() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.write("warm");
            assertThat(cluster.leader().group.holdsLease()).isFalse();
            useLeases(cluster);
            holder(cluster);
            assertThat(cluster.followers()).noneMatch(member -> member.group.holdsLease());
            Member leader = holder(cluster);
            assertThat(((HostedGroup) leader.group).beginChange()).isTrue();
            assertThat(leader.group.holdsLease()).as("while members change").isFalse();
            ((HostedGroup) leader.group).endChange();
        }
    }

    @Test
    void aCutLeadersLeaseIsOverBeforeAnotherLeads() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.write("warm");
            useLeases(cluster);
            for (int round = 0; round < 5; round++) {
                Member old = holder(cluster);
                cluster.cut.add(old.name);
                // What a failure detector might say in this moment.
                cluster.members.values().forEach(member -> member.group.suspect(TestCluster.id(old.name)));
                boolean succeeded = false;
                long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
                while (!succeeded && System.nanoTime() < end) {
                    for (Member member : cluster.members.values()) {
                        succeeded |= member != old && member.group.isLeader();
                    }
                    // In this order: who leads now must not be followed by a lease of the old leader's.
                    assertThat(succeeded && old.group.holdsLease()).isFalse();
                }
                assertThat(succeeded).isTrue();
                cluster.write("after " + round);
                assertThat(old.group.holdsLease()).isFalse();
                cluster.cut.clear();
                eventually("one leader", () -> cluster.leader() != old);
            }
        }
    }

    @Test
    void aHintThatIsWrongTakesNoLeaseAway() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc");
                StoodStill stood = new StoodStill()) {
            cluster.write("warm");
            useLeases(cluster);
            Member leader = holder(cluster);
            long term = leader.group.term();
            for (int i = 0; i < 20; i++) {
                for (Member member : cluster.followers()) {
                    member.group.suspect(TestCluster.id(leader.name));
                }
                Thread.sleep(20);
                stood.unless(() -> assertThat(leader.group.isLeader()).isTrue());
            }
            stood.unless(() -> assertThat(leader.group.term()).isEqualTo(term));
        }
    }

    @Test
    void whoHandsOverServesByItsLeaseNoMoreAndIsSucceededAtOnce() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abcde")) {
            cluster.write("warm");
            useLeases(cluster);
            Member old = holder(cluster);
            Member heir = cluster.followers().get(0);
            eventually("it holds all", () -> ((HostedGroup) old.group).lag(TestCluster.id(heir.name)) == 0);
            long begin = System.nanoTime();
            old.group.transferLeadership(TestCluster.id(heir.name)).join();
            assertThat(old.group.holdsLease()).isFalse();
            eventually("it leads", heir.group::isLeader);
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin)).isLessThan(2_000);
            holder(cluster);
        }
    }

    @Test
    void aLeaderThatHasNotAppliedWhatOthersMayHaveShownHoldsNoLease() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.write("warm");
            useLeases(cluster);
            Member leader = holder(cluster);
            List<Member> followers = cluster.followers();
            CountDownLatch busy = new CountDownLatch(1);
            leader.ledger.holdSnapshots(busy);
            CompletableFuture<Long> snapshot = leader.group.snapshot();
            try {
                eventually("its apply thread is busy", leader.ledger::isSaving);
                Attempt write = TestCluster.submit(leader.group, "shown");
                for (Member follower : followers) {
                    eventually("it is shown at " + follower.name, () -> follower.ledger.contains("shown"));
                }
                // However long it leads: on a busy machine another may lead by now.
                assertThat(write.outcome.getNow("not yet"))
                        .as("its apply thread is at the snapshot")
                        .isIn("not yet", "OUTCOME_UNKNOWN");
                assertThat(leader.group.holdsLease()).isFalse();
            } finally {
                busy.countDown();
            }
            eventually("it is applied there, too", () -> leader.ledger.contains("shown"));
            holder(cluster);
            snapshot.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void aReplicaThatMayHavePromisedKeepsQuietAfterAStart() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.write("warm");
            assertThat(((HostedGroup) cluster.followers().get(0).group).leases().withheldNanos())
                    .isZero();
            useLeases(cluster);
            holder(cluster);
            Member follower = cluster.followers().get(0);
            eventually(
                    "a promise", () -> ((HostedGroup) follower.group).leases().withheldNanos() > 0);
            cluster.stop(follower.name);
            Member again = cluster.start(follower.name, "");
            assertThat(((HostedGroup) again.group).leases().withheldNanos())
                    .isGreaterThan(TimeUnit.MILLISECONDS.toNanos(Leases.MAX_GRANT_MILLIS / 2));
        }
    }
}
