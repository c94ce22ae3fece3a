package io.cairn.raft.group;

import static io.cairn.raft.group.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.TestCluster.Member;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartitionIT {
    @TempDir
    Path root;

    @Test
    void aCutLeaderRefusesAndTheMajorityGoesOn() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc");
                StoodStill stood = new StoodStill()) {
            cluster.write("before");
            Member old = cluster.leader();
            cluster.cut.add(old.name);
            eventually(
                    "the cut leader refuses",
                    () -> TestCluster.propose(old.group, "lost").equals("NOT_LEADER"));
            String during = cluster.write("during");
            assertThat(TestCluster.read(old.group)).isEqualTo("NOT_LEADER");
            assertThat(TestCluster.propose(old.group, "lost too")).isEqualTo("NOT_LEADER");
            Member now = cluster.leader();
            long term = now.group.term();
            cluster.cut.clear();
            eventually("it is back", () -> old.ledger.contains(during));
            String after = cluster.write("after");
            cluster.awaitEverywhere(after);
            stood.unless(() -> assertThat(now.group.isLeader()).isTrue());
            stood.unless(() -> assertThat(now.group.term()).isEqualTo(term));
            assertThat(old.ledger.lines()).isEqualTo(now.ledger.lines()).doesNotContain("lost too");
        }
    }

    @Test
    void proposalsPendingWhenLeadershipIsLostAreUnknownExactlyOnce() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.write("before");
            Member old = cluster.leader();
            cluster.cut.add(old.name);
            List<Attempt> attempts = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                attempts.add(TestCluster.submit(old.group, "pending " + i));
            }
            for (Attempt attempt : attempts) {
                assertThat(attempt.outcome.get(10, TimeUnit.SECONDS)).isEqualTo("OUTCOME_UNKNOWN");
            }
            cluster.write("during");
            cluster.cut.clear();
            String after = cluster.write("after");
            cluster.awaitEverywhere(after);
            assertThat(attempts)
                    .allSatisfy(attempt -> assertThat(attempt.calls.get()).isEqualTo(1));
        }
    }

    @Test
    void aBarrierAtADeposedLeaderNeverMissesAnAcknowledgedWrite() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.write("before");
            for (int round = 0; round < 3; round++) {
                Member old = cluster.leader();
                cluster.cut.add(old.name);
                String during = cluster.write("during " + round);
                // Heal at once: the old leader may still believe in itself when the barrier asks.
                cluster.cut.clear();
                if (TestCluster.read(old.group).equals("passed")) {
                    assertThat(old.ledger.contains(during)).isTrue();
                }
                eventually("it follows again", () -> old.ledger.contains(during));
            }
        }
    }

    @Test
    void aHealedFollowerDoesNotDeposeTheLeader() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc");
                StoodStill stood = new StoodStill()) {
            cluster.write("before");
            Member leader = cluster.leader();
            Member follower = cluster.followers().get(0);
            long term = leader.group.term();
            cluster.cut.add(follower.name);
            // Several election timeouts, in which the follower may only pre-vote.
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5L * TestCluster.ELECTION_TIMEOUT_MILLIS));
            String during = cluster.write("during");
            cluster.cut.clear();
            eventually("it is back", () -> follower.ledger.contains(during));
            cluster.write("after");
            stood.unless(() -> assertThat(leader.group.isLeader()).isTrue());
            stood.unless(() -> assertThat(leader.group.term()).isEqualTo(term));
        }
    }

    @Test
    void fiveReplicasGoOnWithoutTwo() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abcde")) {
            cluster.write("before");
            cluster.kill(cluster.leader().name);
            cluster.kill(cluster.leader().name);
            String after = cluster.write("after");
            cluster.awaitEverywhere(after);
            assertThat(cluster.members).hasSize(3);
        }
    }
}
