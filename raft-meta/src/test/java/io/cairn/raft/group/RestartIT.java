package io.cairn.raft.group;

import static io.cairn.raft.group.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.TestCluster.Member;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestartIT {
    @TempDir
    Path root;

    @Test
    void aRestartedFollowerCatchesUpFromTheLog() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            String first = cluster.write("one");
            String gone = cluster.followers().get(0).name;
            cluster.kill(gone);
            String second = cluster.write("two");
            Member back = cluster.start(gone, "abc");
            eventually("it has both", () -> back.ledger.contains(first) && back.ledger.contains(second));
            assertThat(back.ledger.loadedSnapshots()).isZero();
        }
    }

    @Test
    void allReplicasRestartWithWhatWasAcknowledged() throws Exception {
        List<String> before;
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            for (int i = 0; i < 20; i++) {
                cluster.write("line " + i);
            }
            before = cluster.leader().ledger.lines();
        }
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            String after = cluster.write("after");
            cluster.awaitEverywhere(after);
            for (Member member : cluster.members.values()) {
                assertThat(member.ledger.lines()).startsWith(before.toArray(new String[0]));
            }
        }
    }

    @Test
    void aReplicaThatLagsBehindThePurgedLogGetsASnapshot() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.write("one");
            String gone = cluster.followers().get(0).name;
            cluster.kill(gone);
            purge(cluster);
            String last = cluster.write("last");
            Member back = cluster.start(gone, "abc");
            eventually("it is level", () -> back.ledger.contains(last));
            assertThat(back.ledger.loadedSnapshots()).isPositive();
            assertThat(back.ledger.lines()).isEqualTo(cluster.leader().ledger.lines());
        }
    }

    @Test
    void aWipedNodeJoinsUnderANewIdAsLearnerAndReplacesTheOldVoter() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.write("one");
            purge(cluster);
            String gone = cluster.followers().get(0).name;
            cluster.kill(gone);
            Member fresh = cluster.start("d", "");
            Member leader = cluster.leader();
            leader.group
                    .changeMembers(TestCluster.ids("abc"), TestCluster.ids("d"))
                    .join();
            eventually("the snapshot is there", () -> fresh.ledger.loadedSnapshots() > 0);
            assertThat(fresh.group.status().role()).isEqualTo("LEARNER");
            String voters = "abcd".replace(gone, "");
            leader.group.changeMembers(TestCluster.ids(voters), List.of()).join();
            String last = cluster.write("last");
            cluster.awaitEverywhere(last);
            for (Member member : cluster.members.values()) {
                eventually(
                        "members at " + member.name,
                        () -> member.ledger.members().equals(voters + "/"));
            }
            // The promoted learner's answers must count: with one more voter gone it is needed for the majority.
            cluster.kill(cluster.followers().stream()
                    .filter(member -> !member.name.equals("d"))
                    .findFirst()
                    .orElseThrow()
                    .name);
            String afterwards = cluster.write("afterwards");
            cluster.awaitEverywhere(afterwards);
            assertThat(fresh.group.status().role()).isIn("FOLLOWER", "LEADER");
        }
    }

    @Test
    void whatTheLogHoldsBeyondTheLastSnapshotIsKnownAfterARestart() throws Exception {
        long before;
        try (TestCluster cluster = new TestCluster(root).startAll("a")) {
            cluster.write("x".repeat(50_000));
            RaftGroup group = cluster.leader().group;
            group.snapshot().join();
            assertThat(group.sinceSnapshot().bytes()).isLessThan(10_000);
            assertThat(group.sinceSnapshot().snapshotBytes()).isPositive();
            cluster.write("y".repeat(20_000));
            // The applied index follows the answer.
            eventually("the write is applied", () -> group.sinceSnapshot().bytes() > 0);
            before = group.sinceSnapshot().bytes();
            assertThat(before).isBetween(20_000L, 30_000L);
            assertThat(group.sinceSnapshot().entries()).isPositive();
        }
        try (TestCluster cluster = new TestCluster(root).startAll("a")) {
            RaftGroup group = cluster.leader().group;
            assertThat(group.sinceSnapshot().bytes()).isBetween(before, before + 10_000);
        }
    }

    private static void purge(TestCluster cluster) {
        Member leader = cluster.leader();
        long index = 0;
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 20; i++) {
                cluster.write("round " + round + " line " + i);
            }
            index = cluster.leader().group.snapshot().join();
        }
        assertThat(index).isPositive();
        assertThat(leader.group.status().snapshotIndex()).isEqualTo(index);
        eventually("the log was purged", () -> leader.group.status().firstIndex() > 1);
    }
}
