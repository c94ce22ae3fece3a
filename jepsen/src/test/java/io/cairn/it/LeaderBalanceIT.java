package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.ServerProcess;
import io.cairn.jepsen.process.Shards;
import io.cairn.jepsen.resp.Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Primaries that have piled up in one process are spread again: by command, and by themselves when told to. */
@Tag("long")
class LeaderBalanceIT {
    private static final int PORT = 21840;
    private static final String CALM_MILLIS = "4000";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    /** Has every shard led by process 0. */
    private static void pileUp(CairnCluster cluster) throws Exception {
        Map<Address, Integer> processes = cluster.processOfNode();
        for (Shards.Shard shard : Shards.of(cluster)) {
            for (Address replica : shard.replicas()) {
                if (Objects.equals(processes.get(replica), 0)) {
                    assertThat(ClusterState.ask(replica, "CLUSTER", "FAILOVER").text())
                            .isEqualTo("OK");
                }
            }
        }
        Await.until("process 0 leads all", 10, () -> Shards.primaries(cluster)[0] == 3);
    }

    @Test
    void primariesAreSpreadByCommandAndByThemselves() throws Exception {
        Distribution distribution = Distribution.find();
        try (CairnCluster cluster =
                new CairnCluster(distribution, directory, PORT, "--cluster-election-timeout", CALM_MILLIS)) {
            ClusterState.awaitHealthy(cluster.nodes(), 60);
            ClusterState.awaitSteady(cluster.nodes().get(0), 4, 60);
            Follower client = new Follower("balance", cluster.nodes().get(0), 20);
            Await.until("it is under way", 60, () -> client.done() > 20);
            pileUp(cluster);
            ServerProcess balance = ServerProcess.start(
                    distribution.command(
                            List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"),
                            List.of(
                                    "cluster",
                                    "balance-leaders",
                                    "--pause",
                                    "200",
                                    cluster.nodes().get(4).toString())),
                    directory,
                    directory.resolve("balance.log"));
            assertThat(balance.awaitExit(60)).isTrue();
            assertThat(balance.exitCode()).as(balance.output()).isZero();
            assertThat(balance.output()).contains("2 moves");
            assertThat(Shards.primaries(cluster)).containsExactly(1, 1, 1);

            pileUp(cluster);
            // A setting of the cluster: any node takes it for all.
            Address any = cluster.nodes().get(4);
            assertThat(ClusterState.ask(any, "CONFIG", "SET", "cluster-balance-leaders", "yes")
                            .text())
                    .isEqualTo("OK");
            List<Integer> most = new ArrayList<>();
            Await.until("a primary goes by itself", 60, () -> {
                most.add(Shards.primaries(cluster)[0]);
                return most.get(most.size() - 1) < 3;
            });
            // One after the other: the next in ten seconds.
            assertThat(most).endsWith(2);
            client.close();
            assertThat(client.failures()).isEmpty();
        }
    }
}
