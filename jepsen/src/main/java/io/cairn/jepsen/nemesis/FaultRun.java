package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.process.Await;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.resp.HashSlot;
import io.cairn.jepsen.workload.CountingWorkload;
import io.cairn.jepsen.workload.EverySlot;
import io.cairn.jepsen.workload.Prober;
import java.io.PrintStream;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Faults one after another under the counting workload. Between two faults the cluster becomes whole by itself and every
 * slot takes a write; what does not is a violation, and the run goes on with the next fault only when it did.
 */
public final class FaultRun {
    private static final int HEALTHY_SECONDS = 60;
    private static final int RECOVERY_SECONDS = 60;
    /** How long a fault lasts that names no time of its own. */
    private static final long HOLD_MILLIS = 1_500;
    /** The workload's warm-up: just-in-time compilation makes the first failovers of a cold JVM slower. */
    private static final long WARM_UP_MILLIS = 3_000;
    /**
     * Between faults, while the workload goes on: a JVM that has just come back still compiles its code, on the cores that
     * its peers and the clients share here, and that is not what a gap measures.
     */
    private static final long REST_MILLIS = 3_000;

    private final TestCluster cluster;
    private final CountingWorkload.Load load;
    private final PrintStream out;
    private final List<Gap> gaps = new ArrayList<>();

    public FaultRun(TestCluster cluster, CountingWorkload.Load load, PrintStream out) {
        this.cluster = cluster;
        this.load = load;
        this.out = out;
    }

    /** What came of a run. */
    public record Result(GapTable gaps, long acknowledged, long unknown, List<String> violations) {}

    /** Runs the faults in order, checks everything at the end and prints as it goes. */
    public Result run(List<Fault> faults) {
        ClusterState.awaitHealthy(cluster.nodes(), HEALTHY_SECONDS);
        List<ClusterState.Range> shards = shards();
        try (CountingWorkload workload = new CountingWorkload(cluster, load, shards)) {
            workload.start();
            warmUp(workload);
            for (Fault fault : faults) {
                try {
                    strike(fault, workload);
                } catch (IllegalStateException e) {
                    workload.violations().add("after %s: %s".formatted(fault.describe(), e));
                    break;
                }
            }
            workload.stop();
            workload.check();
            GapTable table = new GapTable(gaps);
            out.printf(
                    "%n%s%nacknowledged %d, unknown %d, reads %s, violations %d%n",
                    table.markdown(),
                    workload.acknowledged(),
                    workload.unknown(),
                    workload.readsSeen(),
                    workload.violations().count());
            workload.violations().first().forEach(out::println);
            return new Result(
                    table,
                    workload.acknowledged(),
                    workload.unknown(),
                    workload.violations().first());
        }
    }

    private void strike(Fault fault, CountingWorkload workload) {
        hold(REST_MILLIS);
        Map<Prober, Address> primaries = primaries(workload);
        out.printf("%s at %s%n", fault.describe(), LocalTime.now(ZoneId.systemDefault()));
        long begin = System.nanoTime();
        workload.probers().forEach(prober -> prober.mark(begin));
        fault.strike(cluster);
        long struckAt = System.nanoTime();
        workload.probers().forEach(prober -> prober.arm(struckAt));
        try {
            if (fault.quorumLeft()) {
                Await.until("every shard takes writes while it lasts", RECOVERY_SECONDS, () -> recovered(workload));
            }
            hold(fault.holdMillis(HOLD_MILLIS) - millisSince(begin));
        } finally {
            fault.heal(cluster);
        }
        Await.until("every shard takes writes again", RECOVERY_SECONDS, () -> recovered(workload));
        for (Prober prober : workload.probers()) {
            Address primary = Objects.requireNonNull(primaries.get(prober));
            boolean struck = fault.victims().stream()
                    .anyMatch(process -> cluster.nodes(process).contains(primary));
            gaps.add(new Gap(fault.kind(), prober.shard(), struck, prober.gapMillis()));
            out.printf(
                    Locale.ROOT,
                    "%s: %s, primary %s%s: gap %.0f ms%n",
                    fault.describe(),
                    prober.shard(),
                    primary,
                    struck ? " struck" : "",
                    prober.gapMillis());
        }
        ClusterState.awaitHealthy(cluster.nodes(), HEALTHY_SECONDS);
        Await.until(
                "every slot takes a write",
                RECOVERY_SECONDS,
                () -> EverySlot.write(cluster.nodes().get(0), "v") == HashSlot.COUNT);
        out.printf("%s: whole again after %d ms%n", fault.describe(), millisSince(begin));
    }

    private static boolean recovered(CountingWorkload workload) {
        return workload.probers().stream().allMatch(Prober::recovered);
    }

    private Map<Prober, Address> primaries(CountingWorkload workload) {
        Map<Prober, Address> primaries = new HashMap<>();
        for (Prober prober : workload.probers()) {
            Address primary = ClusterState.primaryOf(prober.slot(), cluster.nodes());
            if (primary == null) {
                throw new IllegalStateException("nobody serves slot " + prober.slot());
            }
            primaries.put(prober, primary);
        }
        return primaries;
    }

    /** A range of slots of each shard; where a shard has several, its first. */
    private List<ClusterState.Range> shards() {
        Map<Address, ClusterState.Range> byPrimary = new HashMap<>();
        Await.until("the first node tells the slot map", HEALTHY_SECONDS, () -> {
            byPrimary.clear();
            ClusterState.slots(cluster.nodes().get(0)).forEach(range -> byPrimary.putIfAbsent(range.primary(), range));
            return !byPrimary.isEmpty();
        });
        return byPrimary.values().stream()
                .sorted((a, b) -> Integer.compare(a.first(), b.first()))
                .toList();
    }

    private static void warmUp(CountingWorkload workload) {
        hold(WARM_UP_MILLIS);
        Await.until("the workload runs", RECOVERY_SECONDS, () -> workload.acknowledged() > 100);
    }

    private static long millisSince(long beginNanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - beginNanos);
    }

    private static void hold(long millis) {
        try {
            Thread.sleep(Math.max(0, millis));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
