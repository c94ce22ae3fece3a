package io.cairn.raft.group;

import static io.cairn.raft.group.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.aof.Log;
import io.cairn.aof.VoteStore;
import io.cairn.raft.group.TestCluster.Member;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
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

    /** The library answers an only voter's round at once, by a commit index from before its term. */
    @Test
    void aLeadersBarrierDoesNotPassBeforeItsTermHasBegun() throws Exception {
        CountDownLatch diskWrites = new CountDownLatch(1);
        try (TestCluster cluster = new TestCluster(root)) {
            Member single = cluster.start("a", "a", new SlowLogs(diskWrites));
            try {
                HostedGroup group = (HostedGroup) single.group;
                eventually("it was elected", () -> group.node().isLeader(false));
                assertThat(TestCluster.read(single.group)).isEqualTo("NOT_LEADER");
            } finally {
                diskWrites.countDown();
            }
            eventually("a barrier", () -> TestCluster.read(single.group).equals("passed"));
        }
    }

    /** Logs whose appends wait. */
    private record SlowLogs(CountDownLatch go) implements LogOpener {
        @Override
        public Log openLog(GroupOptions options) throws IOException {
            Log log = new AofLogs().openLog(options);
            return (Log) Proxy.newProxyInstance(
                    Log.class.getClassLoader(), new Class<?>[] {Log.class}, (proxy, method, args) -> {
                        if (method.getName().equals("append")) {
                            go.await();
                        }
                        try {
                            return method.invoke(log, args);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        @Override
        public VoteStore openVote(GroupOptions options) throws IOException {
            return new AofLogs().openVote(options);
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
