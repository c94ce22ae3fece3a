package io.cairn.jepsen.mutant;

import io.cairn.jepsen.check.Checker;
import io.cairn.jepsen.check.DiskCheck;
import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.check.NodeLogCheck;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Recorder;
import io.cairn.jepsen.nemesis.Fault;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.workload.Clients;
import io.cairn.jepsen.workload.Options;
import io.cairn.jepsen.workload.Workload;
import io.cairn.jepsen.workload.Workloads;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A round on a new cluster of three processes with three nodes each: a workload's clients work all the time, faults drawn by the
 * seed strike one after another; after the last one everything is read once more, and what is on disk and in the logs of the
 * nodes is judged with the history.
 */
final class ScheduleTrial implements Trial {
    private static final int HEALTHY_SECONDS = 90;
    private static final int FINAL_READ_SECONDS = 60;
    private static final int CLIENTS = 12;
    private static final double OPERATIONS_PER_SECOND = 40;
    private static final double SHARE_OF_REPLICA_READS = 0.4;
    private static final long REST_MILLIS = 1_500;
    private static final int SHORTEST_HOLD_MILLIS = 1_000;
    private static final int LONGEST_HOLD_MILLIS = 3_000;

    private final int port;
    private final int seconds;
    private final PrintStream out;

    /** @param seconds how long faults are drawn; at least one strikes */
    ScheduleTrial(int port, int seconds, PrintStream out) {
        this.port = port;
        this.seconds = seconds;
        this.out = out;
    }

    @Override
    public List<Finding> round(Distribution build, String name, MutantSchedule schedule, long seed, Path folder)
            throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        List<Finding> findings = new ArrayList<>();
        try (CairnCluster cluster =
                new CairnCluster(build, folder, port, schedule.server().toArray(String[]::new))) {
            DiskCheck disks = new DiskCheck(build);
            Recorder recorder = new Recorder();
            Workload workload = workload(schedule, seed);
            Clients.Crowd crowd = Clients.Crowd.of(CLIENTS, 0, random.nextLong());
            try (Clients clients = new Clients(
                    cluster.nodes(), cluster.processOfNode(), workload, OPERATIONS_PER_SECOND, recorder, crowd)) {
                clients.start();
                strike(cluster, schedule, random, recorder, disks, findings);
                clients.stop();
                int unread = clients.finalReads(FINAL_READ_SECONDS);
                if (unread > 0) {
                    throw new IllegalStateException(unread + " things could not be read back");
                }
            }
            findings.add(disks.atEnd(cluster));
            findings.add(new NodeLogCheck().check(cluster));
            History history = recorder.history(Map.of("workload", schedule.workload(), "seed", seed, "build", name));
            for (Checker checker : workload.checkers()) {
                findings.add(0, checker.check(history));
            }
            out.printf("  %s: %d operations%n", folder.getFileName(), recorder.size());
        }
        return findings;
    }

    private static Workload workload(MutantSchedule schedule, long seed) {
        Options options = Options.standard(schedule.workload().charAt(0) + Long.toString(seed))
                .withOperationsPerSecond(OPERATIONS_PER_SECOND)
                .withReplicaReads(schedule.linearizableReplicas() ? SHARE_OF_REPLICA_READS : 0);
        return Workloads.named(schedule.workload(), options);
    }

    private void strike(
            CairnCluster cluster,
            MutantSchedule schedule,
            SplittableRandom random,
            Recorder recorder,
            DiskCheck disks,
            List<Finding> findings) {
        do {
            pause(REST_MILLIS);
            String name = schedule.faults().get(random.nextInt(schedule.faults().size()));
            Fault fault = MutantFaults.named(name, random);
            long begin = recorder.now();
            fault.strike(cluster);
            for (int process : fault.victims()) {
                if (!cluster.server(process).alive()) {
                    findings.add(disks.dead(cluster.home(process)));
                }
            }
            pause(Math.max(fault.holdMillis(), random.nextInt(SHORTEST_HOLD_MILLIS, LONGEST_HOLD_MILLIS)));
            fault.heal(cluster);
            ClusterState.awaitHealthy(cluster.nodes(), HEALTHY_SECONDS);
            out.printf(
                    "  %s at %d ms, whole after %d ms%n",
                    fault.describe(),
                    TimeUnit.NANOSECONDS.toMillis(begin),
                    TimeUnit.NANOSECONDS.toMillis(recorder.now() - begin));
        } while (recorder.now() < TimeUnit.SECONDS.toNanos(seconds));
        pause(REST_MILLIS);
    }

    private static void pause(long millis) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
    }
}
