package io.cairn.jepsen.suite;

import io.cairn.jepsen.resp.Address;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs files of Redis's test suite against a server that is there already (the suite's external mode). */
final class SuiteRunner {
    private static final int BETWEEN_KILLS_SECONDS = 5;

    private final Path source;
    private final Path logs;
    private final int limitSeconds;
    private final List<String> more;

    /**
     * @param source Redis's source folder, of which only {@code tests} is used
     * @param logs where the suite's output of each file is kept
     * @param limitSeconds after which a file hangs
     * @param more arguments for the suite
     */
    SuiteRunner(Path source, Path logs, int limitSeconds, List<String> more) {
        this.source = source;
        this.logs = logs;
        this.limitSeconds = limitSeconds;
        this.more = List.copyOf(more);
    }

    /**
     * What came of one file.
     *
     * @param hung whether it had to be ended
     */
    record Ran(SuiteOutput output, boolean hung, long seconds) {}

    /** Runs one file; a test that throws counts as failed and the file goes on ({@code --durable}). */
    Ran run(SuiteFile file, Address server, boolean clusterMode) throws IOException, InterruptedException {
        Files.createDirectories(logs);
        Files.createDirectories(source.resolve("tests/tmp"));
        Path log = logs.resolve(file.name() + ".log");
        long start = System.nanoTime();
        Process suite = new ProcessBuilder(command(file, server, clusterMode))
                .directory(source.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        suite.getOutputStream().close();
        boolean ended;
        try {
            ended = suite.waitFor(limitSeconds, TimeUnit.SECONDS);
        } finally {
            end(suite);
        }
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
        // Tests print what they were answered, which need not be text.
        String printed = new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
        return new Ran(SuiteOutput.parse(printed), !ended, seconds);
    }

    private List<String> command(SuiteFile file, Address server, boolean clusterMode) {
        List<String> command = new ArrayList<>(List.of("tclsh", "tests/test_helper.tcl"));
        command.addAll(List.of("--host", server.host(), "--port", Integer.toString(server.port())));
        // Where the suite's own two processes meet.
        command.addAll(List.of("--baseport", Integer.toString(server.port() + 40)));
        command.addAll(List.of("--tags", SuiteFile.TAGS, "--durable", "--single", file.unit()));
        if (clusterMode) {
            command.add("--cluster-mode");
        }
        command.addAll(more);
        return command;
    }

    /** The suite starts processes of its own: one that runs the tests, and those of tests. */
    private static void end(Process suite) throws InterruptedException {
        List<ProcessHandle> all = new ArrayList<>(suite.descendants().toList());
        all.add(suite.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
        suite.waitFor(BETWEEN_KILLS_SECONDS, TimeUnit.SECONDS);
    }
}
