package io.cairn.jepsen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.jepsen.nemesis.Fault;
import io.cairn.jepsen.nemesis.Faults;
import io.cairn.jepsen.nemesis.UnconfirmedException;
import io.cairn.jepsen.net.Endpoint;
import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.Attempt;
import io.cairn.jepsen.resp.ClusterClient;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Timeouts;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three processes of one node whose every connection passes the harness's network. */
@Tag("long")
class NetworkFaultsIT {
    private static final int PORT = 22100;
    private static final int SECONDS = 30;
    private static final String KEY = "network-faults";

    @TempDir
    Path directory;

    @Test
    void everyLinkCanBeCutAndEachFaultIsSeen() throws Exception {
        Distribution distribution = Distribution.find();
        assumeTrue(distribution.present());
        ClusterOptions options = ClusterOptions.DEMO.withNodesPerProcess(1).withNetwork(1);
        try (CairnCluster cluster = new CairnCluster(distribution, directory, PORT, options)) {
            addressesAreTheAnnouncedOnes(cluster);
            SplittableRandom random = new SplittableRandom(3);
            Fault isolate = Faults.make("isolate-leader", cluster, random);
            int victim = isolate.victims().get(0);
            assertThatThrownBy(() -> isolate.confirm(cluster)).isInstanceOf(UnconfirmedException.class);
            isolate.strike(cluster);
            try {
                assertThat(isolate.confirm(cluster)).contains("silent");
                Await.until("the majority takes writes", SECONDS, () -> takes(cluster, (victim + 1) % 3));
                assertThat(takes(cluster, victim)).isFalse();
                Await.until("the majority bears no more", SECONDS, () -> tolerates(cluster, (victim + 1) % 3, 0));
            } finally {
                isolate.heal(cluster);
            }
            Await.until("all take writes", SECONDS, () -> takes(cluster, victim));
            Await.until("another failure can be borne", SECONDS, () -> tolerates(cluster, victim, 1));
            Fault oneWay = Faults.make("one-way-in", cluster, random);
            oneWay.strike(cluster);
            try {
                assertThat(oneWay.confirm(cluster)).contains("silent");
                Await.until(
                        "writes go on",
                        SECONDS,
                        () -> takes(cluster, (oneWay.victims().get(0) + 1) % 3));
            } finally {
                oneWay.heal(cluster);
            }
            ClusterState.awaitHealthy(cluster.nodes(), SECONDS);
        }
    }

    /** Clients and peers are told where the proxies are, or faults would be walked around. */
    private static void addressesAreTheAnnouncedOnes(CairnCluster cluster) throws Exception {
        for (Address node : cluster.nodes()) {
            String told = ClusterState.ask(node, "CLUSTER", "NODES").text();
            for (int process = 0; process < cluster.processes(); process++) {
                assertThat(told).contains(Endpoint.announced(process)).doesNotContain(Endpoint.bound(process) + ":");
            }
            assertThat(ClusterState.slots(node))
                    .allMatch(range -> cluster.nodes().contains(range.primary()));
        }
    }

    /** Whether a node says that its shard bears so many more failures. */
    private static boolean tolerates(CairnCluster cluster, int process, int failures) throws Exception {
        Address node = cluster.direct(cluster.nodes(process).get(0));
        return ClusterState.ask(node, "CLUSTER", "INFO")
                .text()
                .contains("cluster_shard_tolerates_failures:" + failures);
    }

    /** Whether a client beside a process can write; it may find nobody to take it. */
    private static boolean takes(CairnCluster cluster, int beside) {
        String source = Endpoint.beside(beside).source();
        try (ClusterClient client =
                new ClusterClient(cluster.nodes(), cluster.processOfNode(), new Timeouts(300, 500), beside, source)) {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
            return client.execute(HashSlot.of(KEY), deadline, RawClient.words("SET", KEY, "v"))
                    instanceof Attempt.Acknowledged;
        }
    }
}
