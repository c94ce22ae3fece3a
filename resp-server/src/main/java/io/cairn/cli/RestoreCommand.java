package io.cairn.cli;

import io.cairn.server.ProcessLog;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cairn restore}: a backup into an empty cluster, of however many shards. */
@Command(
        name = "restore",
        description = {
            "Load a backup into an empty raft cluster with any number of shards: data, function libraries, settings of the"
                    + " cluster. Everything is checked before anything is sent.",
            "Clients should come when it is done: a restore that was interrupted begins anew with an empty cluster."
        },
        mixinStandardHelpOptions = true)
public final class RestoreCommand implements Callable<Integer> {
    private static final int CALL_MILLIS = 15_000;
    private static final int SLOTS = 16_384;
    private static final long PRIMARIES_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final int PAUSE_MILLIS = 100;

    @Parameters(index = "0", paramLabel = "DIR", description = "The backup.")
    Path directory;

    @Parameters(index = "1", paramLabel = "host:port", description = "Any node of the cluster.")
    String node;

    @Mixin
    final Login login = new Login();

    @Option(names = "--skip-settings", description = "Leave the cluster's settings as they are.")
    boolean skipSettings;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        ProcessLog.none();
        PrintWriter err = spec.commandLine().getErr();
        BackupManifest manifest = BackupManifest.read(directory);
        for (BackupManifest.Part part : manifest.parts()) {
            BackupFile.verify(directory, part);
        }
        InetSocketAddress address = ClusterClient.addresses(List.of(node)).get(0);
        long before = keys(address);
        if (before != 0) {
            throw new IOException("the cluster has " + before + " keys already: a backup goes into an empty one");
        }
        for (BackupManifest.Part part : manifest.parts()) {
            err.println("cairn: " + part.file() + ", " + part.keys() + " keys");
            err.flush();
            int code = load(address, part);
            if (code != 0) {
                return code;
            }
        }
        int code = compare(manifest, keys(address));
        return code != 0 || skipSettings ? code : set(address, manifest.settings());
    }

    /** After the data, which settings such as {@code min-replicas-to-write} might refuse. One by one, to name what fails. */
    private int set(InetSocketAddress address, List<String> settings) throws IOException {
        PrintWriter err = spec.commandLine().getErr();
        int failed = 0;
        try (RespClient client = connect(address)) {
            for (int i = 0; i < settings.size(); i += 2) {
                try {
                    client.call("CONFIG", "SET", settings.get(i), settings.get(i + 1));
                } catch (RespClient.ErrorReply e) {
                    failed++;
                    err.println("cairn: all data is there, but the setting " + settings.get(i) + " \""
                            + settings.get(i + 1) + "\" could not be made: " + e.getMessage());
                    err.flush();
                }
            }
        }
        return failed == 0 ? 0 : 1;
    }

    /** As {@code cairn import} does it. */
    private int load(InetSocketAddress address, BackupManifest.Part part) {
        List<String> words = new ArrayList<>(List.of(
                directory.resolve(part.file()).toString(),
                "--host",
                address.getHostString(),
                "--port",
                Integer.toString(address.getPort()),
                "--db",
                "0"));
        String user = login.user;
        String password = login.password;
        if (user != null) {
            words.addAll(List.of("--user", user));
        }
        if (password != null) {
            words.addAll(List.of("--pass", password));
        }
        return new CommandLine(new ImportCommand())
                .setOut(spec.commandLine().getOut())
                .setErr(spec.commandLine().getErr())
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    command.getErr().println("cairn: " + failure.getMessage());
                    command.getErr().flush();
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(words.toArray(new String[0]));
    }

    /** Keys with a time to live may have gone meanwhile; all others must be there. */
    private int compare(BackupManifest manifest, long found) {
        long least = manifest.keys() - manifest.volatileKeys();
        if (found < least || found > manifest.keys()) {
            PrintWriter err = spec.commandLine().getErr();
            err.println(String.format(
                    Locale.ROOT,
                    "cairn: the cluster has %,d keys, the backup %,d, of which %,d have a time to live",
                    found,
                    manifest.keys(),
                    manifest.volatileKeys()));
            err.flush();
            return 1;
        }
        BackupCommand.print(spec.commandLine().getOut(), "restored", manifest);
        return 0;
    }

    /** In all shards together; every slot must have a primary, if not at once: leadership may just be changing. */
    private long keys(InetSocketAddress address) throws IOException, InterruptedException {
        ClusterCut cut;
        try (RespClient client = connect(address)) {
            long end = System.nanoTime() + PRIMARIES_NANOS;
            cut = ClusterCut.of(client);
            while (cut.shards().stream().anyMatch(shard -> shard.primary().isEmpty()) && System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                cut = ClusterCut.of(client);
            }
        }
        if (cut.covered() < SLOTS) {
            throw new IOException("only " + cut.covered() + " of " + SLOTS + " slots have an owner");
        }
        long keys = 0;
        for (ClusterCut.ShardOfCut shard : cut.shards()) {
            try (RespClient client = connect(shard.address())) {
                keys += Long.parseLong(client.text("DBSIZE"));
            }
        }
        return keys;
    }

    private RespClient connect(InetSocketAddress to) throws IOException {
        return login.connect(to, CALL_MILLIS);
    }
}
