package io.cairn.jepsen.run;

import io.cairn.jepsen.check.Availability;
import io.cairn.jepsen.check.Checker;
import io.cairn.jepsen.check.Finding;
import io.cairn.jepsen.check.Vacuity;
import io.cairn.jepsen.history.History;
import io.cairn.jepsen.history.HistoryFiles;
import io.cairn.jepsen.history.Operation;
import io.cairn.jepsen.report.Results;
import io.cairn.jepsen.workload.Options;
import io.cairn.jepsen.workload.Workloads;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cairn-jepsen check}: judges the histories of a run folder again. Disks and logs are judged only by the run itself: what it found stands. */
@Command(name = "check", description = "Judges the histories of a run folder again.", mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "FOLDER", description = "A run folder.")
    private @Nullable Path folder;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        List<Named> histories = histories();
        List<Finding> anew = findings(histories);
        anew.forEach(finding -> tell(out, finding, ""));
        List<Finding> before = notJudgedAnew(anew);
        before.forEach(finding -> tell(out, finding, ", as the run itself found"));
        out.flush();
        boolean valid = Stream.concat(anew.stream(), before.stream()).allMatch(Finding::valid);
        return valid ? 0 : CairnJepsen.INVALID;
    }

    private static void tell(PrintWriter out, Finding finding, String by) {
        out.printf("%-8s %s%s %s%n", finding.valid() ? "valid" : "INVALID", finding.checker(), by, finding.figures());
        finding.problems().forEach(problem -> out.println("         " + problem));
    }

    /** What the run found of disks, logs and recovery, which its histories do not show. */
    private List<Finding> notJudgedAnew(List<Finding> anew) throws IOException {
        if (folder == null || !Files.isRegularFile(folder.resolve(RunFolder.VERDICT))) {
            return List.of();
        }
        Set<String> names = anew.stream().map(Finding::checker).collect(Collectors.toSet());
        return Results.read(folder.resolve(RunFolder.VERDICT)).findings().stream()
                .filter(finding -> !names.contains(finding.checker()))
                .toList();
    }

    /** A history of a workload. */
    record Named(String workload, History history) {}

    private List<Named> histories() throws IOException {
        List<Named> histories = new ArrayList<>();
        if (folder != null) {
            histories = read(folder);
        }
        if (histories.isEmpty()) {
            throw new ParameterException(spec.commandLine(), folder + " holds no history");
        }
        return histories;
    }

    static List<Named> read(Path folder) throws IOException {
        List<Named> histories = new ArrayList<>();
        for (String workload : Workloads.names()) {
            Path own = folder.resolve(workload);
            if (Files.isRegularFile(own.resolve(HistoryFiles.RUN))) {
                histories.add(new Named(workload, HistoryFiles.read(own)));
            }
        }
        return histories;
    }

    static List<Finding> findings(List<Named> histories) {
        List<Finding> findings = new ArrayList<>();
        for (Named named : histories) {
            for (Checker checker :
                    Workloads.named(named.workload, Options.standard("check")).checkers()) {
                Finding finding = checker.check(named.history);
                findings.add(
                        checker instanceof Vacuity
                                ? finding.named(finding.checker() + " of " + named.workload)
                                : finding);
            }
        }
        History all = together(histories);
        findings.add(new Availability().check(all));
        findings.add(new Vacuity().check(all));
        return findings;
    }

    /** All operations as one history. */
    static History together(List<Named> histories) {
        History first = histories.get(0).history;
        List<Operation> operations = histories.stream()
                .flatMap(each -> each.history.operations().stream())
                .toList();
        return new History(first.about(), operations, first.faults(), first.phases());
    }
}
