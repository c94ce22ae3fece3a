package io.cairn.jepsen.run;

import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.report.HtmlReport;
import io.cairn.jepsen.report.Results;
import io.cairn.jepsen.report.Table;
import io.cairn.jepsen.suite.SuitePage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cairn-jepsen report}. */
@Command(
        name = "report",
        description =
                "Writes the report of a run folder anew; without one, docs/jepsen.md and docs/redis-compatibility.md from the kept results.",
        mixinStandardHelpOptions = true)
final class ReportCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "FOLDER", arity = "0..1", description = "A run folder.")
    private @Nullable Path folder;

    @Override
    public Integer call() throws IOException {
        Path written;
        if (folder == null) {
            Path root = Distribution.find().root();
            spec.commandLine().getOut().println(SuitePage.write(root));
            written = Table.write(root);
        } else {
            List<CheckCommand.Named> histories = CheckCommand.read(folder);
            if (histories.isEmpty()) {
                throw new ParameterException(spec.commandLine(), folder + " holds no history");
            }
            written = folder.resolve(RunFolder.REPORT);
            HtmlReport.write(
                    CheckCommand.together(histories),
                    Results.read(folder.resolve(RunFolder.VERDICT)).findings(),
                    written,
                    Map.of());
        }
        spec.commandLine().getOut().println(written);
        spec.commandLine().getOut().flush();
        return 0;
    }
}
