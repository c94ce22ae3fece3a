package io.cairn.jepsen.run;

import io.cairn.jepsen.nemesis.Faults;
import io.cairn.jepsen.process.ClusterOptions.Start;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.report.Verdict;
import io.cairn.jepsen.workload.Workloads;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code cairn-jepsen run}. */
@Command(
        name = "run",
        description = "Starts a cluster, works on it, breaks it, checks it.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class RunCommand implements Callable<Integer> {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    /** Linux gives ports from 32768 on to outgoing connections. */
    private static final int MOST_PORT = 22_700;

    private static final int LEAST_CLIENTS = 6;

    @Spec
    CommandSpec spec;

    @Option(
            names = "--workload",
            split = ",",
            defaultValue = "all",
            description = "Workloads that run side by side; all for every one (${DEFAULT-VALUE}).")
    private List<String> workloads = List.of();

    @Option(
            names = "--faults",
            split = ",",
            defaultValue = Faults.MIX,
            description =
                    "Faults to draw from: names, all of them, none, or a mix in which two may meet (${DEFAULT-VALUE}).")
    private List<String> faults = List.of();

    @Option(names = "--seconds", defaultValue = "60", description = "How long faults are drawn (${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--injections",
            defaultValue = "0",
            description = "Instead of --seconds: each of the faults this often, one kind after another.")
    private int injections;

    @Option(names = "--seed", defaultValue = "1", description = "Of all that is left to chance (${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--nodes", defaultValue = "3", description = "Nodes of each of the three processes, 1 or 3.")
    private int nodes;

    @Option(names = "--target", defaultValue = "cairn", description = "cairn or redis (${DEFAULT-VALUE}).")
    private Plan.Target target = Plan.Target.CAIRN;

    @Option(
            names = "--mode",
            defaultValue = "raft",
            description =
                    "How Cairn's cluster begins: raft, gossip (which may lose acknowledged writes), or rolled: formed in"
                            + " gossip mode and taken over to raft (${DEFAULT-VALUE}).")
    private Start mode = Start.RAFT;

    @Option(names = "--clients", defaultValue = "8", description = "Clients of each workload (${DEFAULT-VALUE}).")
    private int clients;

    @Option(
            names = "--rate",
            defaultValue = "400",
            description = "Operations a second of all clients (${DEFAULT-VALUE}).")
    private int rate;

    @Option(
            names = "--replica-reads",
            description = "Starts Cairn with cluster-replica-reads linearizable; a part of the reads goes to replicas.")
    private boolean replicaReads;

    @Option(names = "--lease-reads", description = "Starts Cairn with cluster-read-consistency lease.")
    private boolean leaseReads;

    @Option(names = "--port", defaultValue = "20000", description = "First port (${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--runs",
            defaultValue = "jepsen/target/runs",
            description = "Where run folders go (${DEFAULT-VALUE}).")
    private Path runs = Path.of("jepsen/target/runs");

    @Option(names = "--results", description = "Also copies the verdict into this folder.")
    private @Nullable Path results;

    @Option(
            names = "--keep",
            description = "Keeps the processes' data; else only their logs stay when nothing was wrong.")
    private boolean keep;

    @Override
    public Integer call() throws Exception {
        Plan plan = plan();
        RunFolder folder = new RunFolder(plan);
        System.out.println(plan.folder() + "\n" + String.join(" ", plan.command()));
        Verdict verdict = folder.execute(System.out, keep);
        if (results != null) {
            folder.copyVerdict(results);
        }
        return verdict.valid() ? 0 : CairnJepsen.INVALID;
    }

    private Plan plan() {
        if (port < 1024 || port > MOST_PORT) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--port is from 1024 to " + MOST_PORT
                            + ": gossip's ports are 10000 above, where the kernel must not take any for outgoing connections");
        }
        if (nodes != 1 && nodes != 3) {
            throw new ParameterException(spec.commandLine(), "--nodes is 1 or 3");
        }
        if (target == Plan.Target.REDIS && (nodes != 3 || replicaReads || leaseReads)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--target redis always has three nodes a process, and no linearizable reads at replicas or by leases");
        }
        if (mode != Start.RAFT
                && (target == Plan.Target.REDIS
                        || nodes != 3
                        || (mode == Start.GOSSIP && (replicaReads || leaseReads)))) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--mode is of Cairn with three nodes a process, and gossip knows no linearizable reads at replicas or by leases");
        }
        if (clients < LEAST_CLIENTS) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--clients is at least " + LEAST_CLIENTS + ": half of them sit beside the three processes");
        }
        List<String> works = named(workloads, Workloads.names(), "workload");
        List<String> kinds = faults.equals(List.of("none")) ? List.of() : named(faults, Faults.names(), "fault");
        String name = "%s-%s-%s-%s-%d"
                .formatted(
                        STAMP.format(Instant.now()),
                        target.name().toLowerCase(java.util.Locale.ROOT),
                        workloads.size() == 1 ? workloads.get(0) : "several",
                        faults.size() == 1 ? faults.get(0) : "several",
                        seed);
        Path folder = runs.toAbsolutePath().resolve(name);
        Disk.makeDirectory(folder);
        return new Plan(
                works,
                kinds,
                injections,
                seconds,
                seed,
                target,
                mode,
                nodes,
                clients,
                rate,
                replicaReads,
                leaseReads,
                port,
                folder,
                Distribution.find(),
                null);
    }

    private List<String> named(List<String> asked, List<String> known, String what) {
        if (asked.equals(List.of("all"))) {
            return known;
        }
        Set<String> names = new LinkedHashSet<>(asked);
        names.removeAll(known);
        if (!names.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "no %s %s: there are %s".formatted(what, names, known));
        }
        return new ArrayList<>(new LinkedHashSet<>(asked));
    }
}
