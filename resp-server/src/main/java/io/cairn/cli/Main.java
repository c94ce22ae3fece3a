package io.cairn.cli;

import io.cairn.command.Release;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command line: {@code cairn <command>}. Exit codes: 0 done, 1 it failed (one line on stderr says why), 2 usage. */
@Command(
        name = "cairn",
        description = "A Redis-compatible cache with gossip and Raft clustering.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = {
            ServerCommand.class,
            DemoCommand.class,
            ClusterCommand.class,
            ConfigCommand.class,
            LogCommand.class,
            ImportCommand.class,
            RehearseCommand.class,
            BackupCommand.class,
            RestoreCommand.class,
            RecoverCommand.class,
            AutoComplete.GenerateCompletion.class,
            CommandLine.HelpCommand.class
        })
public final class Main implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    /** What {@code --version} prints. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"cairn " + Release.VERSION + ", Java " + Runtime.version()};
        }
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return CommandLine.ExitCode.USAGE;
    }

    /** Runs a command line and returns its exit code. */
    public static int run(String... words) {
        // A server that starts reads the annotations of its own command only, which saves a tenth of the start's CPU.
        boolean server = words.length > 0 && words[0].equals("server");
        CommandLine line = server ? new CommandLine(new ServerCommand()) : new CommandLine(new Main());
        // Redis's habit: --any-key value; the configuration knows which keys there are.
        if (server) {
            line.setCommandName("cairn server").setUnmatchedOptionsArePositionalParams(true);
        } else {
            Objects.requireNonNull(line.getSubcommands().get("server"))
                    .setUnmatchedOptionsArePositionalParams(true); // cairn @file
        }
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            PrintWriter err = command.getErr();
            String message = failure.getMessage();
            err.println("cairn: " + (message == null ? failure.toString() : message));
            return CommandLine.ExitCode.SOFTWARE;
        });
        return line.execute(server ? Arrays.copyOfRange(words, 1, words.length) : words);
    }

    /** Runs the command line and exits with its code. */
    public static void main(String[] words) {
        System.exit(run(words));
    }
}
