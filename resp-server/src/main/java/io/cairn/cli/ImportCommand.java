package io.cairn.cli;

import io.cairn.rdb.PayloadBuffer;
import io.cairn.rdb.RdbReader;
import io.cairn.server.ProcessLog;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cairn import}: an RDB file into a server or cluster that runs, through ordinary client connections. */
@Command(
        name = "import",
        description = {
            "Load an RDB file of Redis or Cairn into a running server or cluster, Cairn or Redis; or, with --live, all"
                    + " that a running server or cluster has and changes, until it is cut over.",
            "Keys that are there already stay as they are, and the exit code is 1, unless one of --replace and"
                    + " --skip-existing is given; so an import that was interrupted may simply be started again."
        },
        mixinStandardHelpOptions = true)
public final class ImportCommand implements Callable<Integer> {
    private static final long MB = 1 << 20;

    @Parameters(paramLabel = "FILE", arity = "0..1", description = "The RDB file, as dump.rdb.")
    @Nullable
    Path file;

    @Mixin
    LiveOptions live = new LiveOptions();

    @Option(
            names = "--host",
            defaultValue = "127.0.0.1",
            description = "Server, or any node of a cluster (default: ${DEFAULT-VALUE}).")
    String host;

    @Option(
            names = {"-p", "--port"},
            defaultValue = "6379",
            description = "Its client port (default: ${DEFAULT-VALUE}).")
    int port;

    @Mixin
    Login login = new Login();

    @Option(names = "--replace", description = "Replace keys that are there.")
    boolean replace;

    @Option(names = "--skip-existing", description = "Keys that are there are no failure.")
    boolean skipExisting;

    @Option(names = "--db", paramLabel = "N", description = "Only keys of this database of the file; may be repeated.")
    List<Integer> databases = List.of();

    @Option(names = "--to-db", paramLabel = "N", defaultValue = "-1", description = "Put all keys into this database.")
    int into;

    @Option(names = "--skip-functions", description = "Leave libraries of functions out.")
    boolean skipFunctions;

    @Option(names = "--skip-modules", description = "Leave keys and data of modules out.")
    boolean skipModules;

    @Option(
            names = "--piece-size",
            paramLabel = "MB",
            defaultValue = "16",
            description = "Larger values are sent in pieces, each by several commands (default: ${DEFAULT-VALUE}).")
    int pieceMegabytes;

    @Option(
            names = "--window",
            paramLabel = "MB",
            defaultValue = "32",
            description = "Commands that may be unanswered at a time (default: ${DEFAULT-VALUE}).")
    int windowMegabytes;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description =
                    "Give up when a server does not answer, or cannot take a command, for so long (default: ${DEFAULT-VALUE}).")
    int timeoutSeconds;

    @Option(
            names = {"-q", "--quiet"},
            description = "Show no progress.")
    boolean quiet;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (replace && skipExisting) {
            throw new ParameterException(spec.commandLine(), "--replace and --skip-existing exclude each other");
        }
        if ((file == null) == (live.from == null)) {
            throw new ParameterException(spec.commandLine(), "give either a FILE or --live HOST:PORT");
        }
        ProcessLog.none();
        ImportOptions options = new ImportOptions(
                host,
                port,
                login.user,
                login.secret(),
                replace,
                Set.copyOf(databases),
                into,
                Math.max(1, pieceMegabytes) * MB,
                Math.max(1, windowMegabytes) * MB,
                Math.max(1, timeoutSeconds) * 1000);
        PrintWriter err = spec.commandLine().getErr();
        Path from = file;
        return from == null
                ? live.run(
                        options,
                        !skipFunctions,
                        skipModules,
                        quiet,
                        spec.commandLine().getOut(),
                        err)
                : load(from, options, err);
    }

    private int load(Path from, ImportOptions options, PrintWriter err) throws IOException {
        try (FileChannel channel = FileChannel.open(from, StandardOpenOption.READ);
                ImportTarget target = new ImportTarget(options);
                PayloadBuffer payload = new PayloadBuffer()) {
            target.connect();
            ImportProgress progress = new ImportProgress(err, ImportProgress.isTerminal(), quiet, channel.size());
            ImportLibraries functions = new ImportLibraries(target, options);
            RdbReader[] reading = new RdbReader[1];
            ImportEntries entries = new ImportEntries(
                    target, options, payload, functions, seen -> progress.at(reading[0].offset(), target.done()));
            RdbReader reader = new RdbReader(channel, entries, skipFunctions, skipModules);
            reading[0] = reader;
            try {
                reader.load();
                target.finish();
            } finally {
                progress.end(reader.offset(), target.done());
            }
            report(target, entries, reader, progress, functions);
            return (target.present() > 0 || functions.present() > 0) && !skipExisting ? 1 : 0;
        } catch (java.nio.file.NoSuchFileException e) {
            throw new IOException(from + ": no such file", e);
        } catch (io.cairn.rdb.RdbException e) {
            throw new IOException(from + ": " + e.getMessage(), e);
        }
    }

    private void report(
            ImportTarget target,
            ImportEntries entries,
            RdbReader reader,
            ImportProgress progress,
            ImportLibraries functions) {
        StringBuilder line = new StringBuilder(
                String.format(Locale.ROOT, "%,d keys loaded in %.1f s", target.done(), progress.seconds()));
        add(line, functions.loaded(), "function libraries loaded");
        add(line, entries.expired(), "expired already");
        add(line, entries.left(), "of other databases");
        add(line, reader.foreign(), "of functions and modules left out");
        add(line, target.present(), "there already and left as they are");
        add(line, target.unsure(), "there after a connection broke, which may be our doing");
        add(line, functions.present(), "function libraries of other code there already and left as they are");
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
        if (target.present() > 0 && !skipExisting) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("cairn: some keys are there already, as '" + target.firstPresent()
                    + "': use --replace, or --skip-existing");
            err.flush();
        }
        if (functions.present() > 0 && !skipExisting) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("cairn: a function library '" + functions.firstPresent()
                    + "' of other code is there already: use --replace, --skip-existing, or --skip-functions");
            err.flush();
        }
    }

    private static void add(StringBuilder line, long count, String what) {
        if (count > 0) {
            line.append(String.format(Locale.ROOT, ", %,d %s", count, what));
        }
    }
}
