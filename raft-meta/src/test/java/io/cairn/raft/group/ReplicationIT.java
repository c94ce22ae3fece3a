package io.cairn.raft.group;

import static io.cairn.raft.group.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.TestCluster.Member;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicationIT {
    @TempDir
    Path root;

    @Test
    void threeReplicasApplyTheSameLines() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            String last = "";
            for (int i = 0; i < 100; i++) {
                last = cluster.write("line " + i);
            }
            cluster.awaitEverywhere(last);
            Member leader = cluster.leader();
            for (Member member : cluster.members.values()) {
                assertThat(member.ledger.lines()).isEqualTo(leader.ledger.lines());
            }
            GroupStatus status = leader.group.status();
            assertThat(status.role()).isEqualTo("LEADER");
            assertThat(status.matchIndexes()).hasSize(2);
            eventually(
                    "the followers hold the log",
                    () -> leader.group.status().matchIndexes().values().stream()
                            .allMatch(match -> match == leader.group.status().lastIndex()));
        }
    }

    @Test
    void afterTheLeaderStopsAnotherLeads() throws Exception {
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            String before = cluster.write("before");
            cluster.stop(cluster.leader().name);
            String after = cluster.write("after");
            cluster.awaitEverywhere(before);
            cluster.awaitEverywhere(after);
        }
    }
}
