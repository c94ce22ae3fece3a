package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.resp.Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Leadership is handed over while clients write and read that retry nothing but MOVED: by CLUSTER FAILOVER, and by a
 * process that is told to end. No call fails and no increment is lost or doubled.
 */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HandOverIT {
    private static final int PORT = 21800;
    /** Long enough for a loaded machine not to lose leaders by itself. */
    private static final String CALM_MILLIS = "4000";

    /** {@code make hand-over} does more. */
    private static final int FAILOVERS = Integer.getInteger("cairn.failovers", 6);

    private static final int STOPS = Integer.getInteger("cairn.stops", 1);
    private static final int CLIENTS = 4;
    private static final int KEYS = 20;

    private CairnCluster cluster;

    @BeforeAll
    void startCluster(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory) {
        cluster = new CairnCluster(Distribution.find(), directory, PORT, "--cluster-election-timeout", CALM_MILLIS);
        ClusterState.awaitHealthy(cluster.nodes(), 60);
        ClusterState.awaitSteady(cluster.nodes().get(0), 4, 60);
    }

    @AfterAll
    void stopCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private List<Follower> clients(String test) {
        List<Follower> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new Follower(test + i, cluster.nodes().get(i), KEYS));
        }
        Await.until("clients are under way", 60, () -> clients.stream().allMatch(client -> client.done() > 40));
        return clients;
    }

    private static void check(List<Follower> clients, String what) {
        clients.forEach(Follower::close);
        for (Follower client : clients) {
            System.out.printf(
                    "%s: %d increments and reads, %d redirects, slowest pair %d ms%n",
                    what, client.done(), client.redirects(), client.slowestMillis());
        }
        for (Follower client : clients) {
            assertThat(client.failures()).isEmpty();
        }
    }

    @Test
    void aFailoverFailsNoCall() throws Exception {
        List<Follower> clients = clients("failover");
        for (int i = 0; i < FAILOVERS; i++) {
            List<Shards.Shard> shards = Shards.of(cluster);
            Shards.Shard shard = shards.get(i % shards.size());
            Address heir = shard.replicas().get(i % 2);
            assertThat(ClusterState.ask(heir, "CLUSTER", "FAILOVER").text()).isEqualTo("OK");
            Await.until(heir + " is primary", 5, () -> heir.equals(Shards.primaryOf(cluster, shard.slot())));
        }
        check(clients, FAILOVERS + " failovers");
        assertThat(clients.stream().mapToLong(Follower::redirects).sum()).isPositive();
    }

    @Test
    void aProcessThatEndsHandsOverFirst() throws Exception {
        Map<Address, Integer> processes = cluster.processOfNode();
        for (int round = 0; round < STOPS; round++) {
            int ending = round % 3;
            List<Follower> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                // They begin where no node will end, and are sent to those that will.
                clients.add(new Follower(
                        "stop" + round + i, cluster.nodes((ending + 1) % 3).get(i % 3), KEYS));
            }
            Await.until("clients are under way", 60, () -> clients.stream().allMatch(client -> client.done() > 40));
            boolean led = Shards.of(cluster).stream()
                    .anyMatch(shard -> Objects.equals(processes.get(shard.primary()), ending));
            assertThat(cluster.server(ending).stop(30)).isTrue();
            Await.until(
                    "it leads nothing",
                    5,
                    () -> Shards.of(cluster).stream()
                            .noneMatch(shard -> Objects.equals(processes.get(shard.primary()), ending)));
            Thread.sleep(500);
            check(clients, "end of process " + ending + (led ? "" : ", which led nothing"));
            cluster.start(ending);
            ClusterState.awaitHealthy(cluster.nodes(), 60);
        }
    }
}
