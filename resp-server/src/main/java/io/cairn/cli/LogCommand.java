package io.cairn.cli;

import io.cairn.aof.DirectoryLock;
import io.cairn.aof.LogCheck;
import io.cairn.aof.LogException;
import io.cairn.aof.LogReport;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    private static final int BUFFER_CHARS = 64 * 1024;

    private static final String SNAPSHOTS = "snapshots";

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return 2;
    }

    /** The log in the directory, or all logs below it, with their directories. */
    private static Map<Path, LogCheck> logs(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new LogException(directory + " is not a directory");
        }
        Map<Path, LogCheck> logs = new LinkedHashMap<>();
        try (Stream<Path> below = Files.walk(directory, MAX_DEPTH)) {
            for (Path path : below.filter(Files::isDirectory).sorted().toList()) {
                LogCheck log = isSnapshot(directory, path) ? null : log(path);
                if (log != null) {
                    logs.put(path, log);
                }
            }
        }
        if (logs.isEmpty()) {
            throw new LogException("there is no log in or below " + directory);
        }
        return logs;
    }

    /** True in and below {@code snapshots/} of a raft group: its files are no log's, whatever their names. */
    private static boolean isSnapshot(Path root, Path path) {
        for (Path name : root.relativize(path)) {
            if (name.toString().equals(SNAPSHOTS)) {
                return true;
            }
        }
        return false;
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
            for (LogCheck log : logs(directory).values()) {
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
            description =
                    "Print entries, one line each: index, term, kind, bytes, payload (escaped). Exit code 1 if a log"
                            + " would not open.",
            mixinStandardHelpOptions = true)
    static final class Dump implements Callable<Integer> {
        @Parameters(paramLabel = "DIR", description = "A log's directory, or a directory above several.")
        Path directory;

        @Option(names = "--from", defaultValue = "1", description = "First index (default: ${DEFAULT-VALUE}).")
        long from;

        @Option(names = "--to", description = "Last index (default: the last).")
        long to = Long.MAX_VALUE;

        /** How entries are printed. */
        enum Format {
            text,
            json
        }

        @Option(
                names = "--format",
                defaultValue = "text",
                description =
                        "text, or json: a line for each entry (log, index, term, kind, CRC32C of the payload, bytes),"
                                + " vote, newest snapshot, damage and range of the log (default: ${DEFAULT-VALUE}).")
        Format format = Format.text;

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            if (format == Format.json) {
                return json(out);
            }
            Map<Path, LogCheck> logs = logs(directory);
            boolean opens = true;
            for (Map.Entry<Path, LogCheck> log : logs.entrySet()) {
                if (logs.size() > 1) {
                    out.println("# " + log.getKey());
                }
                log.getValue().dump(from, to, out);
                opens &= log.getValue().check().opens();
            }
            out.flush();
            return opens ? 0 : 1;
        }

        private int json(PrintWriter out) throws IOException {
            PrintWriter buffered = new PrintWriter(new BufferedWriter(out, BUFFER_CHARS));
            LogJson json = new LogJson(buffered);
            boolean opens = true;
            for (Map.Entry<Path, LogCheck> log : logs(directory).entrySet()) {
                opens &= json.print(log.getKey(), log.getValue(), from, to);
            }
            buffered.flush();
            return opens ? 0 : 1;
        }
    }

    /** {@code cairn log repair}. */
    @Command(
            name = "repair",
            description = "Cut a log at its first damage, so that it opens again. What is cut off is kept beside it."
                    + " Entries after the damage are lost to this node: a cluster's node gets them from the others.",
            mixinStandardHelpOptions = true)
    static final class Repair implements Callable<Integer> {
        @Parameters(
                paramLabel = "DIR",
                description = "A log's directory, or a directory above several: each that is damaged is repaired.")
        Path directory;

        @Spec
        CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            Map<Path, LogCheck> logs = logs(directory);
            for (Map.Entry<Path, LogCheck> log : logs.entrySet()) {
                if (logs.size() > 1) {
                    out.println("# " + log.getKey());
                }
                repair(log.getKey(), log.getValue()).forEach(out::println);
            }
            out.flush();
            return 0;
        }

        /** Repairs one log while its node cannot start. */
        private static List<String> repair(Path directory, LogCheck log) throws IOException {
            List<DirectoryLock> held = new ArrayList<>();
            try {
                Path above = directory.toAbsolutePath().normalize();
                for (int i = 0; i < LOCK_LEVELS && above != null; i++, above = above.getParent()) {
                    if (Files.isRegularFile(above.resolve(DirectoryLock.FILE))) {
                        held.add(DirectoryLock.acquire(above));
                    }
                }
                return log.repair();
            } finally {
                for (DirectoryLock lock : held) {
                    lock.close();
                }
            }
        }
    }
}
