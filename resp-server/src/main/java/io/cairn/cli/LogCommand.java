package io.cairn.cli;

import io.cairn.aof.DirectoryLock;
import io.cairn.aof.LogCheck;
import io.cairn.aof.LogException;
import io.cairn.aof.LogReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cairn log}: look at, print or repair the log of a node that does not run. */
@Command(
        name = "log",
        description = "Check, print or repair the log of a node that does not run.",
        mixinStandardHelpOptions = true,
        subcommands = {LogCommand.Check.class, LogCommand.Dump.class, LogCommand.Repair.class})
public final class LogCommand implements Callable<Integer> {
    /** A node's logs lie at most this deep below the data directory: dir/7001/shard/1. */
    private static final int MAX_DEPTH = 6;

    /** A node's lock lies in its own directory, a few levels above its logs: 7001/lock, 7001/shard/1. */
    private static final int LOCK_LEVELS = 4;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return 2;
    }

    /** The log in the directory, or all logs below it. */
    private static List<LogCheck> logs(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new LogException(directory + " is not a directory");
        }
        List<LogCheck> logs = new ArrayList<>();
        try (Stream<Path> below = Files.walk(directory, MAX_DEPTH)) {
            for (Path path : below.filter(Files::isDirectory).sorted().toList()) {
                LogCheck log = log(path);
                if (log != null) {
                    logs.add(log);
                }
            }
        }
        if (logs.isEmpty()) {
            throw new LogException("there is no log in or below " + directory);
        }
        return logs;
    }

    private static @Nullable LogCheck log(Path path) throws IOException {
        try {
            return LogCheck.of(path);
        } catch (LogException e) {
            return null;
        }
    }

    /** {@code cairn log check}. */
    @Command(
            name = "check",
            description = "Read and check everything; writes nothing. Exit code 1 if a log would not open.",
            mixinStandardHelpOptions = true)
    static final class Check implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "A log's directory, or a directory above several.")
        Path directory;

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            boolean opens = true;
            for (LogCheck log : logs(directory)) {
                LogReport report = log.check();
                report.print(out);
                opens &= report.opens();
            }
            out.flush();
            return opens ? 0 : 1;
        }
    }

    /** {@code cairn log dump}. */
    @Command(
            name = "dump",
            description = "Print entries, one line each: index, term, kind, bytes, payload (escaped).",
            mixinStandardHelpOptions = true)
    static final class Dump implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "A log's directory, or a directory above several.")
        Path directory;

        @Option(names = "--from", defaultValue = "1", description = "First index (default: ${DEFAULT-VALUE}).")
        long from;

        @Option(names = "--to", description = "Last index (default: the last).")
        long to = Long.MAX_VALUE;

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            List<LogCheck> logs = logs(directory);
            for (LogCheck log : logs) {
                if (logs.size() > 1) {
                    out.println("# " + log.check().directory());
                }
                log.dump(from, to, out);
            }
            out.flush();
            return 0;
        }
    }

    /** {@code cairn log repair}. */
    @Command(
            name = "repair",
            description = "Cut a log at its first damage, so that it opens again. What is cut off is kept beside it."
                    + " Entries after the damage are lost to this node: a cluster's node gets them from the others.",
            mixinStandardHelpOptions = true)
    static final class Repair implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "The directory of one log.")
        Path directory;

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            LogCheck log = LogCheck.of(directory);
            List<DirectoryLock> held = new ArrayList<>();
            try {
                Path above = directory.toAbsolutePath().normalize();
                for (int i = 0; i < LOCK_LEVELS && above != null; i++, above = above.getParent()) {
                    if (Files.isRegularFile(above.resolve(DirectoryLock.FILE))) {
                        held.add(DirectoryLock.acquire(above));
                    }
                }
                log.repair().forEach(out::println);
            } finally {
                for (DirectoryLock lock : held) {
                    lock.close();
                }
            }
            out.flush();
            return 0;
        }
    }
}
