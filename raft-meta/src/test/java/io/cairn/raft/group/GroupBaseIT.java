package io.cairn.raft.group;

import static io.cairn.raft.group.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.TestCluster.Member;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Groups that begin with what their members had before. */
class GroupBaseIT {
    private static final List<String> HAD = List.of("one", "two");

    @TempDir
    Path root;

    private TestCluster begin(TestCluster cluster) throws Exception {
        for (String name : List.of("a", "b", "c")) {
            cluster.base(name, "abc", 100, HAD);
            cluster.start(name, "");
        }
        return cluster;
    }

    @Test
    void theLogBeginsAfterTheBaseWhichNobodySends() throws Exception {
        try (TestCluster cluster = begin(new TestCluster(root))) {
            String line = cluster.write("three");
            cluster.awaitEverywhere(line);
            for (Member member : cluster.members.values()) {
                assertThat(member.ledger.lines()).containsExactly("one", "two", line);
                assertThat(member.ledger.loadedSnapshots()).isEqualTo(1);
                assertThat(member.group.status().firstIndex()).isEqualTo(101);
            }
        }
    }

    @Test
    void whoeverGoesFirstLeadsFirst() throws Exception {
        try (TestCluster cluster = begin(new TestCluster(root))) {
            Objects.requireNonNull(cluster.members.get("b")).group.goFirst();
            assertThat(cluster.leader().name).isEqualTo("b");
        }
    }

    @Test
    void allRestartFromTheBaseAndFromASnapshotAfterIt() throws Exception {
        String line;
        try (TestCluster cluster = begin(new TestCluster(root))) {
            line = cluster.write("three");
            cluster.awaitEverywhere(line);
            List.of("a", "b", "c").forEach(cluster::kill);
            for (String name : List.of("a", "b", "c")) {
                cluster.base(name, "abc", 100, List.of("not taken: there is one"));
                cluster.start(name, "");
            }
            cluster.awaitEverywhere(line);
            for (Member member : cluster.members.values()) {
                assertThat(member.ledger.lines()).startsWith("one", "two", line);
                assertThat(GroupBase.isNewest(cluster.options(TestCluster.GROUP, member.name, "")
                                .directory()))
                        .isTrue();
                member.group.snapshot().join();
                assertThat(GroupBase.isNewest(cluster.options(TestCluster.GROUP, member.name, "")
                                .directory()))
                        .isFalse();
            }
        }
        try (TestCluster cluster = new TestCluster(root).startAll("abc")) {
            cluster.awaitEverywhere(line);
        }
    }

    @Test
    void aLearnerWaitsForASnapshotThatIsNoBase() throws Exception {
        try (TestCluster cluster = begin(new TestCluster(root))) {
            String line = cluster.write("three");
            Member fresh = cluster.start("d", "");
            Member leader = cluster.leader();
            var added = leader.group.changeMembers(TestCluster.ids("abc"), TestCluster.ids("d"));
            String next = cluster.write("four");
            assertThat(fresh.ledger.loadedSnapshots()).isZero();
            leader.group.snapshot().join();
            eventually("it has all", () -> fresh.ledger.lines().contains(next));
            assertThat(fresh.ledger.lines()).containsExactly("one", "two", line, next);
            added.join();
        }
    }
}
