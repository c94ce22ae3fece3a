package io.cairn.jepsen.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.jepsen.process.Disk;
import io.cairn.jepsen.process.Distribution;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Reads the logs of a process that does not run, by {@code cairn log dump --format json}, line by line. */
final class LogDump {
    static final List<String> HEAP = List.of("-Xmx128m", "-XX:TieredStopAtLevel=1");

    private static final int WAIT_SECONDS = 20;
    /** A dump that takes longer hangs. */
    private static final int LONGEST_SECONDS = 120;

    /** Lines that are no JSON and are kept to be shown. */
    private static final int MOST_MESSAGES = 10;

    private static final Pattern SEGMENT = Pattern.compile("/\\d{20}\\.log$");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final boolean keep;
    private final List<String> problems;
    private final Map<String, ReplicaLog> logs = new LinkedHashMap<>();
    private final List<String> messages = new ArrayList<>();

    /**
     * @param keep whether entries are kept, to be compared
     * @param problems where everything wrong with a log goes
     */
    LogDump(boolean keep, List<String> problems) {
        this.keep = keep;
        this.problems = problems;
    }

    /** The logs below {@code home}; none when nothing was written there yet. */
    Map<String, ReplicaLog> run(Distribution distribution, Path home) {
        if (!anyLog(home)) {
            return logs;
        }
        List<String> command = distribution.command(HEAP, List.of("log", "dump", "--format", "json", home.toString()));
        int problemsBefore = problems.size();
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            CompletableFuture.delayedExecutor(LONGEST_SECONDS, TimeUnit.SECONDS).execute(process::destroyForcibly);
            process.getOutputStream().close();
            try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    line(line);
                }
            }
            end();
            boolean exited = process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly();
            if (!exited || (process.exitValue() != 0 && problems.size() == problemsBefore)) {
                problems.add("cairn log dump " + home + " ended with "
                        + (exited ? "code " + process.exitValue() : "nothing") + ": " + messages);
            }
            if (logs.isEmpty() && problems.size() == problemsBefore) {
                problems.add("cairn log dump told of no log below " + home + ", where some are: " + messages);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while reading " + home, e);
        }
        return logs;
    }

    private static boolean anyLog(Path home) {
        if (!Files.isDirectory(home)) {
            return false;
        }
        return Disk.files(home).keySet().stream()
                .anyMatch(
                        name -> name.endsWith("/state") || SEGMENT.matcher(name).find());
    }

    /** Takes one line of output. */
    void line(String line) {
        if (!line.startsWith("{")) {
            if (messages.size() < MOST_MESSAGES) {
                messages.add(line);
            }
            return;
        }
        try {
            JsonNode node = JSON.readTree(line);
            String directory = node.path("log").asText();
            take(logs.computeIfAbsent(directory, name -> new ReplicaLog(name, keep, problems)), node);
        } catch (JsonProcessingException e) {
            problems.add("cairn log dump printed no JSON: " + line);
        }
    }

    private static void take(ReplicaLog log, JsonNode node) {
        JsonNode index = node.get("index");
        if (index != null) {
            log.entry(
                    index.asLong(),
                    node.path("term").asLong(),
                    node.path("kind").asLong(),
                    node.path("crc").asLong(),
                    node.path("bytes").asLong());
        } else if (node.has("vote")) {
            log.vote(
                    node.path("vote").path("term").asLong(),
                    node.path("vote").path("votedFor").asText());
        } else if (node.has("snapshot")) {
            log.snapshot(
                    node.path("snapshot").path("index").asLong(),
                    node.path("snapshot").path("term").asLong());
        } else if (node.has("damage")) {
            JsonNode damage = node.path("damage");
            log.damage(damage.path("torn").asBoolean(), damage.path("text").asText());
        } else if (node.has("range")) {
            JsonNode range = node.path("range");
            log.range(range.path("first").asLong(), range.path("last").asLong());
        }
    }

    /** No more lines come. */
    void end() {
        logs.values().forEach(ReplicaLog::end);
    }

    Map<String, ReplicaLog> logs() {
        return logs;
    }
}
