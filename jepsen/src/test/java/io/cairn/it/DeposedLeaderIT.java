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
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A primary is stopped (SIGSTOP) until another serves and has taken a write, then goes on, with a read of that key waiting in
 * its socket: it answers the new value or sends the client away, never the old one.
 */
@Tag("long")
class DeposedLeaderIT {
    private static final int PORT = 21860;
    private static final int ROUNDS = 6;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"lease", "readindex"})
    void itAnswersNoStaleRead(String consistency) throws Exception {
        ClusterOptions options =
                ClusterOptions.DEMO.withNodesPerProcess(1).withExtra("--cluster-read-consistency", consistency);
        int answered = 0;
        long leaseReads = 0;
        try (CairnCluster cluster = new CairnCluster(Distribution.find(), directory, PORT, options)) {
            for (int round = 0; round < ROUNDS; round++) {
                ClusterState.awaitHealthy(cluster.nodes(), 60);
                String before = "before-" + round;
                Address old = takesWrite(cluster, before);
                int process = Objects.requireNonNull(cluster.processOfNode().get(old));
                try (RawClient client = RawClient.connect(old, Timeouts.PATIENT)) {
                    if (consistency.equals("lease")) {
                        Await.until("a lease", 20, () -> info(old).contains("cluster_shard_read_lease:yes"));
                    }
                    assertThat(client.call("GET", "key").text()).isEqualTo(before);
                    leaseReads = Math.max(leaseReads, leaseReads(info(old)));
                    cluster.pause(process);
                    String after = "after-" + round;
                    Await.until("another takes a write", 30, () -> {
                        for (int other = 0; other < cluster.processes(); other++) {
                            if (other != process
                                    && ClusterState.ask(cluster.nodes(other).get(0), "SET", "key", after)
                                            .text()
                                            .equals("OK")) {
                                return true;
                            }
                        }
                        return false;
                    });
                    for (int i = 0; i < 10; i++) {
                        client.send(RawClient.words("GET", "key"));
                    }
                    client.flush();
                    cluster.resume(process);
                    for (int i = 0; i < 10; i++) {
                        Reply reply = client.receive();
                        if (!reply.failed()) {
                            assertThat(reply.text()).isEqualTo(after);
                            answered++;
                        }
                    }
                }
            }
        }
        System.out.printf(
                "%s: %d of %d reads were answered, with the new value; %d barriers were spared%n",
                consistency, answered, ROUNDS * 10, leaseReads);
        if (consistency.equals("lease")) {
            assertThat(leaseReads).isPositive();
        }
    }

    /** The primary that took the write: whoever is asked for it first may just give its place to the preferred one. */
    private static Address takesWrite(CairnCluster cluster, String value) {
        AtomicReference<Address> taker = new AtomicReference<>();
        Await.until("a write", 30, () -> {
            Address primary = Shards.primaryOf(cluster, 0);
            taker.set(primary);
            return primary != null
                    && ClusterState.ask(primary, "SET", "key", value).text().equals("OK");
        });
        return Objects.requireNonNull(taker.get());
    }

    private static String info(Address node) throws Exception {
        return ClusterState.ask(node, "CLUSTER", "INFO").text();
    }

    private static long leaseReads(String info) {
        return Long.parseLong(info.replaceAll("(?s).*cluster_shard_lease_reads:(\\d+).*", "$1"));
    }
}
