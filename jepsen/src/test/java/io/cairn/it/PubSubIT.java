package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Timeouts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Pub/sub over the nodes of a raft cluster: three shards of three nodes. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PubSubIT {
    private static final int PORT = 21340;
    private static final int MESSAGES = 300;
    private static final String CALM_MILLIS = "5000";

    private CairnCluster cluster;

    @BeforeAll
    void startCluster(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory) {
        assumeFalse(Target.isRedis(), "Redis's bus may lose messages of the first moments");
        cluster = new CairnCluster(Distribution.find(), directory, PORT, "--cluster-election-timeout", CALM_MILLIS);
        ClusterState.awaitHealthy(cluster.nodes(), 60);
        // A replica that does not know of its shard's slots yet answers MOVED.
        ClusterState.awaitCaughtUp(cluster.nodes(), 60);
    }

    @AfterAll
    void stopCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static RawClient client(Address node) throws Exception {
        return RawClient.connect(node, Timeouts.PATIENT);
    }

    @Test
    void aMessageReachesTheSubscribersOfAllNodesInOrder() throws Exception {
        List<RawClient> listening = new ArrayList<>();
        try (RawClient publisher = client(cluster.nodes().get(1))) {
            for (Address node : cluster.nodes()) {
                RawClient client = client(node);
                listening.add(client);
                assertThat(client.call("SUBSCRIBE", "news").text()).isEqualTo("[subscribe, news, 1]");
                assertThat(client.call("PSUBSCRIBE", "large*").text()).isEqualTo("[psubscribe, large*, 2]");
            }
            String large = "x".repeat(3_000_000);
            for (int i = 0; i < MESSAGES; i++) {
                // As in Redis Cluster only the receivers at this node are known.
                assertThat(publisher.call("PUBLISH", "news", "m" + i).text()).isEqualTo("1");
            }
            assertThat(publisher.call("PUBLISH", "large1", large).text()).isEqualTo("1");
            assertThat(publisher.call("PUBLISH", "news", "last").text()).isEqualTo("1");
            for (RawClient client : listening) {
                for (int i = 0; i < MESSAGES; i++) {
                    assertThat(client.receive().text()).isEqualTo("[message, news, m" + i + "]");
                }
                assertThat(client.receive().text()).isEqualTo("[pmessage, large*, large1, " + large + "]");
                assertThat(client.receive().text()).isEqualTo("[message, news, last]");
                assertThat(client.call("PING").text()).isEqualTo("[pong, ]");
            }
        } finally {
            listening.forEach(RawClient::close);
        }
    }

    @Test
    void aShardChannelBelongsToTheNodesOfItsShard() throws Exception {
        String channel = "{shard}channel";
        Address primary = Objects.requireNonNull(ClusterState.primaryOf(HashSlot.of(channel), cluster.nodes()));
        Set<Integer> ports = ClusterState.shards(primary).values().stream()
                .filter(shard -> shard.contains(primary.port()))
                .findFirst()
                .orElseThrow();
        assertThat(ports).hasSize(3);
        List<RawClient> listening = new ArrayList<>();
        List<RawClient> all = new ArrayList<>();
        String moved = "MOVED " + HashSlot.of(channel) + " " + primary;
        try {
            for (Address node : cluster.nodes()) {
                RawClient client = client(node);
                all.add(client);
                if (ports.contains(node.port())) {
                    listening.add(client);
                    assertThat(client.call("SSUBSCRIBE", channel, "{shard}other")
                                    .text())
                            .isEqualTo("[ssubscribe, " + channel + ", 1]");
                    assertThat(client.receive().text()).isEqualTo("[ssubscribe, {shard}other, 2]");
                } else {
                    assertThat(client.call("SSUBSCRIBE", channel).text()).isEqualTo(moved);
                    assertThat(client.call("SPUBLISH", channel, "x").text()).isEqualTo(moved);
                    assertThat(client.call("MULTI").text()).isEqualTo("OK");
                    assertThat(client.call("SPUBLISH", channel, "x").text()).isEqualTo(moved);
                    assertThat(client.call("EXEC").text()).startsWith("EXECABORT");
                }
                assertThat(client.call("SSUBSCRIBE", channel, "elsewhere").text())
                        .startsWith("CROSSSLOT");
            }
            for (Address node : cluster.nodes()) {
                if (ports.contains(node.port())) {
                    // Replicas take it, too.
                    assertThat(ClusterState.ask(node, "SPUBLISH", channel, "from" + node.port())
                                    .text())
                            .isEqualTo("1");
                    for (RawClient client : listening) {
                        assertThat(client.receive().text())
                                .isEqualTo("[smessage, " + channel + ", from" + node.port() + "]");
                    }
                }
            }
        } finally {
            all.forEach(RawClient::close);
        }
    }

    /** A process that is gone costs the others nothing, and hears again when it is back. */
    @Test
    void aProcessThatComesBackHearsAgain() throws Exception {
        Address node = cluster.nodes(2).get(0);
        Address other = cluster.nodes(0).get(0);
        cluster.kill9(List.of(2));
        try (RawClient publisher = client(other)) {
            long begin = System.nanoTime();
            for (int i = 0; i < MESSAGES; i++) {
                assertThat(publisher.call("PUBLISH", "gone", "m" + i).text()).isEqualTo("0");
            }
            assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(10));
            cluster.start(2);
            ClusterState.awaitHealthy(cluster.nodes(), 90);
            try (RawClient back = client(node)) {
                back.call("SUBSCRIBE", "back");
                Await.until("a message arrives", 30, () -> {
                    publisher.call("PUBLISH", "back", "hello");
                    return back.call("PING").text().contains("hello");
                });
            }
        }
    }
}
