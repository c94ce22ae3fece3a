package io.cairn.cli;

import io.cairn.server.ProcessLog;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cairn backup}: all data of a raft cluster at one point, into a directory. */
@Command(
        name = "backup",
        description = "Back up a whole raft cluster at one point, or check a backup.",
        mixinStandardHelpOptions = true,
        subcommands = {BackupCommand.Create.class, BackupCommand.Verify.class})
public final class BackupCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return 2;
    }

    /** {@code cairn backup create}. */
    @Command(
            name = "create",
            description = {
                "Write an RDB file of each shard and a manifest into an empty directory.",
                "The point is one for all shards: every write acknowledged before it is in the backup, none that was sent"
                        + " after it is, whichever shards they went to. For the milliseconds in which it is fixed, calls"
                        + " wait at the primaries; nothing fails."
            },
            mixinStandardHelpOptions = true)
    static final class Create implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "host:port", description = "Any node of the cluster.")
        String node;

        @Parameters(index = "1", paramLabel = "DIR", description = "Empty, or not there yet.")
        Path directory;

        @Mixin
        final Login login = new Login();

        @Option(
                names = "--hold",
                paramLabel = "MS",
                defaultValue = "2000",
                description = "Longest time that writes are held, up to 10000; a try that takes longer is given up"
                        + " (default: ${DEFAULT-VALUE}).")
        int holdMillis;

        @Option(
                names = "--attempts",
                paramLabel = "N",
                defaultValue = "5",
                description = "Tries to fix the point (default: ${DEFAULT-VALUE}).")
        int attempts;

        @Option(
                names = "--timeout",
                paramLabel = "SECONDS",
                defaultValue = "600",
                description = "Give up when a node is silent for so long while it makes its file (default:"
                        + " ${DEFAULT-VALUE}).")
        int timeoutSeconds;

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            ProcessLog.none();
            InetSocketAddress address = ClusterClient.addresses(List.of(node)).get(0);
            PrintWriter err = spec.commandLine().getErr();
            BackupRun run = new BackupRun(
                    address,
                    new BackupRun.Options(login, holdMillis, Math.max(1, attempts), Math.max(1, timeoutSeconds) * 1000),
                    line -> {
                        err.println("cairn: " + line);
                        err.flush();
                    });
            BackupManifest made = run.run(directory);
            print(spec.commandLine().getOut(), "backed up", made);
            return 0;
        }
    }

    static void print(PrintWriter out, String what, BackupManifest manifest) {
        out.println(String.format(
                Locale.ROOT,
                "%s: %,d keys of %d shards of cluster %s at %s",
                what,
                manifest.keys(),
                manifest.parts().size(),
                manifest.clusterId(),
                Instant.ofEpochMilli(manifest.point())));
        out.flush();
    }

    /** {@code cairn backup verify}. */
    @Command(
            name = "verify",
            description =
                    "Read all of a backup: checksums, every value, the number of keys. Exit code 1 if it is not whole.",
            mixinStandardHelpOptions = true)
    static final class Verify implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "The backup.")
        Path directory;

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            ProcessLog.none();
            BackupManifest manifest = BackupManifest.read(directory);
            for (BackupManifest.Part part : manifest.parts()) {
                BackupFile.verify(directory, part);
            }
            print(spec.commandLine().getOut(), "whole", manifest);
            return 0;
        }
    }
}
