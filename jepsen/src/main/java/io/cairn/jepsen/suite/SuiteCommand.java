package io.cairn.jepsen.suite;

import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import io.cairn.jepsen.process.SourceTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Runs files of Redis's test suite, each against a server of its own, and keeps what came of them. What the real redis-server passes of a
 * file is found by running it too, once, and remembered beside the suite's source.
 */
@Command(
        name = "redis-suite",
        mixinStandardHelpOptions = true,
        description = "Runs Redis's own test suite against Cairn; jepsen/redis-suite.sh fetches it.")
public final class SuiteCommand implements Callable<Integer> {
    private static final double LEAST_PASSED = 0.99;

    @Parameters(paramLabel = "FILE", description = "Files like zset; all when none is named.")
    private List<String> names = new ArrayList<>();

    @Option(names = "--source", required = true, description = "Redis's source folder.")
    private Path source = Path.of("");

    @Option(names = "--mode", description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
    private SuiteServer.Mode mode = SuiteServer.Mode.STANDALONE;

    @Option(names = "--redis", description = "Runs the real redis-server only.")
    private boolean redis;

    @Option(names = "--limit", description = "Seconds after which a file hangs (${DEFAULT-VALUE}).")
    private int limitSeconds = 300;

    @Option(names = "--port", description = "First port (${DEFAULT-VALUE}).")
    private int port = 21300;

    @Option(
            names = "--only",
            description = "Only tests of this name, or /expression; nothing is kept. May be repeated.")
    private List<String> only = new ArrayList<>();

    @Option(names = "--skip", description = "No tests of this name, or /expression; nothing is kept. May be repeated.")
    private List<String> skip = new ArrayList<>();

    @Option(names = "--folder", description = "Where servers and logs are.")
    private Path folder = Path.of("jepsen/target/redis-suite");

    @Option(names = "--results", description = "Where the results of each mode are kept.")
    private Path results = SuitePage.RESULTS;

    private final PrintStream out = System.out;

    /** For picocli. */
    public SuiteCommand() {}

    /** Exit codes: 0 when 99 % of what redis-server passes in these files passed, and none hung; 1 when not. */
    @Override
    public Integer call() throws IOException, InterruptedException {
        int passed = 0;
        int passable = 0;
        boolean hung = false;
        String commit = SourceTree.commit(Distribution.find().root());
        for (SuiteFile file : names.isEmpty()
                ? SuiteFile.ALL
                : names.stream().map(SuiteFile::of).toList()) {
            List<String> expected = expected(file);
            if (redis) {
                continue;
            }
            SuiteResults.OfFile result = SuiteResults.compare(file, commit, expected, ran(file, false));
            tell(result);
            passed += result.passed();
            passable += result.redis();
            hung |= result.hung();
            if (only.isEmpty() && skip.isEmpty()) {
                SuiteResults.read(results, mode.name()).with(result).write(results);
            }
        }
        out.printf(Locale.ROOT, "%d of %d%n", passed, passable);
        return !hung && passed >= LEAST_PASSED * passable ? 0 : 1;
    }

    /** Names of the tests that the real server passes. */
    private List<String> expected(SuiteFile file) throws IOException, InterruptedException {
        String kind = mode.clustered() ? "cluster" : "standalone";
        Path known = source.resolve("cairn-" + kind).resolve(file.name() + ".json");
        List<String> names = SuiteResults.readNames(known);
        if (names.isEmpty() || redis) {
            SuiteRunner.Ran ran = ran(file, true);
            names = ran.output().passed();
            out.printf(
                    Locale.ROOT, "%-15s redis-server %3d passed in %d s%n", file.name(), names.size(), ran.seconds());
            ran.output().failed().forEach(failure -> out.println("    " + failure.name() + ": " + failure.why()));
            if (!mode.clustered() && names.size() != file.redisPasses()) {
                out.println("    expected " + file.redisPasses() + "; not remembered");
            } else if (only.isEmpty() && skip.isEmpty()) {
                SuiteResults.writeNames(names, known);
            }
        }
        return names;
    }

    private SuiteRunner.Ran ran(SuiteFile file, boolean real) throws IOException, InterruptedException {
        Path place = folder.resolve((real ? "redis-" : "") + mode.name().toLowerCase(Locale.ROOT));
        Path directory = place.resolve(file.name()).toAbsolutePath();
        Disk.delete(directory);
        Files.createDirectories(directory);
        List<String> more = new ArrayList<>();
        only.forEach(test -> more.addAll(List.of("--only", test)));
        if (!real) {
            String modeName = mode.name().toLowerCase(Locale.ROOT);
            SuiteReasons reasons = SuiteReasons.read(results.resolve(SuitePage.REASONS));
            reasons.skipped(modeName, file.name()).forEach(test -> more.addAll(List.of("--skiptest", "/" + test)));
        }
        skip.forEach(test -> more.addAll(List.of("--skiptest", test)));
        SuiteRunner runner = new SuiteRunner(source, place, limitSeconds, more);
        try (SuiteServer server =
                real ? SuiteServer.redis(mode, directory, port) : SuiteServer.cairn(mode, directory, port)) {
            SuiteRunner.Ran ran = runner.run(file, server.address(), mode.clustered());
            if (!server.alive()) {
                out.println("    the server ended during " + file.name() + ": see " + directory);
            }
            return ran;
        }
    }

    private void tell(SuiteResults.OfFile result) {
        out.printf(
                Locale.ROOT,
                "%-15s %3d of %3d%s%n",
                result.file(),
                result.passed(),
                result.redis(),
                result.hung() ? ", hung" : "");
        result.missing().forEach(test -> out.println("    " + test.name() + ": " + test.why()));
        out.flush();
    }
}
