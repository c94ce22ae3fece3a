package io.cairn.raft.shards;

import static io.cairn.raft.meta.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.raft.meta.AddressBook;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterNode;
import io.cairn.raft.meta.FakeHost;
import io.cairn.raft.meta.FakeNetwork;
import io.cairn.raft.meta.GroupHost;
import io.cairn.raft.meta.Layout;
import io.cairn.raft.meta.LeaderClaim;
import io.cairn.raft.meta.Members;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.Shard;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole nodes over groups that commit at once: what is tested is who does what when, not Raft. */
final class ClusterMemberTest {
    private static final int SECONDS = 10;

    @TempDir
    Path dir;

    private final FakeNetwork network = new FakeNetwork();
    private @Nullable TestCluster cluster;

    private TestCluster cluster() {
        if (cluster == null) {
            cluster = new TestCluster(dir, 20_300, new FakeHosts());
        }
        return cluster;
    }

    @AfterEach
    void close() {
        cluster().close();
        network.close();
    }

    private TestCluster nineNodes() throws Exception {
        for (int n = 1; n <= 9; n++) {
            cluster().start(n, "process-" + (n - 1) / 3);
        }
        return cluster();
    }

    private Layout form() throws Exception {
        Layout layout = cluster().layout(2);
        cluster().node(1).member.form(layout).get(SECONDS, TimeUnit.SECONDS);
        eventually(SECONDS, () -> {
            for (TestCluster.TestNode node : cluster().nodes()) {
                assertThat(node.member.map().isFormed()).isTrue();
                ShardGroup shard = node.member.shard();
                assertThat(shard).isNotNull();
            }
            for (Shard shard : cluster().node(1).member.map().shards()) {
                ShardGroup leader = Objects.requireNonNull(
                        cluster().leaderOf(shard.id()).member.shard());
                assertThat(leader.slots().served()).isPositive();
                for (TestCluster.TestNode node : cluster().nodes()) {
                    LeaderTable.Leader known = node.member.leaders().leader(shard.id());
                    assertThat(known).isNotNull();
                }
            }
        });
        return layout;
    }

    @Test
    void nineNodesFormThreeShardsThatTakeWrites() throws Exception {
        nineNodes();
        Layout layout = form();
        for (Layout.ShardLayout planned : layout.shards()) {
            TestCluster.TestNode leader = cluster().leaderOf(planned.id());
            ShardGroup shard = Objects.requireNonNull(leader.member.shard());
            FakeWrite.of(shard, "one").done.get(SECONDS, TimeUnit.SECONDS);
            eventually(SECONDS, () -> {
                for (TestCluster.TestNode node : cluster().nodes()) {
                    if (planned.voters().contains(node.self.id())) {
                        assertThat(node.data.copyOfRecords()).containsExactly("one");
                    }
                }
            });
            assertThat(leader.data.copyOfEvents()).contains("term 1", "leads 1");
        }
        eventually(
                SECONDS,
                () -> assertThat(cluster()
                                .node(9)
                                .member
                                .map()
                                .leaderClaim(layout.shards().get(0).id()))
                        .isNotNull());
    }

    @Test
    void aFounderThatHasLeftItsShardNeverOpensItAgain() throws Exception {
        nineNodes();
        Layout layout = form();
        String left = layout.shards().get(0).id();
        TestCluster.TestNode moved = cluster().nodes().stream()
                .filter(node -> {
                    ShardGroup shard = node.member.shard();
                    return shard != null && shard.shardId().equals(left) && !shard.isServing();
                })
                .findFirst()
                .orElseThrow();
        String to = layout.shards().get(1).id();
        String primary =
                Objects.requireNonNull(cluster().node(1).member.map().shard(to)).preferredPrimary();
        // Once all have announced that they can.
        eventually(SECONDS, () -> done(new MetaCommand.RaiseFormat(2)));
        done(new MetaCommand.Replicate(moved.self.id(), primary, "f".repeat(40)));
        eventually(SECONDS, () -> {
            ShardGroup now = moved.member.shard();
            assertThat(now == null ? "" : now.shardId()).isEqualTo(to);
        });
        MetaResult back = cluster()
                .node(1)
                .member
                .meta()
                .propose(new MetaCommand.Replicate(
                        moved.self.id(), cluster().leaderOf(left).self.id(), "f".repeat(40)))
                .get(SECONDS, TimeUnit.SECONDS);
        assertThat(back.reason()).startsWith("The node has left this shard before");
        // A map that is older than the departure, as a restart may show it.
        Shard third = Objects.requireNonNull(cluster().node(1).member.map().shard(to));
        Shard first = Objects.requireNonNull(cluster().node(1).member.map().shard(left));
        List<String> without = new ArrayList<>(third.voters());
        List<String> learners = new ArrayList<>(third.learners());
        without.remove(moved.self.id());
        learners.remove(moved.self.id());
        done(new MetaCommand.SetMembers(to, without, learners));
        done(new MetaCommand.SetMembers(left, first.voters(), List.of(moved.self.id())));
        eventually(SECONDS, () -> assertThat(moved.member.shard()).isNull());
        Thread.sleep(1_000);
        assertThat(moved.member.shard()).isNull();
        assertThat(moved.data.broken).isNull();
    }

    private void done(MetaCommand command) throws Exception {
        MetaResult result = cluster().node(1).member.meta().propose(command).get(SECONDS, TimeUnit.SECONDS);
        assertThat(result.reason()).isEmpty();
    }

    @Test
    void aNodeOfAnotherClusterRefusesAndNothingChanges() throws Exception {
        nineNodes();
        form();
        TestCluster.TestNode stranger = cluster().start(10, "process-9");
        Layout second = new TestLayouts(cluster()).withId("c2");
        assertThatThrownBy(() -> stranger.member.form(second).get(SECONDS, TimeUnit.SECONDS))
                .hasMessageContaining("already in cluster");
        assertThat(stranger.member.meta().clusterId()).isEmpty();
    }

    @Test
    void aWipedProcessComesBackUnderNewIdsUntilEveryGroupIsWholeAgain() throws Exception {
        nineNodes();
        form();
        List<String> oldIds = new ArrayList<>();
        for (int n = 4; n <= 6; n++) {
            oldIds.add(cluster().node(n).self.id());
            cluster().kill(n);
            cluster().wipe(n);
        }
        eventually(
                SECONDS,
                () -> cluster()
                        .node(1)
                        .member
                        .map()
                        .shards()
                        .forEach(s -> cluster().leaderOf(s.id())));
        for (int n = 4; n <= 6; n++) {
            cluster().start(n, "process-1");
        }
        eventually(SECONDS * 2, () -> everyGroupIsWholeWithout(oldIds));
        for (int n = 4; n <= 6; n++) {
            TestCluster.TestNode back = cluster().node(n);
            assertThat(back.data.broken).isNull();
            assertThat(back.member.meta().clusterId()).isNotEmpty();
        }
    }

    private void everyGroupIsWholeWithout(List<String> oldIds) {
        ClusterMap map = cluster().node(1).member.map();
        assertThat(map.activeNodes()).hasSize(9);
        List<String> groups = new ArrayList<>(List.of("meta"));
        map.shards().forEach(shard -> groups.add(shard.groupId()));
        for (String group : groups) {
            var leader = network.leaderOf(group);
            assertThat(leader).as(group).isNotNull();
            var status = Objects.requireNonNull(leader).status();
            assertThat(status.voters()).as(group).hasSize(3).doesNotContainAnyElementsOf(oldIds);
            assertThat(status.learners())
                    .as(group)
                    .hasSize(group.equals("meta") ? 6 : 0)
                    .doesNotContainAnyElementsOf(oldIds);
        }
        assertThat(cluster().nodes())
                .allSatisfy(node -> assertThat(node.member.shard()).isNotNull());
    }

    @Test
    void noVoterEverGivesItsPlaceToANodeThatDidNotFollowFirst() throws Exception {
        aWipedProcessComesBackUnderNewIdsUntilEveryGroupIsWholeAgain();
        for (Shard shard : cluster().node(1).member.map().shards()) {
            List<Members> changes = network.changesOf(shard.groupId());
            assertThat(changes).hasSize(2);
            String fresh = changes.get(0).learners().get(0);
            assertThat(changes.get(0).voters()).doesNotContain(fresh);
            assertThat(changes.get(1).voters()).contains(fresh).hasSize(3);
        }
    }

    @Test
    void aCommandReachesTheMetaLeaderFromAnyNode() throws Exception {
        nineNodes();
        form();
        for (TestCluster.TestNode node : cluster().nodes()) {
            MetaResult result = node.member
                    .meta()
                    .propose(new MetaCommand.SetConfig("from-" + node.number, "x"))
                    .get(SECONDS, TimeUnit.SECONDS);
            assertThat(result.isApplied()).isTrue();
        }
        assertThat(cluster().node(1).member.map().values().keySet())
                .filteredOn(name -> name.startsWith("from-"))
                .hasSize(9);
    }

    @Test
    void aRestartedNodeFindsItsPlaceWithoutBeingTold() throws Exception {
        nineNodes();
        form();
        String id = cluster().node(2).self.id();
        cluster().kill(2);
        TestCluster.TestNode back = cluster().start(2, "process-0");
        assertThat(back.self.id()).isEqualTo(id);
        assertThat(back.member.shard()).isNotNull();
        eventually(SECONDS, () -> assertThat(back.member.map().isFormed()).isTrue());
    }

    @Test
    void aNodeWhoseShardLogIsGoneDoesNotStart() throws Exception {
        nineNodes();
        form();
        cluster().kill(2);
        Path log = dir.resolve("node-2").resolve("shard");
        try (Stream<Path> files = Files.list(log)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        assertThatThrownBy(() -> cluster().start(2, "process-0"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is gone although this node had it");
    }

    @Test
    void aNodeThatLostAllButItsIdDoesNotStartUntilItIsANewOne() throws Exception {
        nineNodes();
        form();
        String id = cluster().node(2).self.id();
        cluster().kill(2);
        Path home = dir.resolve("node-2");
        for (String lost : List.of("cluster.conf", "meta", "shard")) {
            delete(home.resolve(lost));
        }
        assertThatThrownBy(() -> cluster().start(2, "process-0"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("was in cluster")
                .hasMessageContaining("delete " + home + " whole");
        cluster().kill(2);
        cluster().wipe(2);
        assertThat(cluster().start(2, "process-0").self.id()).isNotEqualTo(id);
        assertThat(home.resolve("cluster.conf")).doesNotExist();
    }

    @Test
    void aDirectoryFromBeforeTheMarkStartsAndGetsIt() throws Exception {
        nineNodes();
        form();
        cluster().kill(2);
        Path mark = dir.resolve("node-2").resolve("mark");
        assertThat(mark).hasContent(cluster().node(1).member.meta().clusterId());
        Files.delete(mark);
        cluster().start(2, "process-0");
        assertThat(mark).hasContent(cluster().node(1).member.meta().clusterId());
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void anotherLeaderActivatesNothingTwiceAndServesInItsTerm() throws Exception {
        nineNodes();
        Layout layout = form();
        String shardId = layout.shards().get(0).id();
        TestCluster.TestNode first = cluster().leaderOf(shardId);
        network.deposeLeader("shard-" + shardId);
        eventually(SECONDS, () -> assertThat(cluster().leaderOf(shardId)).isNotSameAs(first));
        TestCluster.TestNode second = cluster().leaderOf(shardId);
        assertThat(first.data.copyOfEvents()).contains("stops");
        assertThat(second.data.copyOfEvents().stream().filter(e -> e.startsWith("slots")))
                .hasSize(1);
        eventually(SECONDS, () -> {
            for (TestCluster.TestNode node : cluster().nodes()) {
                LeaderTable.Leader known = node.member.leaders().leader(shardId);
                assertThat(known).isNotNull();
                assertThat(Objects.requireNonNull(known).nodeId()).isEqualTo(second.self.id());
            }
        });
    }

    @Test
    void aLeaderThatHearsOfTheNextTermDoesNotClaimToLeadInIt() throws Exception {
        nineNodes();
        String shardId = form().shards().get(0).id();
        TestCluster.TestNode node = cluster().leaderOf(shardId);
        ShardGroup shard = Objects.requireNonNull(node.member.shard());
        eventually(
                SECONDS,
                () -> assertThat(node.member.map().leaderClaim(shardId))
                        .isEqualTo(new LeaderClaim(shard.term(), node.self.id())));
        long served = shard.servingTerm();
        List<MetaCommand> proposed = new ArrayList<>();
        ShardReconciler reconciler = new ShardReconciler(
                node.self.id(),
                shard,
                cluster(),
                new LeaderSpread(node.self.id(), node.member.leaders(), cluster(), () -> false, () -> 0),
                command -> {
                    proposed.add(command);
                    return new CompletableFuture<>();
                },
                () -> CompletableFuture.completedFuture(node.member.map()),
                () -> 0);
        network.requestVote("shard-" + shardId);
        assertThat(shard.isServing()).isTrue();
        assertThat(shard.term()).isEqualTo(served + 1);
        assertThat(shard.servingTerm()).isEqualTo(served);
        reconciler.tick(node.member.map());
        assertThat(proposed).isEmpty();
    }

    @Test
    void aLeaderWithALateMapDoesNotCloseWhatAnEarlierOneHasOpened() throws Exception {
        nineNodes();
        form();
        ClusterMap late = cluster().node(1).member.map();
        Shard from = Objects.requireNonNull(late.owner(0));
        Shard to = late.shards().stream()
                .filter(shard -> !shard.equals(from))
                .findFirst()
                .orElseThrow();
        TestCluster.TestNode node = cluster().leaderOf(from.id());
        ShardGroup shard = Objects.requireNonNull(node.member.shard());
        MetaCommand opens = new MetaCommand.Open(
                0,
                MetaCommand.OpenKind.MIGRATING,
                from.preferredPrimary(),
                to.preferredPrimary(),
                String.format("%040x", 1));
        eventually(
                SECONDS,
                () -> assertThat(node.member
                                .meta()
                                .propose(opens)
                                .get(SECONDS, TimeUnit.SECONDS)
                                .isApplied())
                        .isTrue());
        eventually(SECONDS, () -> assertThat(shard.slots().state(0)).isEqualTo(SlotState.MIGRATING));
        CompletableFuture<ClusterMap> current = new CompletableFuture<>();
        ShardReconciler reconciler = new ShardReconciler(
                node.self.id(),
                shard,
                cluster(),
                new LeaderSpread(node.self.id(), node.member.leaders(), cluster(), () -> false, () -> 0),
                command -> new CompletableFuture<>(),
                () -> current,
                () -> 0);
        List<String> before = node.data.copyOfEvents();
        reconciler.tick(late);
        reconciler.tick(node.member.map());
        current.complete(node.member.map());
        reconciler.tick(late);
        reconciler.tick(node.member.map());
        FakeWrite.of(shard, "behind").done.get(SECONDS, TimeUnit.SECONDS);
        assertThat(node.data.copyOfEvents()).as("no entry changed a slot").isEqualTo(before);
        assertThat(shard.slots().state(0)).isEqualTo(SlotState.MIGRATING);
    }

    @Test
    void aLeaderWithALateMapBringsNobodyBackAndSendsNobodyAway() throws Exception {
        nineNodes();
        Layout layout = form();
        ClusterMap late = cluster().node(1).member.map();
        Shard shard = Objects.requireNonNull(late.shard(layout.shards().get(0).id()));
        TestCluster.TestNode node = cluster().leaderOf(shard.id());
        List<String> less = new ArrayList<>(shard.voters());
        less.removeIf(id -> !id.equals(node.self.id()));
        done(new MetaCommand.SetMembers(shard.id(), less, List.of()));
        eventually(
                SECONDS,
                () -> assertThat(network.changesOf(shard.groupId())).last().isEqualTo(new Members(less, List.of())));
        int before = network.changesOf(shard.groupId()).size();
        CompletableFuture<ClusterMap> current = new CompletableFuture<>();
        ShardReconciler reconciler = new ShardReconciler(
                node.self.id(),
                Objects.requireNonNull(node.member.shard()),
                cluster(),
                new LeaderSpread(node.self.id(), node.member.leaders(), cluster(), () -> false, () -> 0),
                command -> new CompletableFuture<>(),
                () -> current,
                () -> 0);
        reconciler.tick(late);
        assertThat(network.changesOf(shard.groupId())).hasSize(before);
        current.complete(node.member.map());
        reconciler.tick(late);
        assertThat(network.changesOf(shard.groupId())).hasSize(before);
    }

    @Test
    void aVoterThatItsLeaderCannotDoWithoutYetKeepsItsReplica() throws Exception {
        nineNodes();
        Layout layout = form();
        String shardId = layout.shards().get(0).id();
        Shard shard = Objects.requireNonNull(cluster().node(1).member.map().shard(shardId));
        TestCluster.TestNode leader = cluster().leaderOf(shardId);
        List<TestCluster.TestNode> others = cluster().nodes().stream()
                .filter(node -> shard.voters().contains(node.self.id()) && node != leader)
                .toList();
        TestCluster.TestNode leaves = others.get(0);
        TestCluster.TestNode down = others.get(1);
        cluster().kill(down.number);
        MetaResult result = leader.member
                .meta()
                .propose(new MetaCommand.SetMembers(shardId, List.of(leader.self.id(), down.self.id()), List.of()))
                .get(SECONDS, TimeUnit.SECONDS);
        assertThat(result.reason()).isEmpty();
        Thread.sleep(1_500);
        assertThat(leaves.member.map().shardOfNode(leaves.self.id())).isNull();
        assertThat(leaves.member.shard())
                .as("most voters are it and the leader")
                .isNotNull();
        FakeWrite.of(Objects.requireNonNull(leader.member.shard()), "one").done.get(SECONDS, TimeUnit.SECONDS);
        cluster().start(down.number, down.self.domain());
        eventually(SECONDS, () -> assertThat(leaves.member.shard()).isNull());
    }

    private final class FakeHosts implements TestCluster.Hosts {
        @Override
        public GroupHost start(ClusterNode self, AddressBook book, @Nullable String clusterId) {
            FakeHost host = network.host(self.id(), self.raftAddress());
            if (clusterId != null) {
                host.setClusterId(clusterId);
            }
            return host;
        }

        @Override
        public void stop(GroupHost host, ClusterNode self, boolean kill) {
            network.kill(self.id());
        }
    }

    /** Layouts over the nodes that run. */
    private record TestLayouts(TestCluster nodes) {
        Layout withId(String suffix) {
            Layout layout = nodes.layout(2);
            return new Layout(
                    "0".repeat(40 - suffix.length()) + suffix, layout.nodes(), layout.meta(), layout.shards());
        }
    }
}
