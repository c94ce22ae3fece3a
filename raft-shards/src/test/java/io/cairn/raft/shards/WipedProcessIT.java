package io.cairn.raft.shards;

import static io.cairn.raft.meta.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.group.ReadBarrier;
import io.cairn.raft.meta.Layout;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.shards.TestCluster.TestNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three processes of three nodes over real Raft and loopback sockets. */
final class WipedProcessIT {
    private static final int SECONDS = 60;
    private static final int BASE_PORT = 20_310;

    @TempDir
    Path dir;

    private final RealHosts hosts = new RealHosts();
    private @Nullable TestCluster cluster;
    private final Map<String, List<String>> acknowledged = new ConcurrentHashMap<>();
    private int written;

    private TestCluster cluster() {
        if (cluster == null) {
            cluster = new TestCluster(dir, BASE_PORT, hosts);
        }
        return cluster;
    }

    @AfterEach
    void close() {
        cluster().close();
        hosts.close();
    }

    private void startProcess(int process) throws IOException {
        for (int n = 1; n <= 3; n++) {
            cluster().start(process * 3 + n, "process-" + process);
        }
    }

    private void killProcess(int process) {
        for (int n = 1; n <= 3; n++) {
            cluster().kill(process * 3 + n);
        }
    }

    @Test
    void aWipedProcessComesBackByItselfAndItsReplicasCount() throws Exception {
        formed();
        List<String> oldIds = new ArrayList<>();
        for (int n = 1; n <= 3; n++) {
            oldIds.add(cluster().node(n).self.id());
        }
        killProcess(0);
        eventually(SECONDS, () -> assertThat(shards()).allSatisfy(this::writes));

        for (int n = 1; n <= 3; n++) {
            cluster().wipe(n);
        }
        // The library keeps the log back to the snapshot before the last one.
        snapshotEverything();
        eventually(SECONDS, () -> assertThat(shards()).allSatisfy(this::writes));
        snapshotEverything();
        startProcess(0);
        eventually(SECONDS, () -> everyGroupIsWholeWithout(oldIds));
        eventually(SECONDS, () -> assertThat(shards()).allSatisfy(this::writes));
        eventually(SECONDS, this::everyReplicaHoldsWhatWasAcknowledged);

        for (int n = 1; n <= 3; n++) {
            ShardGroup fresh = Objects.requireNonNull(cluster().node(n).member.shard());
            assertThat(fresh.status().snapshotIndex()).as("it came by snapshot").isPositive();
        }

        // The new replicas are needed for a quorum now.
        killProcess(1);
        eventually(SECONDS, () -> assertThat(shards()).allSatisfy(this::writes));
        startProcess(1);
        eventually(SECONDS, this::everyReplicaHoldsWhatWasAcknowledged);
        assertThat(cluster().nodes())
                .hasSize(9)
                .allSatisfy(node -> assertThat(node.data.broken).isNull());
    }

    @Test
    void allProcessesKilledAtOnceComeBackWithWhatWasAcknowledged() throws Exception {
        formed();
        for (int round = 0; round < 3; round++) {
            eventually(SECONDS, () -> assertThat(shards()).allSatisfy(this::writes));
        }
        for (int process = 0; process < 3; process++) {
            killProcess(process);
        }
        for (int process = 0; process < 3; process++) {
            startProcess(process);
        }
        eventually(SECONDS, () -> assertThat(shards()).hasSize(3).allSatisfy(this::writes));
        eventually(SECONDS, this::everyReplicaHoldsWhatWasAcknowledged);
        assertThat(cluster().nodes())
                .allSatisfy(node -> assertThat(node.data.broken).isNull());
    }

    private void formed() throws Exception {
        for (int process = 0; process < 3; process++) {
            startProcess(process);
        }
        Layout layout = cluster().layout(2);
        cluster().node(1).member.form(layout).get(SECONDS, TimeUnit.SECONDS);
        eventually(SECONDS, () -> assertThat(shards()).hasSize(3).allSatisfy(this::writes));
    }

    /** Purges the logs, so that whoever comes new needs snapshots. */
    private void snapshotEverything() throws Exception {
        for (TestNode node : cluster().nodes()) {
            Objects.requireNonNull(node.member.shard()).snapshot().get(SECONDS, TimeUnit.SECONDS);
            Objects.requireNonNull(node.member.meta().group()).snapshot().get(SECONDS, TimeUnit.SECONDS);
        }
    }

    private List<Shard> shards() {
        return cluster().nodes().get(0).member.map().shards();
    }

    /** One write and one linearizable read that must see it, at the shard's leader. */
    private void writes(Shard shard) throws Exception {
        TestNode leader = cluster().leaderOf(shard.id());
        ShardGroup replica = Objects.requireNonNull(leader.member.shard());
        assertThat(replica.slots().served()).isPositive();
        String text = "w" + written++;
        try {
            FakeWrite.of(replica, text).done.get(SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError("refused: " + e.getMessage(), e);
        }
        acknowledged.computeIfAbsent(shard.id(), id -> new ArrayList<>()).add(text);
        CompletableFuture<Boolean> read = new CompletableFuture<>();
        replica.readBarrier(new ReadBarrier() {
            @Override
            public void passed() {
                read.complete(true);
            }

            @Override
            public void refused(io.cairn.raft.group.Failure failure) {
                read.complete(false);
            }
        });
        if (read.get(SECONDS, TimeUnit.SECONDS)) {
            assertThat(leader.data.copyOfRecords()).contains(text);
        }
    }

    private void everyReplicaHoldsWhatWasAcknowledged() {
        for (TestNode node : cluster().nodes()) {
            ShardGroup replica = node.member.shard();
            assertThat(replica).as("replica of node " + node.number).isNotNull();
            String shardId = Objects.requireNonNull(replica).shardId();
            assertThat(node.data.copyOfRecords())
                    .as("node " + node.number)
                    .containsAll(acknowledged.getOrDefault(shardId, List.of()));
        }
    }

    private void everyGroupIsWholeWithout(List<String> oldIds) {
        for (Shard shard : shards()) {
            whole(
                    Objects.requireNonNull(cluster().leaderOf(shard.id()).member.shard())
                            .status(),
                    0,
                    oldIds);
        }
        TestNode metaLeader = cluster().nodes().stream()
                .filter(node -> node.member.meta().isLeader())
                .findFirst()
                .orElseThrow(() -> new AssertionError("no meta leader"));
        whole(Objects.requireNonNull(metaLeader.member.meta().status()), 6, oldIds);
        for (TestNode node : cluster().nodes()) {
            assertThat(node.member.map().activeNodes()).hasSize(9).noneMatch(n -> oldIds.contains(n.id()));
        }
    }

    private static void whole(GroupStatus status, int learners, List<String> oldIds) {
        assertThat(status.voters()).as(status.groupId()).hasSize(3).doesNotContainAnyElementsOf(oldIds);
        assertThat(status.learners()).as(status.groupId()).hasSize(learners).doesNotContainAnyElementsOf(oldIds);
    }
}
