package io.cairn.jepsen.run;

import io.cairn.jepsen.check.Availability;
import io.cairn.jepsen.check.Checker;
import io.cairn.jepsen.check.DiskCheck;
import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.check.NodeLogCheck;
import io.cairn.jepsen.check.Vacuity;
import io.cairn.jepsen.history.FaultWindow;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.history.Outcome;
import io.cairn.jepsen.history.Phase;
import io.cairn.jepsen.history.Recorder;
import io.cairn.jepsen.nemesis.Fault;
import io.cairn.jepsen.nemesis.Faults;
import io.cairn.jepsen.nemesis.UnconfirmedException;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterState;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.Address;
import io.cairn.jepsen.workload.Clients;
import io.cairn.jepsen.workload.Options;
import io.cairn.jepsen.workload.Workload;
import io.cairn.jepsen.workload.Workloads;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * One run: clients work all the time, a fault strikes, is confirmed, is healed, the cluster becomes whole, and again; at the
 * end everything is read once more, the disks are compared, and the checkers judge. Prints a line for each phase. One thread.
 */
public final class Runner {
    private static final int HEALTHY_SECONDS = 60;
    private static final int FINAL_READ_SECONDS = 60;
    private static final long WARM_UP_MILLIS = 3_000;
    /** Between a whole cluster and the next fault, so that each recovery shows operations. */
    private static final long REST_MILLIS = 1_500;
    /** How long a fault that names no time of its own lasts: drawn between these. */
    private static final int SHORTEST_HOLD_MILLIS = 2_000;

    private static final int LONGEST_HOLD_MILLIS = 5_000;
    private static final int SERVICE_SECONDS = 15;
    private static final long POLL_MILLIS = 50;
    /** Fewer acknowledged operations in a phase show nothing. */
    private static final long LEAST_OPERATIONS = 5;

    private static final double SHARE_OF_REPLICA_READS = 0.4;

    private final Plan plan;
    private final PrintStream out;
    private final Recorder recorder = new Recorder();
    private final Map<String, Recorder> parts = new LinkedHashMap<>();
    private final List<Clients> clients = new ArrayList<>();
    private final List<Finding> deadDisks = new ArrayList<>();
    private final List<String> notWhole = new ArrayList<>();
    private final Map<String, Boolean> quorumLeft = new LinkedHashMap<>();
    private final Map<String, Long> least =
            new LinkedHashMap<>(Map.of("fault:", LEAST_OPERATIONS, "recovery:", LEAST_OPERATIONS));
    private final Map<String, Object> about;
    private final SplittableRandom random;
    private final DiskCheck disks;
    private long slowestWhole;

    public Runner(Plan plan, PrintStream out) {
        this.plan = plan;
        this.out = out;
        about = plan.about();
        random = new SplittableRandom(plan.seed());
        disks = new DiskCheck(plan.distribution());
    }

    /** What came of it: the history of each workload, all of them together, and what the checkers say. */
    public record Outcomes(History all, Map<String, History> byWorkload, List<Finding> findings) {
        public boolean valid() {
            return findings.stream().allMatch(Finding::valid);
        }
    }

    /**
     * Runs on a cluster that has just been started. The cluster is stopped afterwards: its disks are looked at last.
     *
     * @throws Exception when the run itself breaks, which says nothing of the target
     */
    public Outcomes run(TestCluster cluster) throws Exception {
        say(
                "cluster of %d processes with %d nodes starts",
                cluster.processes(), cluster.nodes().size());
        ClusterState.awaitHealthy(cluster.nodes(), HEALTHY_SECONDS);
        if (!Faults.names(cluster).containsAll(plan.faults())) {
            throw new IllegalArgumentException("this target can come back from " + Faults.names(cluster) + " only");
        }
        about.put("shards", shards(cluster));
        about.put("minOk", least);
        about.put("quorumLeft", quorumLeft);
        List<Finding> findings = new ArrayList<>();
        try (RunMetrics metrics = new RunMetrics(cluster, plan.folder().resolve("metrics"))) {
            start(cluster);
            metrics.start();
            long begin = recorder.now();
            pause(plan.faults().isEmpty() ? TimeUnit.SECONDS.toMillis(plan.seconds()) : WARM_UP_MILLIS);
            phase("warm-up", begin, "");
            strikeAll(cluster);
            finish();
        } finally {
            clients.forEach(Clients::close);
        }
        if (cluster instanceof CairnCluster cairn) {
            findings.add(together(deadDisks));
            findings.add(disks.atEnd(cairn));
            boolean cut = recorder.history(about).faults().stream()
                    .anyMatch(fault -> fault.kind().equals("log-cut"));
            findings.add((cut ? new NodeLogCheck(NodeLogCheck.CUT_LOG) : new NodeLogCheck()).check(cairn));
        }
        findings.add(Finding.of("recovery", Map.of("slowestMillis", slowestWhole), notWhole));
        return judge(findings);
    }

    private void start(TestCluster cluster) throws Exception {
        int each = plan.clients();
        double rate = plan.rate() / (double) plan.workloads().size() / each;
        for (String name : plan.workloads()) {
            String prefix = name.charAt(0) + Long.toString(plan.seed() & 0xffff, 36);
            Options options = Options.standard(prefix)
                    .withOperationsPerSecond(rate)
                    .withReplicaReads(plan.replicaReads() ? SHARE_OF_REPLICA_READS : 0);
            Workload workload = Workloads.named(name, options);
            Recorder part = recorder.part();
            int beside = each / 2 / cluster.processes();
            Clients.Crowd crowd = Clients.Crowd.of(each - beside * cluster.processes(), beside, random.nextLong());
            Clients some = new Clients(cluster.nodes(), cluster.processOfNode(), workload, rate, part, crowd);
            parts.put(name, part);
            clients.add(some);
            some.start();
        }
    }

    private void strikeAll(TestCluster cluster) {
        if (plan.faults().isEmpty()) {
            return;
        }
        if (plan.injections() > 0) {
            for (String name : plan.faults()) {
                for (int i = 0; i < plan.injections() && notWhole.isEmpty(); i++) {
                    strike(cluster, name);
                }
            }
            return;
        }
        long end = recorder.now() + TimeUnit.SECONDS.toNanos(plan.seconds());
        while (recorder.now() < end && notWhole.isEmpty()) {
            strike(cluster, plan.faults().get(random.nextInt(plan.faults().size())));
        }
    }

    /** Strikes once, and waits until the cluster is whole again. */
    private void strike(TestCluster cluster, String name) {
        Fault fault = Faults.make(name, cluster, random);
        quorumLeft.merge(fault.kind(), fault.quorumLeft(), Boolean::logicalAnd);
        if (!fault.quorumLeft()) {
            least.put("fault: " + fault.kind(), 0L);
        }
        long begin = recorder.now();
        try {
            fault.strike(cluster);
        } catch (IllegalStateException e) {
            notWhole.add(
                    "%s could not be made at %d ms: %s".formatted(fault.describe(), begin / 1_000_000, e.getMessage()));
            fault.heal(cluster);
            return;
        }
        long struck = recorder.now();
        String probe;
        boolean confirmed = true;
        try {
            probe = fault.confirm(cluster);
        } catch (UnconfirmedException e) {
            probe = String.valueOf(e.getMessage());
            confirmed = false;
        }
        lookAtDeadDisks(cluster, fault);
        long hold = Math.max(fault.holdMillis(), random.nextInt(SHORTEST_HOLD_MILLIS, LONGEST_HOLD_MILLIS));
        pause(hold - TimeUnit.NANOSECONDS.toMillis(recorder.now() - struck));
        if (fault.quorumLeft()) {
            awaitService(struck);
        }
        long healing = recorder.now();
        fault.heal(cluster);
        long healed = recorder.now();
        recorder.add(new FaultWindow(
                fault.kind(), fault.describe(), fault.victims(), begin, struck, healing, healed, confirmed, probe));
        phase("fault: " + fault.kind(), begin, fault.describe() + (confirmed ? ": " : ": NOT CONFIRMED: ") + probe);
        try {
            ClusterState.awaitHealthy(cluster.nodes(), HEALTHY_SECONDS);
        } catch (IllegalStateException e) {
            notWhole.add("after %s at %d ms: %s".formatted(fault.describe(), begin / 1_000_000, e.getMessage()));
        }
        long whole = TimeUnit.NANOSECONDS.toMillis(recorder.now() - healed);
        slowestWhole = Math.max(slowestWhole, whole);
        pause(REST_MILLIS);
        phase("recovery: " + fault.kind(), healed, "whole after " + whole + " ms");
    }

    /**
     * A fault that leaves a quorum lasts until each workload was served through it: on a busy machine an election takes longer
     * than the time that was drawn. When that does not come, the checks say so.
     */
    private void awaitService(long struck) {
        long end = struck + TimeUnit.SECONDS.toNanos(SERVICE_SECONDS);
        while (recorder.now() < end
                && parts.values().stream().anyMatch(part -> acknowledged(part, struck) < LEAST_OPERATIONS)) {
            pause(POLL_MILLIS);
        }
    }

    private static long acknowledged(Recorder part, long since) {
        return part.since(since).stream()
                .filter(operation -> operation.outcome() == Outcome.OK)
                .count();
    }

    private void lookAtDeadDisks(TestCluster cluster, Fault fault) {
        if (cluster instanceof CairnCluster cairn) {
            for (int process : fault.victims()) {
                if (!cairn.server(process).alive()) {
                    deadDisks.add(disks.dead(cairn.home(process)));
                }
            }
        }
    }

    /** One finding of what was seen of each killed process. */
    private static Finding together(List<Finding> each) {
        List<String> problems =
                each.stream().flatMap(one -> one.problems().stream()).toList();
        return Finding.of("disk-dead", Map.of("looked", each.size()), problems);
    }

    private void finish() {
        long begin = recorder.now();
        clients.forEach(Clients::stop);
        int unread = clients.stream()
                .mapToInt(some -> some.finalReads(FINAL_READ_SECONDS))
                .sum();
        if (unread > 0) {
            notWhole.add(unread + " things could not be read back at the end");
        }
        phase("final reads", begin, "");
    }

    private Outcomes judge(List<Finding> findings) {
        Map<String, History> histories = new LinkedHashMap<>();
        List<Operation> all = new ArrayList<>();
        parts.forEach((name, part) -> {
            History history = part.history(about);
            histories.put(name, history);
            all.addAll(history.operations());
            for (Checker checker : Workloads.named(name, Options.standard(name)).checkers()) {
                Finding finding = timed(checker, history);
                findings.add(checker instanceof Vacuity ? finding.named(finding.checker() + " of " + name) : finding);
            }
        });
        History whole = recorder.history(about);
        History together = new History(about, all, whole.faults(), whole.phases());
        for (Checker checker : List.of(new Availability(), new Vacuity())) {
            findings.add(timed(checker, together));
        }
        return new Outcomes(together, histories, findings);
    }

    private Finding timed(Checker checker, History history) {
        long begin = System.nanoTime();
        Finding finding = checker.check(history);
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
        say("%s: %s (%d ms)", finding.checker(), finding.valid() ? "valid" : "INVALID", millis);
        return finding;
    }

    /** Slot ranges with the shard's number, as {@link Availability} wants them; a shard is named by its first slot. */
    private static List<List<Object>> shards(TestCluster cluster) throws Exception {
        Map<Address, String> names = new HashMap<>();
        List<List<Object>> shards = new ArrayList<>();
        for (ClusterState.Range range : ClusterState.slots(cluster.nodes().get(0))) {
            String name = names.computeIfAbsent(range.primary(), primary -> "shard at slot " + range.first());
            shards.add(List.of((long) range.first(), (long) range.last(), name));
        }
        return shards;
    }

    /** Ends a phase that began at {@code begin}, and says what clients saw in it. */
    private void phase(String name, long begin, String note) {
        long end = recorder.now();
        recorder.add(new Phase(name, begin, end));
        Map<Outcome, Integer> seen = new EnumMap<>(Outcome.class);
        for (Recorder part : parts.values()) {
            part.since(begin).forEach(operation -> seen.merge(operation.outcome(), 1, Integer::sum));
        }
        say(
                "%s: %.1f s, %d ok, %d fail, %d info%s",
                name,
                (end - begin) / 1e9,
                seen.getOrDefault(Outcome.OK, 0),
                seen.getOrDefault(Outcome.FAIL, 0),
                seen.getOrDefault(Outcome.INFO, 0),
                note.isEmpty() ? "" : "; " + note);
    }

    private void say(String format, Object... values) {
        out.printf(Locale.ROOT, "%7.1f s  %s%n", recorder.now() / 1e9, String.format(Locale.ROOT, format, values));
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(Math.max(0, millis));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
