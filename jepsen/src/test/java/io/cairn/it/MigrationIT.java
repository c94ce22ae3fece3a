package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.migration.Migrations;
import io.cairn.jepsen.migration.Writers;
import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
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

/** Slots move as a whole while clients write and read that retry nothing but MOVED; every key is in exactly one shard. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MigrationIT {
    private static final int PORT = 22_000;
    private static final int CLIENTS = 4;
    private static final int COUNTERS = 100;
    private static final int KEYS = Integer.getInteger("cairn.migration.keys", 20_000);
    /** Long enough for a loaded machine not to lose leaders by itself. */
    private static final String CALM_MILLIS = "3000";

    private static final int SECONDS = 60;
    private static final int ROUNDS = Integer.getInteger("cairn.migration.rounds", 1);

    private CairnCluster cluster;

    @BeforeAll
    void startCluster(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory) throws Exception {
        cluster = new CairnCluster(Distribution.find(), directory, PORT, "--cluster-election-timeout", CALM_MILLIS);
        ClusterState.awaitHealthy(cluster.nodes(), SECONDS);
        ClusterState.awaitSteady(cluster.nodes().get(0), 4, SECONDS);
        Migrations.load(cluster, "data", KEYS);
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
            clients.add(new Follower(test + i, cluster.nodes().get(i), COUNTERS));
        }
        Await.until("clients are under way", SECONDS, () -> clients.stream().allMatch(client -> client.done() > 200));
        return clients;
    }

    private static void check(List<Follower> clients) {
        clients.forEach(Follower::close);
        for (Follower client : clients) {
            System.out.printf(
                    "%d increments and reads, %d redirects, slowest pair %d ms%n",
                    client.done(), client.redirects(), client.slowestMillis());
        }
        for (Follower client : clients) {
            assertThat(client.failures()).isEmpty();
        }
    }

    private Address primary(int slot) {
        return Objects.requireNonNull(Migrations.primary(cluster, slot));
    }

    @Test
    void slotsMoveUnderLoad() throws Exception {
        Address source = primary(0);
        Address target = primary(16_383);
        List<Follower> clients = clients("load");
        long before = Migrations.sizes(cluster);
        String id = Migrations.begin(target, 0, 1_999);
        assertThat(id).matches("[0-9a-f]{40}");
        Migrations.awaitState(cluster, id, "completed", SECONDS);
        Thread.sleep(300);
        check(clients);
        Map<String, String> there = Objects.requireNonNull(Migrations.status(target, id));
        Map<String, String> here = Objects.requireNonNull(Migrations.status(source, id));
        System.out.println(here);
        assertThat(there).containsEntry("operation", "import").containsEntry("slots", "0-1999");
        assertThat(here).containsEntry("operation", "migrate").containsEntry("last_error", "");
        assertThat(here.keySet())
                .containsExactlyInAnyOrder(
                        "id",
                        "slots",
                        "source",
                        "dest",
                        "operation",
                        "state",
                        "last_error",
                        "retries",
                        "create_time",
                        "start_time",
                        "end_time",
                        "write_pause_ms");
        for (int slot : new int[] {0, 1_000, 1_999}) {
            assertThat(primary(slot)).isEqualTo(target);
            assertThat(ClusterState.ask(source, "CLUSTER", "COUNTKEYSINSLOT", Integer.toString(slot))
                            .number())
                    .isZero();
        }
        assertThat(primary(2_000)).isEqualTo(source);
        assertThat(Migrations.sizes(cluster)).isEqualTo(before);
        assertThat(Migrations.wrong(cluster, "data", KEYS)).isEmpty();
        String back = Migrations.begin(source, 0, 1_999);
        Migrations.awaitState(cluster, back, "completed", SECONDS);
        assertThat(Migrations.wrong(cluster, "data", KEYS)).isEmpty();
    }

    @Test
    void aCancelledMigrationLeavesNothing() throws Exception {
        Address source = primary(3_000);
        Address target = primary(8_000);
        long before = Migrations.sizes(cluster);
        ClusterState.ask(source, "CONFIG", "SET", "cluster-slot-migration-max-rate", "20000");
        List<Follower> clients = clients("cancel");
        String id = Migrations.begin(target, 2_500, 4_499);
        Migrations.awaitStream(source, id, SECONDS);
        Thread.sleep(500);
        assertThat(ClusterState.ask(target, "CLUSTER", "MIGRATION", "CANCEL", "ID", id)
                        .number())
                .isEqualTo(1);
        Migrations.awaitState(cluster, id, "canceled", SECONDS);
        ClusterState.ask(source, "CONFIG", "SET", "cluster-slot-migration-max-rate", "0");
        check(clients);
        assertThat(primary(3_000)).isEqualTo(source);
        assertThat(Migrations.sizes(cluster)).isEqualTo(before + (long) CLIENTS * COUNTERS);
        String again = Migrations.begin(target, 2_500, 4_499);
        Migrations.awaitState(cluster, again, "completed", SECONDS);
        assertThat(Migrations.wrong(cluster, "data", KEYS)).isEmpty();
        assertThat(ClusterState.ask(target, "CLUSTER", "MIGRATION", "CANCEL", "ALL")
                        .number())
                .isZero();
    }

    @Test
    void whatIsFlushedOnTheWayIsGoneAndWhatIsWrittenAfterIsThere() throws Exception {
        Address source = primary(14_000);
        Address target = primary(6_000);
        Migrations.load(cluster, "flushed", 5_000);
        ClusterState.ask(source, "CONFIG", "SET", "cluster-slot-migration-max-rate", "200000");
        String id = Migrations.begin(target, 13_000, 15_999);
        Migrations.awaitStream(source, id, SECONDS);
        Thread.sleep(500);
        assertThat(ClusterState.ask(source, "FLUSHALL").text()).isEqualTo("OK");
        Migrations.load(cluster, "after", 5_000);
        ClusterState.ask(source, "CONFIG", "SET", "cluster-slot-migration-max-rate", "0");
        Migrations.awaitState(cluster, id, "completed", SECONDS);
        assertThat(primary(14_000)).isEqualTo(target);
        assertThat(Migrations.wrong(cluster, "after", 5_000)).isEmpty();
        Migrations.each(cluster, "flushed", 5_000, "GET", (key, reply) -> {
            int slot = HashSlot.of(key);
            if (slot >= 13_000 && slot <= 15_999) {
                assertThat(reply.text()).as(key).isEqualTo("(nil)");
            }
        });
        // The other tests want all of it.
        Migrations.load(cluster, "data", KEYS);
        String back = Migrations.begin(source, 13_000, 15_999);
        Migrations.awaitState(cluster, back, "completed", SECONDS);
    }

    /** The source's process dies in the middle; in the long form also the target's, then all of them. */
    @Test
    void whoeverLeadsNextGoesOn() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            Address source = primary(10_922);
            Address target = primary(5_000);
            for (Address primary : List.of(source, target)) {
                ClusterState.ask(primary, "CONFIG", "SET", "cluster-slot-migration-max-rate", "100000");
            }
            try (Writers writers = new Writers(cluster, "kill" + round, 2, 200)) {
                writers.awaitDone(400, SECONDS);
                String id = Migrations.begin(target, 9_000, 10_922);
                Migrations.awaitStream(source, id, SECONDS);
                Thread.sleep(300);
                Map<Address, Integer> processes = cluster.processOfNode();
                List<Integer> dead = round == 0
                        ? List.of(Objects.requireNonNull(processes.get(source)))
                        : round == 1 ? List.of(Objects.requireNonNull(processes.get(target))) : List.of(0, 1, 2);
                cluster.kill9(dead);
                dead.forEach(cluster::start);
                Migrations.awaitState(cluster, id, "completed", SECONDS);
                ClusterState.awaitHealthy(cluster.nodes(), SECONDS);
                assertThat(writers.end()).isEmpty();
            }
            for (Address node : cluster.nodes()) {
                ClusterState.ask(node, "CONFIG", "SET", "cluster-slot-migration-max-rate", "0");
            }
            assertThat(Migrations.wrong(cluster, "data", KEYS)).isEmpty();
            String back = Migrations.begin(primary(10_923 + 100), 9_000, 10_922);
            Migrations.awaitState(cluster, back, "completed", SECONDS);
            assertThat(Migrations.wrong(cluster, "data", KEYS)).isEmpty();
        }
    }
}
