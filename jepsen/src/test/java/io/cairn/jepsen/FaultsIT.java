package io.cairn.jepsen;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.nemesis.FaultRun;
import io.cairn.jepsen.nemesis.Schedule;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.workload.CountingWorkload;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The short form; {@code make faults} runs the long one, which also judges the gaps. */
@Tag("long")
class FaultsIT {
    private static final int PORT = 21600;

    @TempDir
    Path directory;

    @Test
    void acknowledgedWritesSurviveKillsAndNoReadIsStale() {
        long seed = Long.getLong("cairn.seed", 1);
        try (CairnCluster cluster = new CairnCluster(Distribution.find(), directory, PORT)) {
            FaultRun run = new FaultRun(cluster, CountingWorkload.Load.standard(seed), System.out);
            FaultRun.Result result = run.run(Schedule.smoke(cluster.processes()));
            assertThat(result.violations()).as("seed %d", seed).isEmpty();
            assertThat(result.acknowledged()).isGreaterThan(1_000);
        }
    }
}
