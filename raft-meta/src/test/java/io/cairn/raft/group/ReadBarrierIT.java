package io.cairn.raft.group;

import static io.cairn.raft.group.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.TestCluster.Member;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadBarrierIT {
    @TempDir
    Path root;

    @Test
    void aBarrierAnywhereSeesTheLatestAcknowledgedWrite() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.write("warm");
            Member learner = cluster.start("d", "");
            cluster.leader()
                    .group
                    .changeMembers(TestCluster.ids("abc"), TestCluster.ids("d"))
                    .join();
            for (int i = 0; i < 30; i++) {
                String line = cluster.write("line " + i);
                for (Member member : List.of(cluster.followers().get(0), learner, cluster.leader())) {
                    eventually(
                            "a barrier at " + member.name,
                            () -> TestCluster.read(member.group).equals("passed"));
                    assertThat(member.ledger.contains(line)).as(member.name).isTrue();
                }
            }
        }
    }

    @Test
    void barriersGoThroughTheLogWhileMembersChange() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.write("warm");
            cluster.start("d", "");
            Member leader = cluster.leader();
            Member follower = cluster.followers().stream()
                    .filter(member -> !member.name.equals("d"))
                    .findFirst()
                    .orElseThrow();
            HostedGroup group = (HostedGroup) leader.group;
            assertThat(group.beginChange()).isTrue();
            long before = leader.group.status().lastIndex();
            assertThat(TestCluster.read(leader.group)).isEqualTo("passed");
            assertThat(TestCluster.read(follower.group)).isEqualTo("passed");
            assertThat(leader.group.status().lastIndex()).isGreaterThanOrEqualTo(before + 2);
            group.endChange();
            eventually("settled again", group::isSettled);
            long after = leader.group.status().lastIndex();
            assertThat(TestCluster.read(leader.group)).isEqualTo("passed");
            assertThat(TestCluster.read(follower.group)).isEqualTo("passed");
            assertThat(leader.group.status().lastIndex()).isEqualTo(after);
        }
    }

    @Test
    void leadershipMovesToWhomItIsHandedAndWritesGoOn() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.write("before");
            Member old = cluster.leader();
            Member next = cluster.followers().get(0);
            CompletableFuture<Void> handed = old.group.transferLeadership(TestCluster.id(next.name));
            handed.join();
            assertThat(old.group.isLeader()).isFalse();
            eventually("the other leads", next.group::isLeader);
            cluster.awaitEverywhere(cluster.write("after"));
            assertThat(cluster.leader().name).isEqualTo(next.name);
        }
    }
}
