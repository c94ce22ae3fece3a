package io.cairn.raft.shards;

import static io.cairn.raft.meta.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.raft.group.GroupRecovery;
import io.cairn.raft.group.GroupStatus;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.MetaResult;
import io.cairn.raft.meta.Recovery;
import io.cairn.raft.meta.Shard;
import io.cairn.raft.meta.StoredMap;
import io.cairn.raft.shards.TestCluster.TestNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes whose meta group takes snapshots, and purges its log, every few entries. */
final class MetaSnapshotIT {
    private static final int SECONDS = 60;
    private static final int BASE_PORT = 20_330;
    private static final int ENTRIES = 4;
    private static final String VALUE = "test/value";

    @TempDir
    Path dir;

    private final RealHosts hosts = new RealHosts();
    private @Nullable TestCluster made;
    private int written;

    private TestCluster cluster() {
        return Objects.requireNonNull(made);
    }

    @BeforeEach
    void form() throws Exception {
        made = new TestCluster(dir, BASE_PORT, hosts);
        cluster().metaSnapshots(ENTRIES);
        for (int n = 1; n <= 3; n++) {
            start(n);
        }
        cluster().node(1).member.form(cluster().layout(2)).get(SECONDS, TimeUnit.SECONDS);
        eventually(SECONDS, () -> {
            List<Shard> shards = meta(1).map().shards();
            assertThat(shards).hasSize(1);
            assertThat(meta(1).map().activeFormat()).isEqualTo(2);
            cluster().leaderOf(shards.get(0).id());
        });
    }

    @AfterEach
    void close() {
        cluster().close();
        hosts.close();
    }

    private TestNode start(int number) throws Exception {
        return cluster().start(number, "process-" + number);
    }

    private MetaGroup meta(int number) {
        return cluster().node(number).member.meta();
    }

    private GroupStatus status(int number) {
        return Objects.requireNonNull(meta(number).status());
    }

    private void write(int through) {
        String value = Integer.toString(++written);
        eventually(SECONDS, () -> {
            MetaResult result = meta(through)
                    .propose(new MetaCommand.SetConfig(VALUE, value))
                    .get(SECONDS, TimeUnit.SECONDS);
            assertThat(result.isApplied()).as(result.reason()).isTrue();
        });
    }

    private static @Nullable String value(ClusterMap map) {
        return map.value(VALUE) == null
                ? null
                : Objects.requireNonNull(map.value(VALUE)).text();
    }

    private void allHaveTheLast() {
        eventually(
                SECONDS,
                () -> assertThat(cluster().nodes()).hasSize(3).allSatisfy(node -> {
                    assertThat(value(node.member.map())).isEqualTo(Integer.toString(written));
                    assertThat(node.data.broken).isNull();
                }));
    }

    /** Writes until the node's log begins after {@code index}. */
    private void purge(int number, long index) {
        eventually(SECONDS, () -> {
            for (int i = 0; i < ENTRIES; i++) {
                write(number);
            }
            assertThat(status(number).firstIndex()).isGreaterThan(index);
        });
    }

    @Test
    void aNodeThatStartsFromAnOldMapTakesNothingBack() throws Exception {
        eventually(SECONDS, () -> {
            write(1);
            assertThat(status(1).snapshotIndex()).isPositive();
            assertThat(status(1).appliedIndex() - status(1).snapshotIndex()).isBetween(1L, ENTRIES - 1L);
        });
        allHaveTheLast();
        Shard before = meta(1).map().shards().get(0);
        for (int n = 1; n <= 3; n++) {
            cluster().kill(n);
        }
        start(1);
        ClusterMap old = meta(1).map();
        assertThat(old.isFormed()).isTrue();
        assertThat(value(old)).isNotEqualTo(Integer.toString(written));
        start(2);
        start(3);
        allHaveTheLast();
        eventually(SECONDS, () -> cluster().leaderOf(before.id()));
        write(1);
        allHaveTheLast();
        assertThat(meta(1).map().shards().get(0).voters()).isEqualTo(before.voters());
    }

    @Test
    void aNodeThatWasAwayForLongAndOneThatComesNewGetASnapshot() throws Exception {
        write(1);
        allHaveTheLast();
        cluster().kill(3);
        purge(1, status(1).lastIndex() + 2 * ENTRIES);
        start(3);
        allHaveTheLast();
        assertThat(snapshotsReceived(3)).isPositive();

        String old = cluster().node(3).self.id();
        cluster().kill(3);
        cluster().wipe(3);
        start(3);
        allHaveTheLast();
        assertThat(snapshotsReceived(3)).isPositive();
        assertThat(cluster().node(3).self.id()).isNotEqualTo(old);
        eventually(SECONDS, () -> {
            for (int n = 1; n <= 3; n++) {
                assertThat(status(n).voters()).hasSize(3).doesNotContain(old);
            }
        });
        write(3);
        allHaveTheLast();
    }

    private long snapshotsReceived(int number) {
        return Objects.requireNonNull(meta(number).group()).snapshotsReceived();
    }

    @Test
    void onePurgedLogIsEnoughToSeeTheMapAndToRecover() throws Exception {
        purge(1, 2 * ENTRIES);
        allHaveTheLast();
        List<String> voters = status(1).voters();
        ClusterMap map = meta(1).map();
        String survivor = cluster().node(1).self.id();
        for (int n = 1; n <= 3; n++) {
            cluster().kill(n);
        }
        Path meta = cluster().home(1).resolve(MetaGroup.GROUP_ID);
        GroupRecovery.Found found = GroupRecovery.look(meta, List.of());
        assertThat(found.firstIndex()).isGreaterThan(2 * ENTRIES);
        assertThat(found.voters()).containsExactlyInAnyOrderElementsOf(voters);
        ClusterMap stored = StoredMap.read(meta);
        assertThat(value(stored)).isEqualTo(Integer.toString(written));
        assertThat(stored.shards()).isEqualTo(map.shards());
        assertThat(stored.activeNodes()).isEqualTo(map.activeNodes());
        List<String> shards = map.shards().stream().map(Shard::id).toList();
        GroupRecovery.recover(MetaGroup.GROUP_ID, meta, survivor, Recovery.mark("f".repeat(40), shards));
        start(1);
        write(1);
        eventually(SECONDS, () -> assertThat(value(meta(1).map())).isEqualTo(Integer.toString(written)));
        assertThat(status(1).voters()).contains(survivor);
        assertThat(Objects.requireNonNull(Recovery.of(meta(1).map())).id()).isEqualTo("f".repeat(40));
    }
}
