package io.cairn.jepsen.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One running process of a server, ended at the latest when this JVM ends. Its output goes to a file. */
public final class ServerProcess implements AutoCloseable {
    private static final int KILL_WAIT_SECONDS = 20;

    private final Process process;
    private final Path output;
    private final long outputBefore;
    private final Thread reaper;

    private ServerProcess(Process process, Path output, long outputBefore) {
        this.process = process;
        this.output = output;
        this.outputBefore = outputBefore;
        reaper = new Thread(process::destroyForcibly, "reap-" + process.pid());
        Runtime.getRuntime().addShutdownHook(reaper);
    }

    /** Starts a command in a working directory; its output is appended to a file. */
    public static ServerProcess start(List<String> command, Path directory, Path output) {
        try {
            Files.createDirectories(directory);
            long outputBefore = Files.exists(output) ? Files.size(output) : 0;
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
            Process process = builder.start();
            process.getOutputStream().close();
            return new ServerProcess(process, output, outputBefore);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command, e);
        }
    }

    /**
     * Starts a command again, unless the process it started last still runs: a fault that could not be made is healed too, and a
     * second copy would leave the first with nobody to end it.
     *
     * @param last null when there was none
     */
    public static ServerProcess again(@Nullable ServerProcess last, List<String> command, Path directory, Path output) {
        return last != null && last.alive() ? last : start(command, directory, output);
    }

    public long pid() {
        return process.pid();
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** All that its output's file holds; when it was started again, also what it printed before. */
    public String output() {
        return outputFrom(0);
    }

    /** What it printed since this start. */
    public String ownOutput() {
        return outputFrom(outputBefore);
    }

    private String outputFrom(long offset) {
        try {
            // A server may print anything, also what is no text.
            byte[] all = Files.readAllBytes(output);
            int from = (int) Math.min(offset, all.length);
            return new String(all, from, all.length - from, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where its output goes; of a process that was started again, all of it. */
    public Path outputFile() {
        return output;
    }

    /** {@code kill -9}, and waits until the process is gone. */
    public void kill9() {
        process.destroyForcibly();
        awaitExit(KILL_WAIT_SECONDS);
        forget();
    }

    /** {@code kill -9} without waiting, so that several die at once. */
    public void signalKill9() {
        process.destroyForcibly();
    }

    /** SIGSTOP: the process keeps its connections and answers nothing. */
    public void pause() {
        signal("STOP");
    }

    /** SIGCONT. */
    public void resume() {
        signal("CONT");
    }

    /** SIGTERM; kills the process when it takes longer than {@code seconds}. Returns whether it ended by itself. */
    public boolean stop(int seconds) {
        process.destroy();
        boolean ended = awaitExit(seconds);
        if (!ended) {
            kill9();
        }
        forget();
        return ended;
    }

    /** SIGINT, as Ctrl-C sends it. */
    public void interrupt() {
        signal("INT");
    }

    /** Waits for the process to end by itself. */
    public boolean awaitExit(int seconds) {
        try {
            return process.waitFor(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Its exit code; only after it has ended. */
    public int exitCode() {
        return process.exitValue();
    }

    /** Resident memory in bytes, from {@code /proc}. */
    public long residentBytes() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid()), "status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                }
            }
            throw new IllegalStateException("process " + pid() + " shows no resident memory");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill9();
        }
        forget();
    }

    private void signal(String name) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start();
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("kill -" + name + " " + pid() + " failed");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void forget() {
        try {
            Runtime.getRuntime().removeShutdownHook(reaper);
        } catch (IllegalStateException e) {
            // The JVM is ending, and the hook runs by itself.
        }
    }
}
