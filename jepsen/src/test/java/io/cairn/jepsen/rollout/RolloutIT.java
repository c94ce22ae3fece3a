package io.cairn.jepsen.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.ClusterOptions.Start;
import io.cairn.jepsen.process.Distribution;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Nine nodes in three processes go from gossip to raft and back under load; {@code make rollout} is the long form. */
@Tag("long")
class RolloutIT {
    private static final int PORT = 21_240;

    @Test
    void aClusterGoesToRaftAndBackWithoutLosingAWrite(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path directory)
            throws Exception {
        ClusterOptions options = ClusterOptions.DEMO.withStart(Start.GOSSIP);
        try (CairnCluster cluster = new CairnCluster(Distribution.find(), directory, PORT, options)) {
            RolloutRun run = new RolloutRun(
                    cluster, new RolloutRun.Options(false, Long.getLong("cairn.seed", 1), true, false), System.out);
            run.run();
            assertThat(run.problems()).isEmpty();
        }
    }
}
