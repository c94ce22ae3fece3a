package io.cairn.jepsen.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.resp.Address;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Six nodes in gossip mode: redis-cli makes them a cluster, a primary is killed, its replica takes its place. */
@Tag("long")
class GossipFailoverIT {
    private static final int PORT = 27_600;
    private static final long TIMEOUT_MILLIS = 1_500;

    @Test
    void aReplicaTakesThePlaceOfAKilledPrimary(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory)
            throws Exception {
        try (SixNodes nodes = SixNodes.ofCairn(directory, PORT, TIMEOUT_MILLIS, false)) {
            nodes.create(directory);
            FailoverRace race = new FailoverRace(nodes);
            FailoverRace.Outcome outcome = race.run(300);
            System.out.println("gossip mode, cluster-node-timeout " + TIMEOUT_MILLIS + ": " + outcome);
            Address heir = outcome.heir();
            race.awaitWell();
            Await.until("the others know", 10, () -> {
                String seen = String.valueOf(nodes.reply(nodes.node(1), "CLUSTER", "NODES"));
                return seen.lines().anyMatch(line -> line.contains(heir + "@") && line.contains("master"))
                        && seen.lines().anyMatch(line -> line.contains(":" + PORT + "@") && line.contains(",fail"));
            });
            // No port, thread or file of Raft.
            for (int i = 0; i < SixNodes.NODES; i++) {
                Path home = directory.resolve(Integer.toString(PORT + i));
                assertThat(Files.exists(home.resolve("meta"))).isFalse();
                assertThat(Files.exists(home.resolve("nodes.conf"))).isTrue();
            }
            List<String> threads = nodes.threads(1);
            assertThat(threads).anyMatch(name -> name.equals("claims"));
            assertThat(threads)
                    .noneMatch(name -> name.toLowerCase(java.util.Locale.ROOT).contains("raft"));
        }
    }
}
