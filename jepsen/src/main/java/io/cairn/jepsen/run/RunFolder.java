package io.cairn.jepsen.run;

import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.HistoryFiles;
import io.cairn.jepsen.process.CairnCluster;
import io.cairn.jepsen.process.ClusterOptions;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.RedisCluster;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.report.HtmlReport;
import io.cairn.jepsen.report.Results;
import io.cairn.jepsen.report.Verdict;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The folder of a run: {@code cluster/} (what the processes printed, and their data), {@code metrics/}, for each workload a folder
 * with {@code history.jsonl}, {@code history.edn} and {@code run.json}, then {@code verdict.json}, {@code report.html} and
 * {@code command}.
 */
public final class RunFolder {
    static final String VERDICT = "verdict.json";
    static final String REPORT = "report.html";
    private static final String COMMAND = "command";
    private static final String CLUSTER = "cluster";

    private final Plan plan;
    private final Path folder;

    public RunFolder(Plan plan) {
        this.plan = plan;
        folder = plan.folder();
    }

    /**
     * Runs the plan and fills the folder; prints as it goes.
     *
     * @param keep keeps the processes' data also when nothing was wrong
     * @return what is left in the folder as {@code verdict.json}
     */
    public Verdict execute(PrintStream out, boolean keep) throws Exception {
        Files.writeString(folder.resolve(COMMAND), String.join(" ", plan.command()) + "\n");
        Runner runner = new Runner(plan, out);
        try (TestCluster cluster = cluster()) {
            runner.run(cluster);
        } finally {
            // Before anything is judged: a run that breaks leaves what was seen.
            write(runner.histories());
        }
        Runner.Outcomes outcomes = runner.judge();
        Verdict verdict = Verdict.of(outcomes.all(), outcomes.findings(), false);
        Results.write(verdict, folder.resolve(VERDICT));
        HtmlReport.write(outcomes.all(), outcomes.findings(), folder.resolve(REPORT), Map.of());
        tell(verdict, out);
        if (verdict.valid() && !keep) {
            forgetData();
        }
        return verdict;
    }

    private void write(Map<String, History> histories) throws IOException {
        for (Map.Entry<String, History> each : histories.entrySet()) {
            Path own = folder.resolve(each.getKey());
            Disk.makeDirectory(own);
            HistoryFiles.write(each.getValue(), own);
        }
    }

    /** Copies the verdict under the run's name, where results are kept. */
    public void copyVerdict(Path results) throws IOException {
        Disk.makeDirectory(results);
        Files.copy(folder.resolve(VERDICT), results.resolve(folder.getFileName() + ".json"));
    }

    static void tell(Verdict verdict, PrintStream out) {
        verdict.findings().forEach(finding -> {
            out.printf("%-8s %s %s%n", finding.valid() ? "valid" : "INVALID", finding.checker(), finding.figures());
            finding.problems().forEach(problem -> out.println("         " + problem));
        });
        out.printf("operations %s, injections %s%n", verdict.operations(), verdict.injections());
        out.println(verdict.valid() ? "nothing wrong was seen" : "INVALID");
    }

    private TestCluster cluster() {
        Path home = folder.resolve(CLUSTER);
        Disk.makeDirectory(home);
        return switch (plan.target()) {
            case CAIRN -> new CairnCluster(plan.distribution(), home, plan.port(), options());
            case REDIS -> new RedisCluster(home, plan.port(), options());
        };
    }

    private ClusterOptions options() {
        ClusterOptions options = ClusterOptions.DEMO
                .withStart(plan.mode())
                .withNodesPerProcess(plan.nodesPerProcess())
                .withNetwork(plan.seed());
        if (plan.replicaReads()) {
            options = options.withExtra("--cluster-replica-reads", "linearizable");
        }
        return plan.leaseReads() ? options.withExtra("--cluster-read-consistency", "lease") : options;
    }

    private void forgetData() throws IOException {
        try (var entries = Files.list(folder.resolve(CLUSTER))) {
            entries.filter(Files::isDirectory).forEach(Disk::delete);
        }
    }
}
