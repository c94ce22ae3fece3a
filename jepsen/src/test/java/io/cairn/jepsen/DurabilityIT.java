package io.cairn.jepsen;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.StandaloneServer;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.workload.CountingWorkload;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A standalone server with {@code appendfsync always}, killed while it is written to; {@code -Dcairn.kills=50} is the long form. */
class DurabilityIT {
    private static final int PORT = 21500;
    private static final List<String> HEAP = List.of("-Xms64m", "-Xmx256m");

    @TempDir
    Path directory;

    @Test
    void nothingAcknowledgedIsLostByKillMinusNine() throws Exception {
        int kills = Integer.getInteger("cairn.kills", 5);
        SplittableRandom random = new SplittableRandom(Long.getLong("cairn.seed", 1));
        List<CountingWorkload> past = new ArrayList<>();
        try (StandaloneServer server = StandaloneServer.cairn(
                Distribution.find(), HEAP, directory, PORT, "--appendonly", "yes", "--appendfsync", "always")) {
            for (int round = 0; round < kills; round++) {
                CountingWorkload workload = workload(server, random.nextLong());
                workload.start();
                Thread.sleep(random.nextInt(200, 800)); // Chosen by the seed: when the kill comes.
                server.process().kill9();
                workload.stop();
                server.restart();
                workload.check();
                assertThat(workload.violations().first()).as("round %d", round).isEmpty();
                assertThat(workload.acknowledged()).isPositive();
                past.add(workload);
            }
            for (CountingWorkload workload : past) {
                workload.check();
                assertThat(workload.violations().first()).isEmpty();
            }
        }
        System.out.printf(
                "%d kills: %d writes acknowledged, %d unknown, none lost%n",
                kills,
                past.stream().mapToLong(CountingWorkload::acknowledged).sum(),
                past.stream().mapToLong(CountingWorkload::unknown).sum());
    }

    private static CountingWorkload workload(StandaloneServer server, long seed) {
        CountingWorkload.Load load = new CountingWorkload.Load(32, 8, 1, 0, 5_000, seed);
        return new CountingWorkload(
                server, load, List.of(new ClusterState.Range(0, HashSlot.COUNT - 1, server.address())));
    }
}
