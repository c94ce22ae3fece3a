package io.cairn.it;

import io.cairn.jepsen.process.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A client in a process of its own that runs {@code clients/workload.js} or the like. */
final class ScriptSubject implements Subject {
    private static final int FINISH_SECONDS = 40;

    private final String name;
    private final Process process;
    private final Thread reader;
    private volatile long writes;
    private volatile long reads;
    private volatile long errors;
    private volatile String verdict = "";
    private volatile Set<String> primaries = Set.of();

    ScriptSubject(String name, List<String> command, Path directory, Map<String, String> environment)
            throws IOException {
        this.name = name;
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        process = builder.start();
        reader = new Thread(this::read, name);
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", 4);
                switch (words[0]) {
                    case "tick" -> {
                        writes = Long.parseLong(words[1]);
                        reads = Long.parseLong(words[2]);
                        errors = Long.parseLong(words[3]);
                    }
                    case "masters" -> primaries = Set.of(words[1].split(",", -1));
                    default -> verdict = line;
                }
            }
        } catch (IOException e) {
            verdict = e.toString();
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long writes() {
        return writes;
    }

    @Override
    public long reads() {
        return reads;
    }

    @Override
    public long errors() {
        return errors;
    }

    @Override
    public String finish() throws Exception {
        try {
            process.getOutputStream().write('\n');
            process.getOutputStream().close();
        } catch (IOException e) {
            return name + " ended early: " + verdict;
        }
        if (!process.waitFor(FINISH_SECONDS, TimeUnit.SECONDS)) {
            return name + " did not end";
        }
        Await.until(name + " is read", FINISH_SECONDS, () -> !reader.isAlive());
        return process.exitValue() == 0 && verdict.startsWith("ok") ? "" : verdict;
    }

    @Override
    public Set<String> primaries() {
        return primaries;
    }

    @Override
    public String toString() {
        return name + ": " + writes + " writes, " + reads + " reads, " + errors + " errors, " + verdict;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
