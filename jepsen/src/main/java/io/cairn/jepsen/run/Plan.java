package io.cairn.jepsen.run;

import io.cairn.jepsen.process.ClusterOptions.Start;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.SourceTree;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run does. With {@code injections} above 0 each fault strikes that often, one kind after another, and {@code seconds}
 * does not count; else faults are drawn by the seed until {@code seconds} have passed.
 *
 * @param workloads names, all of which run side by side
 * @param faults names; empty for a run without faults
 * @param seconds how long faults are drawn, or how long clients run when there are none
 * @param clients clients of each workload
 * @param rate operations per second of all clients together, at most
 * @param leaseReads whether Cairn is started with cluster-read-consistency lease
 * @param mode how Cairn's cluster begins
 * @param mutant name of the planted bug in the distribution; null for the real build
 */
public record Plan(
        List<String> workloads,
        List<String> faults,
        int injections,
        int seconds,
        long seed,
        Target target,
        Start mode,
        int nodesPerProcess,
        int clients,
        int rate,
        boolean replicaReads,
        boolean leaseReads,
        int port,
        Path folder,
        Distribution distribution,
        @Nullable String mutant) {

    /** What is struck. */
    public enum Target {
        /** Cairn, in raft mode unless the plan's mode says otherwise. */
        CAIRN,
        /** A real Redis Cluster, which acknowledges before it replicates: it shows that losses are seen. */
        REDIS
    }

    /** As it is written into history and verdict. */
    public Map<String, Object> about() {
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("run", String.valueOf(folder.getFileName()));
        about.put("started", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        about.put("commit", SourceTree.commit(distribution.root()));
        about.put("workload", String.join(",", workloads));
        about.put("faults", faultsText());
        about.put("injections", (long) injections);
        about.put("seconds", injections > 0 ? 0L : seconds);
        about.put("seed", seed);
        about.put("target", target.name().toLowerCase(java.util.Locale.ROOT));
        if (mode != Start.RAFT) {
            about.put("mode", mode.name().toLowerCase(java.util.Locale.ROOT));
        }
        about.put("nodes", (long) nodesPerProcess);
        about.put("clients", (long) clients);
        about.put("rate", (long) rate);
        about.put("replicaReads", replicaReads);
        about.put("leaseReads", leaseReads);
        about.put("command", String.join(" ", command()));
        if (mutant != null) {
            about.put("mutant", mutant);
        }
        return about;
    }

    private String faultsText() {
        return faults.isEmpty() ? "none" : String.join(",", faults);
    }

    /** The command that repeats the run; for a mutant the one that hunts it, beginning with this round. */
    public List<String> command() {
        if (mutant != null) {
            List<String> hunt = new ArrayList<>(List.of("jepsen/cairn-jepsen", "mutants", mutant));
            hunt.addAll(List.of("--seed", Long.toString(seed), "--round", Integer.toString(seconds)));
            hunt.addAll(List.of("--port", Integer.toString(port), "--no-real"));
            return hunt;
        }
        List<String> words = new ArrayList<>(List.of("jepsen/cairn-jepsen", "run", "--workload"));
        words.add(String.join(",", workloads));
        words.add("--faults");
        words.add(faultsText());
        if (injections > 0) {
            words.addAll(List.of("--injections", Integer.toString(injections)));
        } else {
            words.addAll(List.of("--seconds", Integer.toString(seconds)));
        }
        words.addAll(List.of("--seed", Long.toString(seed), "--nodes", Integer.toString(nodesPerProcess)));
        words.addAll(List.of("--clients", Integer.toString(clients), "--rate", Integer.toString(rate)));
        words.addAll(List.of("--target", target.name().toLowerCase(java.util.Locale.ROOT)));
        if (mode != Start.RAFT) {
            words.addAll(List.of("--mode", mode.name().toLowerCase(java.util.Locale.ROOT)));
        }
        if (replicaReads) {
            words.add("--replica-reads");
        }
        if (leaseReads) {
            words.add("--lease-reads");
        }
        words.addAll(List.of("--port", Integer.toString(port)));
        return words;
    }
}
