package io.cairn.jepsen.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.process.ClusterOptions.Start;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.report.Verdict;
import io.cairn.jepsen.workload.Workloads;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** All workloads side by side under a fault of each family; {@code make jepsen} and {@code make jepsen-each} are the long forms. */
class SmokeIT {
    private static final int PORT = 20200;
    private static final List<String> FAULTS =
            List.of("kill-leader", "isolate-leader", "one-way-in", "wipe", "transfer", "member-churn");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    @Test
    void aFaultOfEachFamilyLeavesNothingWrong() throws Exception {
        Path folder = Files.createDirectory(directory.resolve("smoke"));
        Plan plan = new Plan(
                Workloads.names(),
                FAULTS,
                1,
                0,
                Long.getLong("cairn.seed", 1),
                Plan.Target.CAIRN,
                Start.RAFT,
                1,
                8,
                300,
                true,
                false,
                PORT,
                folder,
                Distribution.find(),
                null);
        RunFolder run = new RunFolder(plan);
        Verdict verdict = run.execute(System.out, true);
        assertThat(verdict.findings()).as("what %s says", folder).allMatch(Finding::valid);
        assertThat(folder.resolve(RunFolder.VERDICT)).isNotEmptyFile();
        assertThat(folder.resolve(RunFolder.REPORT)).content().contains("kill-leader");
        List<CheckCommand.Named> again = CheckCommand.read(folder);
        assertThat(again).hasSameSizeAs(Workloads.names());
        assertThat(CheckCommand.findings(again)).allMatch(Finding::valid);
        History register = again.get(0).history();
        assertThat(register.operations()).hasSizeGreaterThan(100);
    }
}
