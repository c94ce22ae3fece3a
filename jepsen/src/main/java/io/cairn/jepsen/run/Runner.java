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
import io.cairn.jepsen.process.ClusterOptions.Start;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

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
    /** Longer than the time after which {@link Availability} calls a shard that serves nothing down. */
    private static final int SERVICE_SECONDS = 15;

    private static final long POLL_MILLIS = 50;
    /** A fault that ends before this is over before anybody can be served through it. */
    private static final long BRIEF_MILLIS = 1_000;
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
    private final List<Finding> findings = new ArrayList<>();
    /** What broke in the harness, or in the target where the harness relies on it; each once. */
    private final Set<String> broken = new LinkedHashSet<>();

    private final Map<String, Boolean> quorumLeft = new LinkedHashMap<>();
    private final Map<String, Long> least = new LinkedHashMap<>(Map.of(
            "warm-up", LEAST_OPERATIONS,
            "fault:", LEAST_OPERATIONS,
            "recovery:", LEAST_OPERATIONS,
            "final", LEAST_OPERATIONS));
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
     * Runs on a cluster that has just been started. The cluster is stopped afterwards: its disks are looked at last. What
     * breaks once clients work is a finding, so that what was seen until then is kept; {@link #judge} ends the run.
     *
     * @throws Exception when the run could not begin, which says nothing of the target
     */
    public void run(TestCluster cluster) throws Exception {
        say(
                "cluster of %d processes with %d nodes starts",
                cluster.processes(), cluster.nodes().size());
        ClusterState.awaitHealthy(cluster.nodes(), HEALTHY_SECONDS);
        if (!Faults.names(cluster).containsAll(plan.faults())) {
            throw new IllegalArgumentException("this target can come back from " + Faults.names(cluster) + " only");
        }
        List<List<Object>> shards = shards(cluster);
        about.put("shards", shards);
        about.put("minOk", least);
        about.put("quorumLeft", quorumLeft);
        try (RunMetrics metrics = new RunMetrics(cluster, plan.folder().resolve("metrics"))) {
            start(cluster);
            metrics.start();
            long begin = recorder.now();
            pause(plan.faults().isEmpty() ? TimeUnit.SECONDS.toMillis(plan.seconds()) : WARM_UP_MILLIS);
            phase("warm-up", begin, recorder.now(), "");
            Served served = new Served(parts.values(), shards);
            guarded("the faults", () -> strikeAll(cluster, served));
            finish();
        } finally {
            clients.forEach(Clients::close);
        }
        if (cluster instanceof CairnCluster cairn && cairn.began() != Start.GOSSIP) {
            findings.add(together(deadDisks));
            guarded("the comparison of the disks", () -> findings.add(disks.atEnd(cairn)));
            boolean cut = recorder.history(about).faults().stream()
                    .anyMatch(fault -> fault.kind().contains("log-cut"));
            NodeLogCheck logs = cut ? new NodeLogCheck(NodeLogCheck.CUT_LOG) : new NodeLogCheck();
            guarded("the look at the node logs", () -> findings.add(logs.check(cairn)));
        }
        findings.add(Finding.of("recovery", Map.of("slowestMillis", slowestWhole), notWhole));
        findings.add(Finding.of("run", Map.of("broke", broken.size()), List.copyOf(broken)));
    }

    /** What breaks makes the run invalid and does not end it: what was seen so far is the evidence. */
    private void guarded(String what, Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            broken.add(what + " broke: " + e);
            e.printStackTrace(out);
        }
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
            Clients.Crowd crowd = Clients.Crowd.of(each - beside * cluster.processes(), beside, random.nextLong())
                    .someWaiting(plan.leaseReads());
            Clients some = new Clients(cluster.nodes(), cluster.processOfNode(), workload, rate, part, crowd);
            parts.put(name, part);
            clients.add(some);
            some.start();
        }
    }

    private void strikeAll(TestCluster cluster, Served served) {
        if (plan.faults().isEmpty()) {
            return;
        }
        if (plan.injections() > 0) {
            for (String name : plan.faults()) {
                for (int i = 0; i < plan.injections() && notWhole.isEmpty(); i++) {
                    strike(cluster, served, name);
                }
            }
            return;
        }
        long end = recorder.now() + TimeUnit.SECONDS.toNanos(plan.seconds());
        while (recorder.now() < end && notWhole.isEmpty()) {
            strike(
                    cluster,
                    served,
                    plan.faults().get(random.nextInt(plan.faults().size())));
        }
    }

    /** Strikes once, and waits until the cluster is whole again. */
    private void strike(TestCluster cluster, Served served, String name) {
        // Always drawn, and each fault draws for itself, so that what the cluster does moves no later draw.
        long drawn = random.nextInt(SHORTEST_HOLD_MILLIS, LONGEST_HOLD_MILLIS);
        SplittableRandom own = random.split();
        long begin = recorder.now();
        Fault fault = made(name, cluster, own);
        if (fault == null) {
            return;
        }
        long hold = fault.holdMillis(drawn);
        boolean servedThrough = fault.quorumLeft() && hold >= BRIEF_MILLIS;
        quorumLeft.merge(fault.kind(), fault.quorumLeft(), Boolean::logicalAnd);
        least.merge("fault: " + fault.kind(), servedThrough ? LEAST_OPERATIONS : 0L, Math::min);
        try {
            fault.strike(cluster);
        } catch (RuntimeException e) {
            notMade(fault.describe(), begin, e);
            healed(cluster, fault);
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
        } catch (RuntimeException e) {
            probe = "the probe broke: " + e;
            confirmed = false;
        }
        lookAtDeadDisks(cluster, fault);
        pause(hold - TimeUnit.NANOSECONDS.toMillis(recorder.now() - struck));
        if (servedThrough) {
            awaitService(served, struck);
        }
        long healing = recorder.now();
        boolean healed = healed(cluster, fault);
        long end = recorder.now();
        recorder.add(new FaultWindow(
                fault.kind(), fault.describe(), fault.victims(), begin, struck, healing, end, confirmed, probe));
        String note = fault.describe() + (confirmed ? ": " : ": NOT CONFIRMED: ") + probe;
        phase("fault: " + fault.kind(), struck, healing, note);
        if (healed) {
            awaitWhole(cluster, fault, end);
        }
    }

    private @Nullable Fault made(String name, TestCluster cluster, SplittableRandom own) {
        try {
            return Faults.make(name, cluster, own);
        } catch (IllegalStateException e) {
            notMade(name, recorder.now(), e);
            return null;
        }
    }

    private void notMade(String what, long at, RuntimeException why) {
        notWhole.add("%s could not be made at %d ms: %s".formatted(what, at / 1_000_000, why.getMessage()));
    }

    /** Heals, and says whether that broke: a process that does not come back is what a run looks for. */
    private boolean healed(TestCluster cluster, Fault fault) {
        try {
            fault.heal(cluster);
            return true;
        } catch (RuntimeException e) {
            notWhole.add("%s could not be healed at %d ms: %s"
                    .formatted(fault.describe(), recorder.now() / 1_000_000, e.getMessage()));
            e.printStackTrace(out);
            return false;
        }
    }

    private void awaitWhole(TestCluster cluster, Fault fault, long healed) {
        try {
            ClusterState.awaitHealthy(cluster.nodes(), HEALTHY_SECONDS);
        } catch (IllegalStateException e) {
            notWhole.add(
                    "after %s, healed at %d ms: %s".formatted(fault.describe(), healed / 1_000_000, e.getMessage()));
        }
        long whole = TimeUnit.NANOSECONDS.toMillis(recorder.now() - healed);
        slowestWhole = Math.max(slowestWhole, whole);
        pause(REST_MILLIS);
        phase("recovery: " + fault.kind(), healed, recorder.now(), "whole after " + whole + " ms");
    }

    /**
     * A fault that leaves a quorum lasts until each shard and each workload was served through it: on a busy machine an election
     * takes longer than the time that was drawn. When that does not come, it has lasted long enough for {@link Availability} to
     * say so.
     */
    private void awaitService(Served served, long struck) {
        long end = struck + TimeUnit.SECONDS.toNanos(SERVICE_SECONDS);
        while (recorder.now() < end && !served.everywhere(struck, LEAST_OPERATIONS)) {
            pause(POLL_MILLIS);
        }
    }

    private void lookAtDeadDisks(TestCluster cluster, Fault fault) {
        if (cluster instanceof CairnCluster cairn && cairn.began() != Start.GOSSIP) {
            for (int process : fault.victims()) {
                if (!cairn.server(process).alive()) {
                    deadDisks.add(disks.dead(cairn.home(process)));
                }
            }
        }
    }

    /** One finding of what was seen of each killed process; figures but for times are summed. */
    static Finding together(List<Finding> each) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("looked", each.size());
        List<String> problems = new ArrayList<>();
        for (Finding one : each) {
            problems.addAll(one.problems());
            for (String name : List.of("logs", "entries", "tornTails")) {
                if (one.figures().get(name) instanceof Number number) {
                    figures.merge(name, number.longValue(), (a, b) -> (Long) a + (Long) b);
                }
            }
        }
        return Finding.of("disk-dead", figures, problems);
    }

    private void finish() {
        long begin = recorder.now();
        clients.forEach(some -> guarded("a workload", some::stop));
        AtomicInteger unread = new AtomicInteger();
        clients.forEach(some -> guarded("a workload", () -> unread.addAndGet(some.finalReads(FINAL_READ_SECONDS))));
        if (unread.get() > 0) {
            notWhole.add(unread + " things could not be read back at the end");
        }
        phase("final reads", begin, recorder.now(), "");
    }

    /** What each workload recorded so far. */
    public Map<String, History> histories() {
        Map<String, History> histories = new LinkedHashMap<>();
        parts.forEach((name, part) -> histories.put(name, part.history(about)));
        return histories;
    }

    /** What the checkers say of what {@link #run} recorded. */
    public Outcomes judge() {
        Map<String, History> histories = histories();
        List<Operation> all = new ArrayList<>();
        histories.forEach((name, history) -> {
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
        Finding finding = checked(checker, history);
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
        say("%s: %s (%d ms)", finding.checker(), finding.valid() ? "valid" : "INVALID", millis);
        return finding;
    }

    /** A checker that breaks has not said that all is well, and the others are still asked. */
    static Finding checked(Checker checker, History history) {
        try {
            return checker.check(history);
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            String name = checker.getClass().getSimpleName().toLowerCase(Locale.ROOT);
            return Finding.of(name, Map.of(), List.of("the check broke: " + e));
        }
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

    /** Takes down a phase, and says what clients were told in it. */
    private void phase(String name, long begin, long end, String note) {
        recorder.add(new Phase(name, begin, end));
        Map<Outcome, Integer> seen = new EnumMap<>(Outcome.class);
        for (Recorder part : parts.values()) {
            part.since(begin).stream()
                    .filter(operation -> operation.ret() <= end)
                    .forEach(operation -> seen.merge(operation.outcome(), 1, Integer::sum));
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
