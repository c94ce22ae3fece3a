package io.cairn.jepsen.run;

import io.cairn.jepsen.suite.SuiteCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code cairn-jepsen}: breaks a cluster on purpose and tells what came of it. */
@Command(
        name = "cairn-jepsen",
        description = "Breaks a cluster on purpose and tells what came of it.",
        mixinStandardHelpOptions = true,
        subcommands = {
            ListCommand.class,
            RunCommand.class,
            CheckCommand.class,
            ReportCommand.class,
            MutantsCommand.class,
            SuiteCommand.class
        })
public final class CairnJepsen implements Runnable {
    /** Something was seen that may not be. */
    static final int INVALID = 1;

    @Spec
    CommandSpec spec;

    /** Exit codes: 0 nothing wrong was seen, 1 something was, 2 the arguments are wrong, 3 the run itself broke. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new CairnJepsen())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((e, command, parsed) -> {
                    e.printStackTrace(command.getErr());
                    return 3;
                })
                .execute(args));
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getErr());
        throw new CommandLine.ParameterException(spec.commandLine(), "which command?");
    }
}
