package io.cairn.jepsen.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.Distribution;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What docs/rollout.md tells operators to type does what the page says; {@code make it-long} runs it, RolloutIT is the short form. */
@Tag("long")
class RolloutPageIT {
    private static final int PORT = 21_540;

    @Test
    void eachCommandOfThePageWorks(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory) throws Exception {
        List<String> blocks = PageCluster.blocks(Distribution.find().root().resolve("docs/rollout.md"));
        Iterator<String> next = blocks.iterator();
        try (PageCluster cluster = new PageCluster(directory, PORT)) {
            cluster.create();
            assertThat(cluster.run(next.next())).contains("consensus gossip").contains("All 16384 slots covered");
            cluster.run(next.next());
            cluster.run(next.next());
            // "The other two processes go the same way."
            cluster.restart("b", "raft");
            cluster.restart("c", "raft");
            cluster.awaitWhole();
            assertThat(cluster.run(next.next())).as("dry run").isNotBlank();
            assertThat(cluster.run(next.next())).as("one shard").contains("done: shard ");
            assertThat(cluster.run(next.next())).as("all shards").contains("done: the cluster is raft");
            assertThat(cluster.run(next.next()))
                    .as("afterwards")
                    .contains("consensus raft", "tolerates 1 failure", "cluster_consensus:raft")
                    .contains("cluster_shard_tolerates_failures:1", "cluster_shards_with_two_voters:0")
                    .doesNotContain("not ready");
            assertThat(cluster.run(next.next())).as("back").contains("done: the cluster is gossip");
            cluster.run(next.next());
            assertThat(next).as("blocks of the page that no test runs").isExhausted();
        }
    }
}
