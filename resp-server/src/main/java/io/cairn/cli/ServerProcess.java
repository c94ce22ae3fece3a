package io.cairn.cli;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A {@code cairn server} process that the demo starts, watches and stops: this JVM's own flags and class path. */
final class ServerProcess {
    private static final long STOP_MILLIS = 15_000;

    private final List<String> arguments;
    private final Path output;
    private final int heapMegabytes;
    private @Nullable Process process;

    /** @param output receives standard output and error, appended */
    ServerProcess(List<String> arguments, Path output, int heapMegabytes) {
        this.arguments = List.copyOf(arguments);
        this.output = output;
        this.heapMegabytes = heapMegabytes;
    }

    void start() throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (!flag.startsWith("-Xm") && !flag.startsWith("-XX:TieredStopAtLevel")) {
                command.add(flag);
            }
        }
        command.add("-Xms64m");
        command.add("-Xmx" + heapMegabytes + "m");
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add("io.cairn.cli.Main");
        command.add("server");
        command.addAll(arguments);
        File log = output.toFile();
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .start();
    }

    boolean alive() {
        Process running = process;
        return running != null && running.isAlive();
    }

    long pid() {
        Process running = process;
        return running == null ? -1 : running.pid();
    }

    /** Exit code of a process that ended, -1 while it runs or before it was started. */
    int exitCode() {
        Process running = process;
        return running == null || running.isAlive() ? -1 : running.exitValue();
    }

    Path output() {
        return output;
    }

    /** Asks the process to end (SIGTERM). */
    void terminate() {
        Process running = process;
        if (running != null) {
            running.destroy();
        }
    }

    /** Waits for the end; kills after 15 s. */
    void awaitEnd() throws InterruptedException {
        Process running = process;
        if (running != null && !running.waitFor(STOP_MILLIS, TimeUnit.MILLISECONDS)) {
            running.destroyForcibly().waitFor();
        }
    }
}
