package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import io.cairn.jepsen.resp.Timeouts;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What replicas answer: how old it may be, what WAIT knows of them, and what is left when no primary is. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplicaReadsIT {
    private static final int PORT = 21880;
    private static final int BOUND_MILLIS = 400;

    private CairnCluster cluster;
    private Address primary;
    private List<Address> replicas;

    @BeforeAll
    void startCluster(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory) {
        cluster = new CairnCluster(
                Distribution.find(),
                directory,
                PORT,
                ClusterOptions.DEMO.withNodesPerProcess(1).withExtra("--cluster-election-timeout", "2000"));
    }

    @BeforeEach
    void findPrimary() {
        ClusterState.awaitHealthy(cluster.nodes(), 60);
        ClusterState.awaitSteady(cluster.nodes().get(0), 3, 60);
        primary = Objects.requireNonNull(Shards.primaryOf(cluster, 0));
        replicas =
                cluster.nodes().stream().filter(node -> !node.equals(primary)).toList();
    }

    @AfterAll
    void stopCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static void set(Address node, String key, String value) throws Exception {
        assertThat(ClusterState.ask(node, "CONFIG", "SET", key, value).text()).isEqualTo("OK");
    }

    private static RawClient reader(Address node) throws Exception {
        RawClient client = RawClient.connect(node, Timeouts.PATIENT);
        assertThat(client.call("READONLY").text()).isEqualTo("OK");
        return client;
    }

    /** A replica that was stopped answers within its bound, or sends away, or asks: never with what is older. */
    @Test
    void aBoundedReadIsNeverOlderThanItsBound() throws Exception {
        Address replica = replicas.get(0);
        set(replica, "cluster-replica-reads", "bounded " + BOUND_MILLIS);
        assertThat(ClusterState.ask(replica, "CONFIG", "GET", "cluster-replica-reads")
                        .text())
                .contains("bounded " + BOUND_MILLIS);
        int process = Objects.requireNonNull(cluster.processOfNode().get(replica));
        try (RawClient writer = RawClient.connect(primary, Timeouts.PATIENT);
                RawClient reader = reader(replica)) {
            for (int round = 0; round < 4; round++) {
                String value = "value-" + round;
                writer.call("SET", "key", "old-" + round);
                reader.call("GET", "key");
                cluster.pause(process);
                assertThat(writer.call("SET", "key", value).text()).isEqualTo("OK");
                Thread.sleep(BOUND_MILLIS + 200);
                for (int i = 0; i < 20; i++) {
                    reader.send(RawClient.words("GET", "key"));
                }
                reader.flush();
                cluster.resume(process);
                for (int i = 0; i < 20; i++) {
                    Reply reply = reader.receive();
                    assertThat(reply.text())
                            .satisfiesAnyOf(
                                    text -> assertThat(text).isEqualTo(value),
                                    text -> assertThat(text).startsWith("MOVED"),
                                    text -> assertThat(text).startsWith("CLUSTERDOWN"));
                }
            }
            // In calm times it answers by itself, and what is older than the bound is never seen.
            for (int i = 0; i < 20; i++) {
                String value = "calm-" + i;
                writer.call("SET", "key", value);
                Thread.sleep(BOUND_MILLIS + 50);
                assertThat(reader.call("GET", "key").text()).isEqualTo(value);
            }
        }
    }

    @Test
    void waitCountsTheReplicasThatHoldWhatWasWritten() throws Exception {
        try (RawClient client = RawClient.connect(primary, Timeouts.PATIENT)) {
            client.call("SET", "key", "1");
            assertThat(client.call("WAIT", "2", "5000").number()).isEqualTo(2);
            assertThat(client.call("WAITAOF", "1", "2", "5000").text()).isEqualTo("[1, 2]");
            int process = Objects.requireNonNull(cluster.processOfNode().get(replicas.get(0)));
            cluster.pause(process);
            try {
                client.call("SET", "key", "2");
                long begin = System.nanoTime();
                assertThat(client.call("WAIT", "2", "700").number()).isEqualTo(1);
                assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin))
                        .isBetween(690L, 3_000L);
                assertThat(client.call("WAIT", "1", "0").number()).isEqualTo(1);
                client.send(RawClient.words("WAIT", "2", "0"));
                client.flush();
            } finally {
                cluster.resume(process);
            }
            assertThat(client.receive().number()).isEqualTo(2);
            assertThat(client.call("WAIT", "x", "0").text()).isEqualTo("ERR value is not an integer or out of range");
            assertThat(client.call("WAIT", "1", "-1").text()).isEqualTo("ERR timeout is negative");
            assertThat(client.call("WAITAOF", "2", "1", "0").text())
                    .isEqualTo("ERR value is out of range, must be between 0 and 1");
        }
        assertThat(ClusterState.ask(replicas.get(1), "WAIT", "1", "0").text())
                .startsWith("ERR WAIT cannot be used with replica instances.");
    }

    @Test
    void withoutAPrimaryReadsAreAnsweredOnlyWhereThatIsAllowed() throws Exception {
        ClusterState.ask(primary, "SET", "key", "kept");
        Address left = replicas.get(0);
        ClusterState.awaitCaughtUp(cluster.nodes(), 30);
        set(left, "cluster-node-timeout", "500");
        for (Address node : List.of(primary, replicas.get(1))) {
            cluster.pause(Objects.requireNonNull(cluster.processOfNode().get(node)));
        }
        try {
            Await.until(
                    "the cluster is down",
                    60,
                    () -> ClusterState.ask(left, "GET", "key").text().equals("CLUSTERDOWN The cluster is down"));
            set(left, "cluster-allow-reads-when-down", "yes");
            Await.until(
                    "reads are answered",
                    10,
                    () -> ClusterState.ask(left, "GET", "key").text().equals("kept"));
            assertThat(ClusterState.ask(left, "SET", "key", "new").text())
                    .isEqualTo("CLUSTERDOWN The cluster is down and only accepts read commands");
        } finally {
            for (Address node : List.of(primary, replicas.get(1))) {
                cluster.resume(Objects.requireNonNull(cluster.processOfNode().get(node)));
            }
        }
        Await.until("a write is taken again", 60, () -> {
            Address now = Shards.primaryOf(cluster, 0);
            return now != null
                    && ClusterState.ask(now, "SET", "key", "new").text().equals("OK");
        });
    }
}
